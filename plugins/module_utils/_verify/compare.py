# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Replayed probes held against what the kubelet made of them. Pure."""

from __future__ import annotations

from itertools import takewhile

from ansible_collections.proven.webapp.plugins.module_utils._probes.model import LIVENESS, READINESS, STARTUP
from ansible_collections.proven.webapp.plugins.module_utils._probes.timing import shortest_window, until_failed, until_passed
from ansible_collections.proven.webapp.plugins.module_utils._verify.answer import ERROR, FAILURE
from ansible_collections.proven.webapp.plugins.module_utils._verify.window import PodSeen, ProbeSeen, Sample, Window

SLACK = 1.5
"""Seconds that the kubelet's verdict may take to be seen: its own work, the API server's, and ours."""

FAILED, ERRORED = "failed", "errored"


def last_run(seen: ProbeSeen) -> tuple[Sample, ...]:
    """The samples at the end that all passed, or all did not, while the kubelet's verdict stayed as it was; errors left out."""
    counted = [sample for sample in seen.shown if sample.answer.result != ERROR]
    if not counted:
        return ()
    last = counted[-1]

    def alike(sample: Sample) -> bool:
        same = (sample.answer.passes, sample.ready, sample.started, sample.restarts)
        return same == (last.answer.passes, last.ready, last.started, last.restarts)

    return tuple(reversed(list(takewhile(alike, reversed(counted)))))


def unreached(samples: tuple[Sample, ...]) -> bool:
    """Did no try reach the pod, for a cause that may lie on our own way to it?"""
    return bool(samples) and all(sample.answer.unreached for sample in samples)


def late_here(window: Window, seen: ProbeSeen, samples: tuple[Sample, ...]) -> bool:
    """Did replays fail by nothing but their time, while the kubelet's own tries, by its counters, all passed?

    Then what is too slow may be this machine or the API server, and the application is neither cleared nor accused.
    """
    counted = window.counted(seen.key)
    content = counted is not None and counted.successful > 0 and counted.failed == 0
    return content and bool(samples) and all(_late(seen, sample) for sample in samples)


def _late(seen: ProbeSeen, sample: Sample) -> bool:
    answer = sample.answer
    return answer.result == FAILURE and answer.status is None and answer.seconds >= seen.probe.timeout


def holds(seen: ProbeSeen, sample: Sample) -> bool:
    """Does the kubelet hold the probe's container for good, as far as this probe says?"""
    return sample.ready if seen.probe.kind == READINESS else sample.started


def disagreement(window: Window, pod: PodSeen, seen: ProbeSeen) -> str:
    """What the kubelet must have seen otherwise than the replay did, in words; empty where both may be right."""
    run = last_run(seen)
    if len(run) < 2:
        return ""
    probe, last, span = seen.probe, run[-1], run[-1].at - run[0].at
    if last.answer.passes:
        waits = probe.initial_delay + until_passed(probe) + SLACK
        container = pod.container(seen.container)
        running = container is not None and container.running_since is not None
        due = running and (probe.kind == STARTUP or (probe.kind == READINESS and last.started))
        if due and not holds(seen, last) and span >= waits:
            return f"replayed for {span:.0f} s it passes each time, yet the kubelet holds the container as not {_word(probe.kind)}"
        counted = window.counted(seen.key)
        if counted and counted.failed >= 2 and not counted.successful and len(run) == len(seen.shown):
            return f"replayed {len(run)} times it passes each time, yet the kubelet counted {counted.failed} failures and no success"
        return ""
    if probe.kind == STARTUP or not last.started or not holds(seen, last) or unreached(run) or late_here(window, seen, run):
        return ""
    return _fails_unnoticed(window, pod, seen, run)


def _fails_unnoticed(window: Window, pod: PodSeen, seen: ProbeSeen, run: tuple[Sample, ...]) -> str:
    """A probe that fails when replayed, while the kubelet seems content with it."""
    probe, span = seen.probe, run[-1].at - run[0].at
    told = window.events_of(seen.key, FAILED)
    counted = window.counted(seen.key)
    if told or (counted and counted.failed):
        return ""  # It has noticed.
    reason = run[-1].answer.reason
    whole = len(run) == len(seen.shown)
    if counted and counted.successful and whole:
        good = f"{counted.successful} successes and no failure"
        return f"replayed {len(run)} times it fails each time ({reason}), yet the kubelet counted {good}"
    # A container that is being ended for its liveness goes on answering for as long as its pod's grace period.
    telling = window.events_tell(pod.uid)
    ending = pod.grace if probe.kind == LIVENESS and not telling else 0
    if (telling and whole and span >= shortest_window(probe)) or span >= until_failed(probe) + ending + SLACK:
        return f"replayed for {span:.0f} s it fails each time ({reason}), yet the kubelet holds the container as {_word(probe.kind)}"
    return ""


def _word(kind: str) -> str:
    return {READINESS: "ready", LIVENESS: "alive", STARTUP: "started"}[kind]
