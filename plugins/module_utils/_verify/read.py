# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kubernetes' objects as what a window holds of them. Pure. Nothing is taken over that may hold a secret."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._probes.model import KINDS, probed_containers
from ansible_collections.proven.webapp.plugins.module_utils._verify.window import (
    ContainerSeen,
    CronSeen,
    EndpointSeen,
    EventSeen,
    PodSeen,
    RevisionSeen,
    ServiceSeen,
)

COMPONENT = "app.kubernetes.io/component"
SERVICE = "kubernetes.io/service-name"
REVISION = "deployment.kubernetes.io/revision"
_FIELD = re.compile(r"spec\.(?:initContainers|containers)\{(.+)\}")
_PROBE_EVENT = re.compile(r"(Startup|Liveness|Readiness) probe (failed|errored|warning)")


def controller(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """The owner reference of an object's controller, or empty."""
    return next((owner for owner in item["metadata"].get("ownerReferences") or [] if owner.get("controller")), {})


def seconds(time: Any) -> float | None:
    """A timestamp of the API's, as seconds since 1970."""
    return datetime.fromisoformat(str(time)).timestamp() if time else None


def moment(date: str) -> float | None:
    """An HTTP date, as seconds since 1970; None where it is none."""
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None


def pod_seen(pod: Mapping[str, Any]) -> PodSeen:
    """A v1.Pod."""
    meta, status = pod["metadata"], pod.get("status") or {}
    ready: Mapping[str, Any] = next((item for item in status.get("conditions") or [] if item.get("type") == "Ready"), {})
    owner = controller(pod)
    is_ready = ready.get("status") == "True"
    return PodSeen(
        uid=str(meta["uid"]),
        name=str(meta["name"]),
        component=str((meta.get("labels") or {}).get(COMPONENT, "")),
        owner_kind=str(owner.get("kind", "")),
        owner=str(owner.get("uid", "")),
        node=str(pod["spec"].get("nodeName") or ""),
        phase=str(status.get("phase") or ""),
        ready=is_ready,
        ready_since=seconds(ready.get("lastTransitionTime")) if is_ready else None,
        why="" if is_ready else why_not_ready(status),
        terminating=bool(meta.get("deletionTimestamp")),
        finished=status.get("phase") in ("Succeeded", "Failed") or owner.get("kind") == "Job",
        grace=int(pod["spec"].get("terminationGracePeriodSeconds") or 0),
        containers=tuple(_containers(pod)),
    )


def _containers(pod: Mapping[str, Any]) -> Iterable[ContainerSeen]:
    status = pod.get("status") or {}
    known = {item["name"]: item for item in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]}
    for container in probed_containers(pod["spec"]):
        name = str(container["name"])
        seen = known.get(name, {})
        running = (seen.get("state") or {}).get("running")
        ended = (seen.get("lastState") or {}).get("terminated") or {}
        yield ContainerSeen(
            name=name,
            ready=bool(seen.get("ready")),
            started=bool(seen.get("started")),
            restarts=int(seen.get("restartCount") or 0),
            running_since=seconds(running.get("startedAt")) or 0.0 if running is not None else None,
            last_exit=f"{ended.get('reason', 'Unknown')}, exit code {ended.get('exitCode')}" if ended else "",
        )


def why_not_ready(status: Mapping[str, Any]) -> str:
    """The plainest reason that a pod's status has."""
    for item in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        waiting = (item.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") and waiting["reason"] not in ("PodInitializing", "ContainerCreating"):
            return f"container {item['name']} is waiting: {waiting['reason']}"
    for item in status.get("containerStatuses") or []:
        state = item.get("state") or {}
        if "terminated" in state:
            return f"container {item['name']} has ended: {state['terminated'].get('reason', 'Unknown')}"
        if "running" in state and item.get("started") is False:
            return f"container {item['name']} has not passed its startup probe"
        if "running" in state and not item.get("ready"):
            return f"container {item['name']} does not pass its readiness probe"
    false = [item for item in status.get("conditions") or [] if item.get("status") != "True" and item.get("message")]
    return str(false[0]["message"]) if false else ""


def service_seen(service: Mapping[str, Any], pods: Iterable[Mapping[str, Any]], slices: Iterable[Mapping[str, Any]]) -> ServiceSeen:
    """A v1.Service with a selector.

    :param pods: the pods that are looked at.
    :param slices: discovery.k8s.io/v1 EndpointSlices of the namespace.
    """
    name, selector = service["metadata"]["name"], service["spec"]["selector"]
    own = [item for item in slices if (item["metadata"].get("labels") or {}).get(SERVICE) == name]
    endpoints = [endpoint for item in own for endpoint in item.get("endpoints") or []]
    return ServiceSeen(
        name=str(name),
        publish_not_ready=bool(service["spec"].get("publishNotReadyAddresses")),
        selects=frozenset(str(pod["metadata"]["uid"]) for pod in pods if matches(selector, pod["metadata"].get("labels") or {})),
        endpoints=tuple(
            EndpointSeen(
                pod=str((endpoint.get("targetRef") or {}).get("uid", "")),
                # Absent stands for unknown, which is to be taken as ready (k8s.io/api/discovery/v1, EndpointConditions).
                ready=(endpoint.get("conditions") or {}).get("ready") is not False,
            )
            for endpoint in endpoints
        ),
    )


def matches(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    return all(labels.get(key) == value for key, value in selector.items())


def event_seen(event: Mapping[str, Any]) -> EventSeen:
    """A v1.Event about a pod. Of its message only what kind of probe it tells of is kept: commands print secrets."""
    about = event.get("involvedObject") or {}
    field = _FIELD.match(str(about.get("fieldPath") or ""))
    told = _PROBE_EVENT.match(str(event.get("message") or ""))
    kind = told[1].lower() if told else ""
    return EventSeen(
        uid=str(event["metadata"]["uid"]),
        pod=str(about.get("uid", "")),
        container=field[1] if field else "",
        reason=str(event.get("reason") or ""),
        count=int((event.get("series") or {}).get("count") or event.get("count") or 1),
        kind=kind if kind in KINDS else "",
        form=told[2] if told else "",
        first=seconds(event.get("firstTimestamp")) or 0.0,
        last=seconds(event.get("lastTimestamp")) or 0.0,
    )


def revision_seen(replica_set: Mapping[str, Any]) -> RevisionSeen:
    """An apps/v1 ReplicaSet; without a Deployment it has no owner."""
    meta = replica_set["metadata"]
    number = str((meta.get("annotations") or {}).get(REVISION, "0"))
    owner = controller(replica_set)
    deployment = str(owner.get("uid", "")) if owner.get("kind") == "Deployment" else ""
    return RevisionSeen(str(meta["uid"]), str(meta["name"]), deployment, int(number) if number.isdigit() else 0)


def cron_seen(cron: Mapping[str, Any], jobs: Sequence[Mapping[str, Any]]) -> CronSeen:
    """A batch/v1 CronJob and, of all Jobs, its own."""
    meta = cron["metadata"]
    over = []
    for job in jobs:
        ended = [item for item in (job.get("status") or {}).get("conditions") or [] if item.get("status") == "True"]
        last = next((item for item in ended if item.get("type") in ("Complete", "Failed")), None)
        if last is not None and controller(job).get("uid") == meta["uid"]:
            over.append((str(job["metadata"]["creationTimestamp"]), last, str(job["metadata"]["name"])))
    failed = ""
    if over:
        _begun, last, name = max(over, key=lambda item: item[0])
        if last["type"] == "Failed":
            failed = f"{name}: {last.get('reason', '')}: {last.get('message', '')}".rstrip(": ")
    return CronSeen(str(meta["name"]), bool(cron["spec"].get("suspend")), failed)
