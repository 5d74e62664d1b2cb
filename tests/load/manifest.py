# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The pod that sends a load, as the restricted Pod Security Standard wants it. Pure."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.proven.webapp.tests.load.image.load.model import TOKENS_PORT, Order

TRACK = "proven.webapp/track"
MARGIN = 300
"""Seconds more than it is to send, after which the kubelet ends it."""

Manifest = dict[str, Any]


def pod(name: str, image: str, order: Order) -> Manifest:
    """A v1.Pod that sends, says what became of it, and ends."""
    container = {
        "name": "load",
        "image": image,
        "env": [{"name": "LOAD", "value": order.as_json()}],
        "resources": {"requests": {"cpu": "50m", "memory": "96Mi"}, "limits": {"memory": "384Mi"}},
        "securityContext": {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": "load-tmp", "mountPath": "/tmp"}],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {TRACK: "load"}},
        "spec": {
            "restartPolicy": "Never",
            "activeDeadlineSeconds": int(order.seconds) + MARGIN,
            "terminationGracePeriodSeconds": 1,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 1001,
                "runAsGroup": 1001,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [container],
            "volumes": [{"name": "load-tmp", "emptyDir": {}}],
        },
    }


def pod_with_frontend(name: str, image: str, order: Order, frontend: Mapping[str, Any]) -> Manifest:
    """As pod(), beside a frontend of its own, which is asked for tokens and nothing else.

    It has the labels of the real ones but for their track: NetworkPolicies let it through, and no Service leads to it.

    :param frontend: the Deployment of the real ones, whose port is the first that it declares.
    """
    template = copy.deepcopy(dict(frontend["spec"]["template"]))
    own = template["spec"]["containers"][0]
    kept = {key: own[key] for key in ("image", "env", "envFrom", "resources", "securityContext", "volumeMounts") if key in own}
    env = [item for item in kept.pop("env", []) if item["name"] != "BACKEND_URL"]
    beside = {
        **kept,
        "name": "frontend",
        "env": [*env, {"name": "BACKEND_URL", "value": f"http://127.0.0.1:{TOKENS_PORT}"}],
        "restartPolicy": "Always",
    }
    made = pod(name, image, replace(order, url=f"http://127.0.0.1:{own['ports'][0]['containerPort']}"))
    made["metadata"]["labels"] = {**template["metadata"]["labels"], **made["metadata"]["labels"]}
    made["spec"]["initContainers"] = [beside]
    made["spec"]["volumes"] += template["spec"].get("volumes") or []
    if secrets := template["spec"].get("imagePullSecrets"):
        made["spec"]["imagePullSecrets"] = secrets
    return made
