# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a window could not show. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ansible_collections.proven.webapp.plugins.module_utils._verify.answer import UNANSWERED
from ansible_collections.proven.webapp.plugins.module_utils._verify.compare import last_run, late_here, unreached
from ansible_collections.proven.webapp.plugins.module_utils._verify.lookback import looked_back, still_needed
from ansible_collections.proven.webapp.plugins.module_utils._verify.rules_probes import kubelet_failures
from ansible_collections.proven.webapp.plugins.module_utils._verify.window import Window

NAMED = 3
"""So many pods are named; more are counted."""


def gaps(window: Window) -> tuple[str, ...]:
    """One line for each thing that could not be shown."""
    refused = (f"{what} (the user may not {right})" for right, what in window.lost)
    looks = (_cut_off, _nothing, _short, _unanswered, _began_late, _out_of_reach, _too_slow_here)
    return (*(line for look in looks for line in look(window)), *refused)


def needed(window: Window) -> int:
    """Seconds that show each probe for as long as it takes to fail for good: failureThreshold x period of the longest.

    What a kubelet had counted before need not be watched once more.
    """
    return math.ceil(still_needed(window))


def _short(window: Window) -> Iterator[str]:
    if window.seconds < still_needed(window):
        why = "failureThreshold x periodSeconds of the slowest probe"
        less = ", less what its kubelet has counted before" if any(looked_back(window).values()) else ""
        yield f"a window of {window.seconds:g} s is too short: {needed(window)} s are needed, {why}{less}"


def _cut_off(window: Window) -> Iterator[str]:
    if window.cut_off:
        yield f"the observation ended after {window.seconds:.0f} s: {window.cut_off}"


def _unanswered(window: Window) -> Iterator[str]:
    unasked = [(pod.name, seen.samples) for pod, seen in window.judged_probes if not seen.shown]
    names = {name for name, samples in unasked if any(sample.answer == UNANSWERED for sample in samples)}
    if names:
        yield f"the API server answered none of the replays at {_list(sorted(names))}: look again"


def _nothing(window: Window) -> Iterator[str]:
    if not window.judged:
        yield "no pod that was there at the beginning is left: look again"
    elif not any(True for _probe in window.judged_probes):
        yield "no pod declares a probe, so there is nothing to hold against it"


def _too_slow_here(window: Window) -> Iterator[str]:
    names = {
        f"{pod.name} ({seen.probe.kind})"
        for pod, seen in window.judged_probes
        if last_run(seen) and not last_run(seen)[-1].answer.passes and late_here(window, seen, last_run(seen))
    }
    if names:
        yield f"replays came too late at {_list(sorted(names))}, whose kubelet is content: too busy here, or on the way, to tell"


def _began_late(window: Window) -> Iterator[str]:
    names = [pod.name for pod in window.judged if pod.uid not in window.start.pods]
    if names:
        yield f"{_list(names)} began during the window: look again for {needed(window)} s"


def _out_of_reach(window: Window) -> Iterator[str]:
    names = {
        pod.name
        for pod, seen in window.judged_probes
        if unreached(last_run(seen)) and not kubelet_failures(window, seen) and last_run(seen)[-1].started and pod.ready
    }
    if names:
        yield (
            f"the API server doesn't reach {_list(sorted(names))}, whose own kubelet does: "
            "a network policy or a missing route keeps replays away"
        )


def _list(names: list[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
