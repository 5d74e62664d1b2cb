# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Releases of a small web application by site.yml, on the cluster of the Molecule scenarios or the one whose facts PROVEN_LAB names."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.proven.webapp.molecule.support import Cluster, Run, ansible_playbook
from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.tests.integration.faults.site import Process, until
from ansible_collections.proven.webapp.tests.integration.module import call
from ansible_collections.proven.webapp.tests.integration.whole import HOSTS

PROGRAM = (Path(__file__).parent / "server.py").read_text()
TIMES = {"periodSeconds": 2, "timeoutSeconds": 2, "failureThreshold": 3}
"""Short, so that a proof takes seconds."""


@dataclass(frozen=True)
class Asked:
    """What somebody was told who asked the Service again and again.

    :ivar answers: all of them, as they came.
    """

    answers: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    @property
    def versions(self) -> list[str]:
        """Each told once until another came."""
        return [version for version, _answers in groupby(self.answers)]


@dataclass(frozen=True)
class Shop:
    """The application in a namespace of its own, released by site.yml."""

    cluster: Cluster
    toolbox: str
    namespace: str
    folder: Path

    def release(
        self,
        version: str,
        *,
        playbook: str = "site.yml",
        env: dict[str, str] | None = None,
        more: dict[str, Any] | None = None,
        **rollout: Any,
    ) -> Run:
        """Run a playbook.

        :param more: keys of the component.
        :param rollout: the component's strategy, and what belongs to it.
        """
        return ansible_playbook(playbook, self._inventory(version, env, more, rollout))

    def start(self, version: str, *, more: dict[str, Any] | None = None, **rollout: Any) -> Process:
        """Begin a release that may be killed.

        :param more: keys of the component.
        """
        log = self.folder / f"{time.monotonic_ns()}.log"
        inventory = self._inventory(version, {}, more, rollout)
        command = [str(Path(sys.executable).parent / "ansible-playbook"), "site.yml", "-i", str(inventory)]
        return Process(command, log, {**os.environ, "PYTHONUNBUFFERED": "1"})

    def kill(self, process: Process) -> None:
        """As `kill -9` does; what the run had at work goes soon after."""
        process.kill()
        until(lambda: not self.cluster.get("leases", "-n", self.namespace), "the Lease is given back", 60)

    def _inventory(self, version: str, env: dict[str, str] | None, more: dict[str, Any] | None, rollout: dict[str, Any]) -> Path:
        component = {
            "image": self.toolbox,
            "command": ["python3", "-u", "/app/server.py"],
            "ports": {"http": 8080},
            "env": {"VERSION": version, **(env or {})},
            "files": {"/app/server.py": PROGRAM},
            "replicas": 2,
            "rollout": rollout,
            "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "128Mi"}},
            "probes": {
                "startup": {"tcpSocket": {"port": "http"}, **TIMES, "periodSeconds": 1, "timeoutSeconds": 1, "failureThreshold": 60},
                "liveness": {"tcpSocket": {"port": "http"}, **TIMES},
                "readiness": {"httpGet": {"path": "/ready", "port": "http"}, **TIMES},
            },
            **(more or {}),
        }
        variables = {
            "webapp_name": "shop",
            "webapp_namespace": self.namespace,
            "webapp_components": {"web": component},
            "webapp_secrets": {},
            "cluster_provider": "existing",
            "cluster_kubeconfig": self.cluster.kubeconfig,
            "cluster_context": self.cluster.context,
            "toolchain_docker": False,
            "toolchain_helm": os.environ.get("PROVEN_TEST_HELM", "4"),
            "verify_kubelet_metrics": True,
            "verify_report_dir": str(self.folder / "artifacts"),
            "release_artifacts_dir": str(self.folder / "artifacts"),
        }
        inventory = self.folder / "inventory"
        (inventory / "group_vars/all").mkdir(parents=True, exist_ok=True)
        (inventory / "hosts.yml").write_text(yaml.safe_dump(HOSTS))
        (inventory / "group_vars/all/all.yml").write_text(yaml.safe_dump(variables))
        return inventory

    def revision(self) -> int:
        return int(json.loads(self.cluster.helm("status", "shop", "-n", self.namespace, "-o", "json"))["version"])

    def images(self) -> dict[str, str]:
        """Deployment → version that it holds."""
        found = {}
        for item in self.cluster.get("deployments", "-n", self.namespace, "-l", "app.kubernetes.io/instance=shop"):
            name = item["metadata"]["name"]
            settings = self.cluster.get("configmap", f"{name}-env", "-n", self.namespace)
            found[name] = settings["data"]["VERSION"]
        return found

    def track(self) -> str:
        """Whom the Service leads to."""
        return str(self.cluster.get("service", "shop-web", "-n", self.namespace)["spec"]["selector"]["proven.webapp/track"])

    def pods(self, track: str = "live") -> dict[str, str]:
        """uid → name of those of a track that aren't on their way out."""
        found = self.cluster.get("pods", "-n", self.namespace, "-l", f"proven.webapp/track={track}")
        return {pod["metadata"]["uid"]: pod["metadata"]["name"] for pod in found if "deletionTimestamp" not in pod["metadata"]}

    def traffic(self, state: str, **more: Any) -> dict[str, Any]:
        """The module, in a process of its own."""
        given = {
            "kubeconfig": self.cluster.kubeconfig,
            "context": self.cluster.context,
            "toolbox_image": self.toolbox,
            "name": "shop",
            "namespace": self.namespace,
            "url": "http://shop-web:8080",
            "paths": ["/asked"],
            "rate": 60,
            "fresh": 6,
            "kept": 6,
            "state": state,
            **more,
        }
        return call("traffic", **given)

    def begin(self) -> None:
        assert self.traffic("started")["changed"]

    def lost(self, least: int) -> tuple[int, int, list[str]]:
        """(sent, lost, what became of these) of the stream, which ends.

        :param least: requests that there have to be.
        """
        while self._sent() < least:
            time.sleep(0.5)
        answer = self.traffic("stopped")
        return int(answer["traffic"]["sent"]), int(answer["traffic"]["failed"]), list(answer["reasons"])

    def _sent(self) -> int:
        path = f"/api/v1/namespaces/{self.namespace}/pods/proven-traffic-shop:15790/proxy/traffic"
        return int(json.loads(self.cluster.kubectl("get", "--raw", path))["sent"])

    @contextmanager
    def asking(self, service: str = "shop-web:http") -> Iterator[Asked]:
        """Somebody asks which version answers, all the time."""
        asked, over = Asked(), threading.Event()
        api = Api(self.cluster.kubeconfig, self.cluster.context)
        path = f"/api/v1/namespaces/{self.namespace}/services/{service}/proxy/told"

        def ask() -> None:
            while not over.wait(0.1):
                try:
                    asked.answers.append(api.text(path))
                except ProvenError as error:
                    asked.lost.append(str(error))

        thread = threading.Thread(target=ask)
        thread.start()
        try:
            yield asked
        finally:
            over.set()
            thread.join()
