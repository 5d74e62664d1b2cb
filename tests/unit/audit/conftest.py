# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A well designed Deployment with its Service, and ways to spoil them."""

from __future__ import annotations

import copy
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._audit.documents import Document
from ansible_collections.proven.webapp.plugins.module_utils._audit.engine import Report, audit

Manifest = dict[str, Any]

IMAGE = "registry.example/shop@sha256:" + "4f2c" * 16
LABELS = {"app": "shop"}
LIVEZ = {"httpGet": {"path": "/livez", "port": "http"}}
READYZ = {"httpGet": {"path": "/readyz", "port": "http"}}
COMMAND = {"exec": {"command": ["/app/check"]}}
PROBES: dict[str, Manifest] = {
    "startup": {**LIVEZ, "periodSeconds": 2, "failureThreshold": 30},
    "liveness": {**LIVEZ, "periodSeconds": 10, "timeoutSeconds": 3},
    "readiness": {**READYZ, "periodSeconds": 5, "timeoutSeconds": 3},
}


def container(name: str = "web", **changes: Any) -> Manifest:
    """A container that breaks no rule.

    :param changes: fields of it; startup, liveness and readiness change their probes' fields, or take the probe away by None.
    """
    probes = {}
    for kind, probe in PROBES.items():
        change = changes.pop(kind, {})
        if change is not None:
            probes[f"{kind}Probe"] = probe_with(probe, change)
    made = {"name": name, "image": IMAGE, "ports": [{"name": "http", "containerPort": 8080}], **probes, **changes}
    return copy.deepcopy({key: value for key, value in made.items() if value is not None})


def probe_with(probe: Manifest, change: Manifest) -> Manifest:
    """A probe with fields changed; another handler takes the place of its own."""
    handlers = {"httpGet", "tcpSocket", "grpc", "exec"}
    kept = {key: value for key, value in probe.items() if key not in handlers or not handlers & set(change)}
    return {key: value for key, value in {**kept, **change}.items() if value is not None}


def workload(kind: str = "Deployment", *containers: Manifest, pod: Manifest | None = None, **spec: Any) -> Manifest:
    """A workload of these containers, or of the one that breaks no rule.

    :param pod: fields of the pod's spec.
    :param spec: fields of its own spec.
    """
    pod_spec = {"containers": list(containers) or [container()], **(pod or {})}
    template = {"metadata": {"labels": LABELS}, "spec": pod_spec}
    if kind == "Pod":
        return {"apiVersion": "v1", "kind": kind, "metadata": {"name": "shop", "labels": LABELS}, "spec": pod_spec}
    if kind == "CronJob":
        body: Manifest = {"schedule": "0 0 * * *", "jobTemplate": {"spec": {"template": template}}}
    else:
        body = {"replicas": 2, "selector": {"matchLabels": LABELS}, "template": template, **spec}
    version = "batch/v1" if "Job" in kind else "v1" if kind == "ReplicationController" else "apps/v1"
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "shop"}, "spec": body}


def deployment(*, pod: Manifest | None = None, spec: Manifest | None = None, **changes: Any) -> Manifest:
    """A Deployment of one container with changes, as `container` takes them."""
    return workload("Deployment", container(**changes), pod=pod, **(spec or {}))


def service(name: str = "shop", **spec: Any) -> Manifest:
    ports = [{"name": "http", "port": 80, "targetPort": "http"}]
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": {"selector": LABELS, "ports": ports, **spec}}


def budget(**spec: Any) -> Manifest:
    metadata = {"name": "shop"}
    selector = {"matchLabels": LABELS}
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata, "spec": {"selector": selector, **spec}}


def scaler(least: int | None, kind: str = "Deployment") -> Manifest:
    spec = {"scaleTargetRef": {"kind": kind, "name": "shop"}, "maxReplicas": 9, "minReplicas": least}
    return {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "shop"}, "spec": spec}


def report(*objects: Any) -> Report:
    return audit([Document(item) for item in objects])


def found(*objects: Any) -> list[tuple[str, str]]:
    """(rule, what) of each finding."""
    return [(finding.rule.id, finding.what) for finding in report(*objects).findings]


def broken(*objects: Any) -> list[str]:
    """The rules that are broken, each as often as it is."""
    return sorted(rule for rule, _what in found(*objects))
