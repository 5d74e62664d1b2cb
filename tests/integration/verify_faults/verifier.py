# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs of the module in a process of their own, as any user and by any way."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from ansible_collections.proven.webapp.molecule.support import Cluster
from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.tests.integration.lab.lab import until

from .objects import NAMESPACE

COLLECTIONS = Path(__file__).parents[3] / ".venv/collections"
MODULE = "ansible_collections.proven.webapp.plugins.modules.probe_verify"
BEGUN = "replayed every"
"""Is told when the window begins."""


@dataclass(frozen=True)
class Verifier:
    """:ivar folder: for kubeconfigs."""

    cluster: Cluster
    api: Api
    folder: Path

    @property
    def server(self) -> tuple[str, int]:
        """Where the API server listens."""
        parts = urlsplit(self.api.host)
        return str(parts.hostname), int(parts.port or 443)

    def kubeconfig(self, *, user: str = "", port: int = 0) -> str:
        """Path of a kubeconfig.

        :param user: a ServiceAccount, by a token of its own; without it the cluster's own user.
        :param port: of this machine, that leads to the API server.
        """
        config = yaml.safe_load(Path(self.cluster.kubeconfig).read_text())
        (context,) = [item["context"] for item in config["contexts"] if item["name"] == self.cluster.context]
        if user:
            config["users"] = [{"name": "user", "user": {"token": self.token(user)}}]
            context["user"] = "user"
        if port:
            (cluster,) = [item["cluster"] for item in config["clusters"] if item["name"] == context["cluster"]]
            cluster["server"] = f"https://127.0.0.1:{port}"
        handle, path = tempfile.mkstemp(dir=self.folder)
        with os.fdopen(handle, "w") as file:
            yaml.safe_dump(copy.deepcopy(config), file)
        return path

    def token(self, user: str) -> str:
        path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{user}/token"
        status, body = self.api.request("POST", path, {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}})
        assert status == 201, body
        return str(json.loads(body)["status"]["token"])

    def verify(self, *cases: str, kubeconfig: str = "", during: Callable[[], object] | None = None, **more: Any) -> dict[str, Any]:
        """What the module returned, and the `took` seconds.

        :param during: what happens in the middle: when the window has begun.
        """
        handle, progress = tempfile.mkstemp(dir=self.folder)
        os.close(handle)
        given: Mapping[str, Any] = {
            "kubeconfig": kubeconfig or self.cluster.kubeconfig,
            "context": self.cluster.context,
            "namespace": NAMESPACE,
            "label_selectors": [f"lab/case in ({','.join(cases)})"],
            "interval": 1,
            "timeout": 30,
            "exec_allowed": True,
            "progress_file": progress,
            **more,
        }
        begun = time.monotonic()
        with subprocess.Popen(
            [sys.executable, "-m", MODULE],
            env={**os.environ, "PYTHONPATH": str(COLLECTIONS)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdin
            process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": given}))
            process.stdin.close()
            process.stdin = None
            if during:
                until(lambda: BEGUN in Path(progress).read_text() or process.poll() is not None, 90, every=0.1)
                during()
            out, err = process.communicate(timeout=180)
        assert out, err
        return {**json.loads(out), "took": time.monotonic() - begun}


def rules(found: Mapping[str, Any]) -> dict[str, set[str]]:
    """Pod or Service → rules that it breaks."""
    names = {finding["name"] for finding in found["findings"]}
    return {name: {finding["rule"] for finding in found["findings"] if finding["name"] == name} for name in names}
