# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What keeps one pod from being ready, and whether waiting cures it. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.proven.webapp.plugins.module_utils._probes.model import is_sidecar
from ansible_collections.proven.webapp.plugins.module_utils._rollout import signs
from ansible_collections.proven.webapp.plugins.module_utils._rollout.containers import Case, Sign, running, stopped
from ansible_collections.proven.webapp.plugins.module_utils._rollout.model import (
    Look,
    Now,
    Object,
    Snapshot,
    Tolerance,
    Trouble,
    component_of,
    condition,
    leaving,
    over,
    status_of,
    when,
)


def ready(pod: Object) -> bool:
    return condition(pod, "Ready") is not None


def failed(pod: Object) -> bool:
    """Ended for good, by its own fault: not because its node was lost, drained or short of something."""
    return status_of(pod).get("phase") == "Failed" and condition(pod, "DisruptionTarget") is None


def look(pod: Object, snapshot: Snapshot, tolerance: Tolerance | None, now: Now) -> Look:
    """What a new pod is up to.

    :param tolerance: None where somebody else counts its restarts and its time, as a Job does.
    """
    found = sorted(_signs(pod, snapshot, tolerance, now), key=lambda sign: (not sign.doomed, not sign.what))
    return Look(
        waits=found[0].waits if found else "",
        doomed=tuple(_trouble(pod, sign) for sign in found if sign.doomed),
        again=tuple(sign.again for sign in found if sign.again is not None),
        grace=max((sign.grace for sign in found), default=0.0),
        silent=any(sign.silent for sign in found),
    )


def pod_troubles(pod: Object, snapshot: Snapshot | None = None) -> Iterator[Trouble]:
    """What keeps a pod from being ready, worst first, whether waiting cures it or not."""
    for sign in _signs(pod, snapshot or Snapshot(), Tolerance(), None):
        if sign.what:
            yield _trouble(pod, sign)


def _trouble(pod: Object, sign: Sign) -> Trouble:
    return Trouble(component_of(pod), sign.what, str(pod["metadata"]["name"]), sign.container, sign.restarted)


def _signs(pod: Object, snapshot: Snapshot, tolerance: Tolerance | None, now: Now) -> list[Sign]:
    if ready(pod):
        return []
    status = status_of(pod)
    if status.get("phase") == "Unknown" or status.get("reason") == "NodeLost":
        return [Sign("its node, which is lost")]
    unscheduled = condition(pod, "PodScheduled", "False")
    if unscheduled is not None:
        return [_unscheduled(pod, unscheduled, snapshot, now)]
    found = list(_containers(pod, snapshot, tolerance, now))
    if mount := _mount(pod, snapshot):
        found.insert(0, mount)
    if not found:
        known = condition(pod, "ContainersReady") is not None
        found.append(Sign("its readiness gates" if known else "its node to begin" if _scheduled(pod) else "the scheduler"))
    return found


def _scheduled(pod: Object) -> bool:
    return condition(pod, "PodScheduled") is not None


def _containers(pod: Object, snapshot: Snapshot, tolerance: Tolerance | None, now: Now) -> Iterator[Sign]:
    spec, status = pod.get("spec") or {}, status_of(pod)
    specs = {item["name"]: item for item in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ()))}
    inits = [(item, True) for item in status.get("initContainerStatuses") or ()]
    for container, first in (*inits, *((item, False) for item in status.get("containerStatuses") or ())):
        declared = specs.get(container["name"], {})
        once = first and not is_sidecar(declared)
        case = Case(pod, container, declared, once, snapshot, tolerance, now)
        state = container.get("state") or {}
        ended = state.get("terminated")
        if (ended and once and ended.get("exitCode") == 0) or (container.get("ready") and not once):
            continue
        yield running(case) if state.get("running") else stopped(case)


def _unscheduled(pod: Object, said: Object, snapshot: Snapshot, now: Now) -> Sign:
    """No node takes the pod. Those are left alone that something may make room for: a node, a volume, a pod that goes."""
    if said.get("reason") == "SchedulingGated":
        return Sign("its scheduling gates")
    message = signs.PREEMPTION.sub("", str(said.get("message") or said.get("reason") or "")).strip()
    what, waits = f"no node takes it: {message}", f"a node ({message})"
    events = snapshot.about(pod)
    scaling = [event.reason for event in events if event.reason in signs.SCALED_UP or event.reason == signs.NOT_SCALED_UP]
    since = when(said.get("lastTransitionTime")) or when(pod["metadata"].get("creationTimestamp"))
    declined = scaling[-1:] == [signs.NOT_SCALED_UP]
    room = signs.ROOM.search(message)
    comes = signs.NODE_PASSES.search(message) or signs.VOLUME_COMES.search(message) or (room and any(map(leaving, snapshot.pods)))
    if comes or (scaling and not declined) or (snapshot.autoscaler and not declined):
        return Sign(waits, what)
    patience = signs.NO_SCALE_UP_SECONDS if declined else signs.UNSCHEDULABLE_SECONDS
    due = max(since, snapshot.pod_gone if room else 0.0) + patience
    return Sign(waits, what, doomed=over(due, now), again=due, grace=patience)


def _mount(pod: Object, snapshot: Snapshot) -> Sign | None:
    """A Secret or ConfigMap that a volume is made of isn't there; the container only looks as if it were being created."""
    missing = [event for event in snapshot.about(pod) if event.reason == "FailedMount" and signs.VOLUME_SOURCE_GONE.search(event.message)]
    waits = any(
        (item.get("state") or {}).get("waiting")
        for key in ("initContainerStatuses", "containerStatuses")
        for item in status_of(pod).get(key) or ()
    )
    if not missing or not waits:
        return None
    what = f"its volumes can't be mounted: {missing[-1].message}"
    return Sign("its volumes", what, doomed=sum(event.count for event in missing) > signs.MOUNTS_TOLERATED)
