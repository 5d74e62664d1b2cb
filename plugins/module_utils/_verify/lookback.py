# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the kubelets had watched already when a window began, by their counters. Pure; docs/proof.md has the rule's reasons."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.proven.webapp.plugins.module_utils._probes.model import LIVENESS, READINESS, STARTUP, Probe
from ansible_collections.proven.webapp.plugins.module_utils._probes.timing import shortest_window
from ansible_collections.proven.webapp.plugins.module_utils._verify.compare import ERRORED, FAILED
from ansible_collections.proven.webapp.plugins.module_utils._verify.window import (
    ContainerSeen,
    Counted,
    KubeletSeen,
    PodSeen,
    ProbeKey,
    ProbeSeen,
    Snapshot,
    Window,
)

REPLAYS = 2
"""So many of our own have to pass before what lies behind counts."""


def silence(probe: Probe) -> int:
    """Seconds without any count that say nothing yet: two tries, each in its period or in the three attempts that an errored one gets."""
    return 2 * max(probe.period, 3 * probe.timeout)


def watched_before(start: Snapshot, probes: Mapping[ProbeKey, Probe], key: ProbeKey) -> float:
    """Seconds up to a moment for which the kubelet has found a probe good, without a break; 0 where that isn't known for sure.

    They are not more than the probe's shortest window, which is all that is needed.

    :param start: the moment.
    :param probes: of all containers.
    :param key: a liveness or readiness probe.
    """
    uid, name, kind = key
    pod = start.pods.get(uid)
    kubelet = start.kubelets.get(pod.node) if pod else None
    container = pod.container(name) if pod else None
    if pod is None or container is None or kubelet is None or start.counters is None or not _well(pod, container, kind):
        return 0.0
    probe, counted = probes[key], start.counters.get(key, Counted())
    failed_at = _last_failure(start, key, counted, kubelet)
    # An error isn't even counted.
    if failed_at is None or counted.unknown or key in _erred(start) or not _keeps_pace(start, probes, key, container, kubelet):
        return 0.0
    runs = (item.running_since or kubelet.now for item in pod.containers)
    began = max(kubelet.since, failed_at, pod.ready_since or kubelet.now, *runs)
    return max(min(kubelet.now - began, counted.successful * probe.period, shortest_window(probe)), 0.0)


def _well(pod: PodSeen, container: ContainerSeen, kind: str) -> bool:
    """Is it as its probes have to keep it, and its first start, so that no other start's tries are among those counted?"""
    return pod.judged and pod.ready and container.started and not container.restarts and (container.ready or kind != READINESS)


def _last_failure(start: Snapshot, key: ProbeKey, counted: Counted, kubelet: KubeletSeen) -> float | None:
    """When the kubelet's probe failed last, 0 where it never did; None where that isn't known.

    The counters alone don't say when. Events do, as long as they tell of each failure that was counted: some are withheld, and all expire.
    Readiness is also asked between its periods while it fails, so that its tries don't show that none is missing since.
    """
    if not counted.failed:
        return 0.0
    told = [
        event
        for event in (start.events or {}).values()
        # What is older was counted by another kubelet.
        if (event.pod, event.container, event.kind, event.form) == (*key, FAILED) and event.first >= kubelet.since
    ]
    if key[2] != LIVENESS or sum(event.count for event in told) < counted.failed:
        return None
    return max(event.last for event in told)


def _erred(snapshot: Snapshot) -> set[ProbeKey]:
    return {(event.pod, event.container, event.kind) for event in (snapshot.events or {}).values() if event.form == ERRORED}


def _keeps_pace(start: Snapshot, probes: Mapping[ProbeKey, Probe], key: ProbeKey, container: ContainerSeen, kubelet: KubeletSeen) -> bool:
    """Is there a count for each period, so that the counters go on moving and tries that erred aren't hidden in between?"""
    probe, counters = probes[key], start.counters or {}
    delay = probe.initial_delay
    starting = (key[0], key[1], STARTUP)
    if starting in probes:
        # Until it has passed the others aren't asked.
        startup, tries = probes[starting], counters.get(starting, Counted()).failed + 1
        delay = max(delay, startup.initial_delay + tries * max(startup.period, startup.timeout))
    asked_since, counted = max((container.running_since or 0.0) + delay, kubelet.since), counters.get(key, Counted())
    return kubelet.now - asked_since - (counted.successful + counted.failed) * probe.period <= silence(probe)


def looked_back(window: Window) -> dict[ProbeKey, float]:
    """Seconds before the window that count as observed, for each liveness and readiness probe of the pods that are judged.

    They count as long as nothing has gone wrong since: whatever has, the window itself has to be long enough to tell what it is.
    """
    probes = {seen.key: seen.probe for seen in window.probes}
    erred = _erred(window.end)
    return {
        seen.key: watched_before(window.start, probes, seen.key) if seen.key not in erred and _stands(window, pod, seen) else 0.0
        for pod, seen in window.judged_probes
        if seen.probe.kind != STARTUP
    }


def _stands(window: Window, pod: PodSeen, seen: ProbeSeen) -> bool:
    before, counted = window.start.pods.get(pod.uid), window.counted(seen.key)
    if before is None or counted is None or counted.failed or counted.unknown:
        return False
    if _beginnings(window.start, before) != _beginnings(window.end, pod):
        return False
    # What can't be asked from here at all rests on the kubelet alone, as it does in a long window.
    replayed = len(seen.shown) >= REPLAYS or not seen.shown
    return replayed and all(sample.answer.passes for sample in seen.shown)


def _beginnings(snapshot: Snapshot, pod: PodSeen) -> list[float | None]:
    """What would be later if it had begun anew."""
    kubelet = snapshot.kubelets.get(pod.node)
    return [kubelet.since if kubelet else None, pod.ready_since, *(item.running_since for item in pod.containers)]


def still_needed(window: Window) -> float:
    """Seconds that the window has to last so that each probe was observed for as long as it takes to fail for good."""
    behind = looked_back(window)
    return max((shortest_window(seen.probe) - behind[seen.key] for _pod, seen in window.judged_probes if seen.key in behind), default=0.0)
