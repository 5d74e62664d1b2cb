# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Renders the chart with a real helm; each case once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

CHART = Path(__file__).parents[3] / "roles" / "release" / "files" / "chart"
DIGEST = "sha256:" + "0" * 64
IMAGE = f"registry.local:5000/x@{DIGEST}"

Manifest = dict[str, Any]
Render = Callable[..., "Rendered"]


class Rendered(list[Manifest]):
    """The objects of a release."""

    def of(self, kind: str, name: str = "") -> list[Manifest]:
        return [item for item in self if item["kind"] == kind and name in ("", item["metadata"]["name"])]

    def one(self, kind: str, name: str) -> Manifest:
        found = self.of(kind, name)
        assert len(found) == 1, f"{len(found)} of {kind} {name}; there are {[(i['kind'], i['metadata']['name']) for i in self]}"
        return found[0]

    def pods(self) -> Iterator[tuple[str, Manifest]]:
        """Every pod template with the kind of its owner."""
        for item in self:
            if item["kind"] in ("Deployment", "StatefulSet", "Job"):
                yield item["kind"], item["spec"]["template"]
            elif item["kind"] == "Pod":
                yield "Pod", item


@pytest.fixture(scope="session")
def helm() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the helm that PROVEN_HELM names or that is on the PATH; without one these tests fail."""
    binary = os.environ.get("PROVEN_HELM") or shutil.which("helm")
    if not binary or not shutil.which(binary):
        pytest.fail("There is no helm: set PROVEN_HELM to its path, or put it on the PATH.", pytrace=False)

    def run(*arguments: str, values: object = None) -> subprocess.CompletedProcess[str]:
        text = json.dumps(values if values is not None else {})
        # A helm without a cluster goes by the version it was built with, which not every build says.
        return subprocess.run(
            [binary, *arguments, "--kube-version", "1.34.0", "-f", "-"], input=text, capture_output=True, text=True, check=False
        )

    return run


@pytest.fixture(scope="session")
def render(helm: Callable[..., subprocess.CompletedProcess[str]]) -> Render:
    """Renders components; the same case is rendered once."""
    known: dict[str, Rendered] = {}

    def run(components: dict[str, Any], *flags: str, release: str = "todo") -> Rendered:
        values = {"chartDigest": DIGEST, "components": components}
        key = json.dumps([values, flags, release])
        if key not in known:
            done = helm("template", release, str(CHART), "-n", "space", *flags, values=values)
            assert done.returncode == 0, done.stderr
            known[key] = Rendered(item for item in yaml.safe_load_all(done.stdout) if item)
        return known[key]

    return run


def web(**more: Any) -> dict[str, Any]:
    """A small web component."""
    return {
        "kind": "web",
        "image": IMAGE,
        "replicas": 1,
        "ports": [{"name": "http", "port": 8000}],
        "service": {"type": "ClusterIP", "port": 8000},
        **more,
    }


FULL: dict[str, Any] = {
    "backend": web(
        replicas=2,
        terminationGraceSeconds=40,
        command=["serve"],
        args=["--fast"],
        ports=[{"name": "http", "port": 8000}, {"name": "metrics", "port": 9000}],
        probes={
            "startup": {"httpGet": {"path": "/livez", "port": "http"}, "periodSeconds": 2},
            "liveness": {"httpGet": {"path": "/livez", "port": "http"}},
            "readiness": {"httpGet": {"path": "/readyz", "port": "http"}},
        },
        env={"LOG_LEVEL": "info", "PRICE": "$(HOME) costs $5", "QUOTED": 'say "hi": {{ x }}\nthere', "ON": "true", "N": "0123"},
        files={"/etc/app/settings.ini": "a = 1\nb: {{ x }}\n", "/etc/app/my file": "x", "/other/settings.ini": ""},
        secretName="todo-backend-1",
        dependsOn={"database": "unready"},
        resources={"requests": {"cpu": "1"}},
        writable=["/var/cache/app"],
        migrate={"command": ["alembic", "upgrade", "head"], "timeoutSeconds": 120},
        test={"command": ["check"], "timeoutSeconds": 30},
    ),
    "database": web(
        ports=[{"name": "postgres", "port": 5432}],
        service={"type": "ClusterIP", "port": 5432},
        env={"POSTGRES_USER": "todo"},
        storage={"path": "/var/lib/data", "size": "1Gi", "storageClass": "fast"},
    ),
    "frontend": web(service={"type": "NodePort", "port": 80, "nodePort": 30080}),
    "mailer": {"kind": "worker", "image": IMAGE, "replicas": 0},
}
