# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Cases as pods, small enough that all of them fit onto one node of a small machine."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from .cases import SUCCESS, WARNING, Case

SERVING, STARTING, BESIDE = "serving", "starting", "beside"
"""The container that serves and is asked, one for a startup probe that fails, one without any probe."""

NEVER, USUAL = 1000, 4
"""A failure threshold that no test reaches; one that no pod reaches that is well."""

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


def starter(case: Case) -> str:
    """The container whose startup probe is the case's.

    Where it fails it would hold the other two back, so that it has a container of its own.
    """
    return SERVING if case.result in (SUCCESS, WARNING) else STARTING


def pod_of(case: Case, image: str) -> Manifest:
    """The pod of a case."""
    asked = probe({"failureThreshold": USUAL, **case.probe}, **({"failureThreshold": NEVER} if case.fails else {}))
    shared: Manifest = {"env": list(case.env), "ports": [{"name": key, "containerPort": number} for key, number in case.ports.items()]}
    serving = container(SERVING, image, case.listen, livenessProbe=asked, readinessProbe=asked, **shared)
    others = []
    if starter(case) == SERVING:
        serving["startupProbe"] = asked
    else:
        others.append(container(STARTING, image, command=["sleep", "infinity"], startupProbe=asked, **shared))
    labels = {"lab/verdict": case.verdict}
    if not case.sidecar:
        return pod(case.name, serving, *others, labels=labels)
    others = others or [container(BESIDE, image, command=["sleep", "infinity"])]
    return pod(case.name, *others, labels=labels, initContainers=[{**serving, "restartPolicy": "Always"}])
