# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Cases as pods, small enough that all of them fit onto one node of a small machine."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from .cases import Case

SERVING, STARTING = "serving", "starting"
"""The container that is asked as liveness and readiness probe, and the one that is asked as startup probe; the first one serves."""

NEVER = 1000
"""A failure threshold that no test reaches."""

Manifest = dict[str, Any]


def probe(handler: Mapping[str, Any], **more: Any) -> Manifest:
    """A v1.Probe that asks often, and is patient with a busy machine."""
    return {"periodSeconds": 2, "timeoutSeconds": 5, "failureThreshold": NEVER, **handler, **more}


def container(name: str, image: str, listen: Iterable[object] = (), **more: Any) -> Manifest:
    """A v1.Container that serves."""
    env = [{"name": "LAB", "value": json.dumps(list(listen))}, *more.pop("env", ())]
    return {
        "name": name,
        "image": image,
        "env": env,
        "resources": {"requests": {"cpu": "1m", "memory": "8Mi"}},
        "terminationMessagePolicy": "FallbackToLogsOnError",
        **more,
    }


def pod(name: str, *containers: Manifest, labels: Mapping[str, str] | None = None, **spec: Any) -> Manifest:
    """A v1.Pod."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app.kubernetes.io/part-of": "lab", "lab/case": name, **(labels or {})}},
        "spec": {
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": 1,
            "containers": list(containers),
            **spec,
        },
    }


def pod_of(case: Case, image: str) -> Manifest:
    """The pod of a case."""
    shared: Manifest = {"env": list(case.env), "ports": [{"name": key, "containerPort": number} for key, number in case.ports.items()]}
    serving = container(SERVING, image, case.listen, livenessProbe=probe(case.probe), readinessProbe=probe(case.probe), **shared)
    starting = container(STARTING, image, command=["sleep", "infinity"], startupProbe=probe(case.probe), **shared)
    if case.sidecar:
        return pod(case.name, starting, initContainers=[{**serving, "restartPolicy": "Always"}])
    return pod(case.name, serving, starting)
