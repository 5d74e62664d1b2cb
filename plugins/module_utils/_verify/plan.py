# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which probes are asked, for how long, and what is waited for before. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._probes.model import STARTUP, Probe, probed_containers, probes_of
from ansible_collections.proven.webapp.plugins.module_utils._probes.timing import shortest_window
from ansible_collections.proven.webapp.plugins.module_utils._verify.lookback import watched_before
from ansible_collections.proven.webapp.plugins.module_utils._verify.read import pod_seen
from ansible_collections.proven.webapp.plugins.module_utils._verify.settings import Settings
from ansible_collections.proven.webapp.plugins.module_utils._verify.window import PodSeen, ProbeKey, Snapshot

LEAST = 1.0
"""Seconds between the first replay and the last, and for the last one to come late, where nothing else is left to be watched."""


@dataclass(frozen=True)
class Asked:
    """A probe of a running pod, to be asked."""

    pod: Mapping[str, Any]
    container: Mapping[str, Any]
    probe: Probe
    seen: PodSeen

    @property
    def started(self) -> bool:
        state = self.seen.container(str(self.container["name"]))
        return state is not None and state.started

    @property
    def key(self) -> ProbeKey:
        return self.seen.uid, str(self.container["name"]), self.probe.kind


def probes_to_ask(pods: Iterable[Mapping[str, Any]]) -> list[Asked]:
    """Of the pods that are to serve: each declared probe of containers that run."""
    found = []
    for pod in pods:
        seen = pod_seen(pod)
        if not seen.judged:
            continue
        for container in probed_containers(pod["spec"]):
            state = seen.container(str(container["name"]))
            if state is not None and state.running_since is not None:
                found += [Asked(pod, container, probe, seen) for probe in probes_of(container)]
    return found


def length(asked: Iterable[Asked], settings: Settings, start: Snapshot) -> float:
    """Seconds of the window.

    :param start: as it is when the window begins: what the kubelets have watched until then need not be watched again.
    """
    if settings.window is not None:
        return settings.window
    probes = {item.key: item.probe for item in asked}
    left = [shortest_window(probe) - watched_before(start, probes, key) for key, probe in probes.items() if probe.kind != STARTUP]
    # The first and the last replay have to lie that far apart.
    return math.ceil(max(*left, LEAST) + settings.interval) if left else 0


def unsettled(pods: list[PodSeen], wanted: Mapping[str, int]) -> str:
    """What is still on its way, in words; empty when nothing is."""
    current = [pod for pod in pods if pod.judged]
    waits = [pod.name for pod in current if not pod.ready] + [f"the end of {pod.name}" for pod in pods if pod.terminating]
    for component, number in wanted.items():
        ready = sum(1 for pod in current if pod.component == component and pod.ready)
        if ready < number:
            waits.append(f"{component} ({ready} of {number} ready)")
    if not current:
        waits.append("a pod")
    return ", ".join(waits[:5])
