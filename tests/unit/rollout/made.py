"""Objects as the API gives them, made for the cases: a Deployment `todo-backend` of two pods in its second revision."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._rollout.model import Event, Snapshot

REVISION = "deployment.kubernetes.io/revision"
T0 = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
"""When everything begins."""
LABELS = {"app.kubernetes.io/component": "backend", "app.kubernetes.io/instance": "todo"}
Made = dict[str, Any]


def at(seconds: float) -> str:
    """A v1.Time so many seconds after the beginning."""
    return datetime.fromtimestamp(T0 + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def deployment(
    *,
    generation: int = 2,
    observed: int = 2,
    replicas: int = 2,
    conditions: Any = (),
    says: Any = None,
    paused: bool = False,
    **status: int,
) -> Made:
    """:param says: its annotation of tolerance, as JSON or as the text itself."""
    counts = {"replicas": replicas, "updatedReplicas": replicas, "availableReplicas": replicas, **status}
    said = {} if says is None else {"proven.webapp/rollout": says if isinstance(says, str) else json.dumps(says)}
    return {
        "metadata": {
            "name": "todo-backend",
            "uid": "d",
            "generation": generation,
            "labels": LABELS,
            "annotations": {REVISION: "2", **said},
        },
        "spec": {"replicas": replicas, "template": {"metadata": {"labels": LABELS}}, **({"paused": True} if paused else {})},
        "status": {"observedGeneration": observed, "conditions": list(conditions), **counts},
    }


def replicaset(uid: str, revision: str, *conditions: Made) -> Made:
    return {
        "metadata": {"name": f"todo-backend-{uid}", "uid": uid, "ownerReferences": [{"uid": "d"}], "annotations": {REVISION: revision}},
        "status": {"conditions": list(conditions)},
    }


OLD, NEW = replicaset("old", "1"), replicaset("new", "2")


def status(state: Any = None, restarts: int = 0, name: str = "backend", **more: Any) -> Made:
    """v1.ContainerStatus."""
    return {
        "name": name,
        "image": "registry/app:1",
        "state": state or {"running": {"startedAt": at(0)}},
        "restartCount": restarts,
        "ready": False,
        **more,
    }


def pod(owner: str = "new", name: str = "p", spec: Any = None, conditions: Any = (), leaving: bool = False, **container: Any) -> Made:
    """:param spec: of its container; None has no probes.
    :param container: what `status` takes.
    """
    inits = container.pop("inits", [])
    phase = container.pop("phase", "Running")
    return {
        "metadata": {
            "name": name,
            "uid": name,
            "labels": {**LABELS, "proven.webapp/track": "live"},
            "ownerReferences": [{"uid": owner}],
            "creationTimestamp": at(0),
            **({"deletionTimestamp": at(1)} if leaving else {}),
        },
        "spec": {
            "containers": [{"name": "backend", "image": "registry/app:1", **(spec or {})}],
            "initContainers": [item["spec"] for item in inits],
        },
        "status": {
            "phase": phase,
            "conditions": [{"type": "PodScheduled", "status": "True"}, *conditions],
            "containerStatuses": [status(**container)],
            "initContainerStatuses": [item["status"] for item in inits],
        },
    }


def unscheduled(message: str, reason: str = "Unschedulable", since: float = 0, **more: Any) -> Made:
    """A pod that no node takes."""
    made = pod(**more)
    condition = {"type": "PodScheduled", "status": "False", "reason": reason, "message": message, "lastTransitionTime": at(since)}
    made["status"] = {"phase": "Pending", "conditions": [condition]}
    return made


def waiting(reason: str, message: str = "") -> Made:
    return {"waiting": {"reason": reason, "message": message}}


def ended(code: int, reason: str = "Error", after: float = 1, message: str = "") -> Made:
    return {"terminated": {"exitCode": code, "reason": reason, "finishedAt": at(after), "message": message}}


def running(since: float = 0) -> Made:
    return {"running": {"startedAt": at(since)}}


def probe(period: int = 2, failures: int = 10, **more: int) -> Made:
    return {"httpGet": {"path": "/", "port": 80}, "periodSeconds": period, "failureThreshold": failures, **more}


def event(reason: str, message: str, *, about: str = "p", container: str = "backend", count: int = 1, last: float = 1) -> Event:
    return Event(about, reason, message, container, count, T0 + 1, T0 + last, reason not in ("Pulling", "Pulled", "TriggeredScaleUp"))


def by_uid(*events: Event) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = {}
    for item in events:
        found.setdefault(item.about, []).append(item)
    return found


def snapshot(*pods: Made, events: Any = (), seen: Any = None, workload: Made | None = None, **more: Any) -> Snapshot:
    """A Deployment that isn't done, with these pods.

    :param seen: seconds after the beginning since when the pod's container is in its state.
    """
    moments = {(item["metadata"]["uid"], "backend"): T0 + seen for item in pods} if seen is not None else {}
    return Snapshot(
        deployments=[workload or deployment(updatedReplicas=len(pods), availableReplicas=0)],
        replicasets=more.pop("replicasets", [OLD, NEW]),
        pods=list(pods),
        events=by_uid(*events),
        seen=moments,
        **more,
    )
