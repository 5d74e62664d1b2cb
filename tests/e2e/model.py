# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The stand-in for a language model's service as a pod in the cluster: it follows the published API, and answers by a script."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.molecule.support import Cluster, variables

SOURCE = Path(__file__).parents[1] / "standins/openai_server.py"
NAME = "model-standin"
PORT = 8090
LABELS = {"app": NAME}


class ModelStandIn:
    """With PROVEN_URL somebody else has deployed the application; PROVEN_MODEL=1 says that a stand-in is behind it, too."""

    def __init__(self) -> None:
        self._cluster = None if "PROVEN_URL" in os.environ else Cluster.load()

    def start(self) -> None:
        """:raises pytest.skip.Exception: the backend asks another model: it would cost money, and say what it likes."""
        if self._cluster is None:
            if not os.environ.get("PROVEN_MODEL"):
                pytest.skip("PROVEN_URL without PROVEN_MODEL=1: which model is behind it isn't known")
            return
        namespace = str(variables()["webapp_namespace"])
        containers = [
            pod["spec"]["containers"][0] for pod in self._cluster.get("pods", "-n", namespace, "-l", "app.kubernetes.io/component=backend")
        ]
        assert containers, "no pod of the backend"
        maps = [source["configMapRef"]["name"] for source in containers[0].get("envFrom", []) if "configMapRef" in source]
        asked = [self._cluster.get("configmap", "-n", namespace, name)["data"].get("LLM_BASE_URL", "") for name in maps]
        if not any(NAME in url for url in asked):
            pytest.skip(f"the deployed backend asks another model than the stand-in: LLM_BASE_URL={asked}")
        self._cluster.kubectl(
            "apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects(containers[0]["image"])})
        )
        self._cluster.kubectl("wait", "-n", NAME, f"pod/{NAME}", "--for=condition=Ready", "--timeout=90s")

    def remove(self) -> None:
        if self._cluster is not None:
            self._cluster.kubectl("delete", "namespace", NAME, "--wait=false", "--ignore-not-found")


def objects(image: str) -> list[dict[str, Any]]:
    """A namespace with the stand-in in it, run by an image that has Python."""
    meta = {"name": NAME, "namespace": NAME, "labels": LABELS}
    container = {
        "name": "model",
        "image": image,
        "command": ["python3", "/standin/openai_server.py", "--host", "0.0.0.0", "--port", str(PORT)],
        "ports": [{"containerPort": PORT}],
        "readinessProbe": {"tcpSocket": {"port": PORT}, "periodSeconds": 1},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": True},
        "volumeMounts": [{"name": "source", "mountPath": "/standin"}],
    }
    pod = {
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 1001, "seccompProfile": {"type": "RuntimeDefault"}},
        "terminationGracePeriodSeconds": 1,
        "containers": [container],
        "volumes": [{"name": "source", "configMap": {"name": NAME}}],
    }
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAME}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {SOURCE.name: SOURCE.read_text(encoding="utf-8")}},
        {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": {"selector": LABELS, "ports": [{"port": PORT}]}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": pod},
    ]
