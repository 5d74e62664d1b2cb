# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Live rules about single probes. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import Finding, Rule
from ansible_collections.proven.webapp.plugins.module_utils._probes.model import LIVENESS, READINESS, STARTUP, Exec, HttpGet
from ansible_collections.proven.webapp.plugins.module_utils._probes.timing import startup_budget
from ansible_collections.proven.webapp.plugins.module_utils._verify.answer import ERROR, Answer
from ansible_collections.proven.webapp.plugins.module_utils._verify.compare import (
    ERRORED,
    FAILED,
    disagreement,
    holds,
    last_run,
    late_here,
    unreached,
)
from ansible_collections.proven.webapp.plugins.module_utils._verify.lookback import silence
from ansible_collections.proven.webapp.plugins.module_utils._verify.window import Counted, PodSeen, ProbeSeen, Window

WARNED = "warning"

SINGLE = 3
"""One failure of so few tries is not a moment's trouble."""


def about(rule: Rule, window: Window, pod: PodSeen, what: str, seen: ProbeSeen | None = None) -> Finding:
    return Finding(
        rule=rule,
        kind="Pod",
        name=pod.name,
        namespace=window.namespace,
        what=what,
        container=seen.container if seen else "",
        probe=seen.probe.kind if seen else "",
    )


def disagrees(rule: Rule, window: Window) -> Iterator[Finding]:
    for pod, seen in window.judged_probes:
        what = disagreement(window, pod, seen)
        if what:
            yield about(rule, window, pod, what, seen)


def was_good(window: Window, seen: ProbeSeen) -> bool:
    """Was the container, at the window's beginning, as this probe has to keep it? While it starts a probe may fail."""
    pod = window.start.pods.get(seen.pod)
    container = pod.container(seen.container) if pod else None
    if container is None or seen.probe.kind == STARTUP:
        return False
    return container.ready if seen.probe.kind == READINESS else container.started


def kubelet_failures(window: Window, seen: ProbeSeen) -> int:
    """How often the kubelet's own probe failed during the window, as far as its counters or events tell."""
    counted = window.counted(seen.key)
    return max(counted.failed if counted else 0, window.events_of(seen.key, FAILED))


def _failing(window: Window, seen: ProbeSeen) -> tuple[int, bool]:
    """(failures of the kubelet's probe, whether they are more than one among many)."""
    failures = kubelet_failures(window, seen) if was_good(window, seen) else 0
    counted = window.counted(seen.key)
    tries = counted.failed + counted.successful if counted else window.seconds / seen.probe.period
    return failures, failures > 1 or (failures == 1 and tries <= SINGLE)


def probe_failed(rule: Rule, window: Window) -> Iterator[Finding]:
    yield from _failures(rule, window, many=True)


def probe_failed_once(rule: Rule, window: Window) -> Iterator[Finding]:
    yield from _failures(rule, window, many=False)


def _failures(rule: Rule, window: Window, *, many: bool) -> Iterator[Finding]:
    for pod, seen in window.judged_probes:
        failures, repeated = _failing(window, seen)
        if failures and repeated == many:
            yield about(rule, window, pod, f"the kubelet's own probe failed {_times(failures)} in {window.seconds:.0f} s", seen)


def noticed(window: Window, seen: ProbeSeen) -> bool:
    """Does rule probe-failed tell of it already?"""
    return _failing(window, seen)[1]


def replay_fails(rule: Rule, window: Window) -> Iterator[Finding]:
    for pod, seen in window.judged_probes:
        run = last_run(seen)
        if len(run) < 2 or run[-1].answer.passes or unreached(run) or late_here(window, seen, run) or seen.probe.kind == STARTUP:
            continue
        if run[-1].started and holds(seen, run[-1]) and not noticed(window, seen) and not disagreement(window, pod, seen):
            what = f"replayed at the window's end it fails: {run[-1].answer.reason}; the kubelet has not acted on it yet"
            yield about(rule, window, pod, what, seen)


def replay_flaps(rule: Rule, window: Window) -> Iterator[Finding]:
    for pod, seen in window.judged_probes:
        counted = [sample for sample in seen.shown if sample.answer.result != ERROR]
        failed = [sample for sample in counted if not sample.answer.passes and holds(seen, sample) and sample.started]
        if seen.probe.kind == STARTUP or not failed or not counted[-1].answer.passes or unreached(tuple(failed)):
            continue
        if late_here(window, seen, tuple(failed)):
            continue
        if not noticed(window, seen):
            what = f"replayed {len(counted)} times it failed {_times(len(failed))}, the last time with: {failed[-1].answer.reason}"
            yield about(rule, window, pod, what, seen)


def only_errs(rule: Rule, window: Window) -> Iterator[Finding]:
    for pod, seen in window.judged_probes:
        container = pod.container(seen.container)
        if container is None or container.running_since is None or (seen.probe.kind == STARTUP) == container.started:
            continue
        errors = [sample for sample in seen.shown if sample.answer.result == ERROR]
        counted = window.counted(seen.key)
        if errors and len(errors) == len(seen.shown) and not (counted and counted.successful):
            yield about(rule, window, pod, f"replayed {_times(len(errors))} it only errs: {errors[-1].answer.reason}", seen)
        elif not seen.shown and window.events_of(seen.key, ERRORED) and not (counted and counted != Counted()):
            yield about(rule, window, pod, "the kubelet's own tries err, by its events", seen)
        elif not errors and _never_counted(window, pod, seen):
            yield about(rule, window, pod, f"the kubelet counted neither a success nor a failure in {window.seconds:.0f} s", seen)


def _never_counted(window: Window, pod: PodSeen, seen: ProbeSeen) -> bool:
    counted, probe = window.counted(seen.key), seen.probe
    before = window.start.pods.get(pod.uid)
    first = before.container(seen.container) if before else None
    steady = first is not None and first.started == (probe.kind != STARTUP) and not window.restarts(pod, seen.container)
    return counted == Counted() and steady and window.seconds > probe.initial_delay + silence(probe)


def redirected(rule: Rule, window: Window) -> Iterator[Finding]:
    for pod, seen in window.judged_probes:
        met = [sample for sample in seen.shown if sample.answer.redirects or 300 <= (sample.answer.status or 0) < 400]
        warned = window.events_of(seen.key, WARNED)
        if met:
            yield about(rule, window, pod, f"it is answered by a redirect, which {_end(met[-1].answer)}", seen)
        elif warned:
            yield about(rule, window, pod, f"the kubelet warned of its answer {_times(warned)}", seen)


def _end(answer: Answer) -> str:
    """Where a redirect ended."""
    if answer.status is None:
        return f"leads nowhere: {answer.reason}"
    return "is not followed" if 300 <= answer.status < 400 else f"leads to status {answer.status}"


def slow_liveness(rule: Rule, window: Window) -> Iterator[Finding]:
    for pod, seen in window.judged_probes:
        if seen.probe.kind != LIVENESS or isinstance(seen.probe.handler, Exec):
            continue
        times = sorted(sample.answer.seconds for sample in seen.shown if sample.answer.passes)
        limit = seen.probe.timeout / 4
        above = [seconds for seconds in times if seconds > limit]
        # A single slow answer among few is more likely this machine's than the application's.
        if len(above) >= 2 and len(above) > len(times) / 100:
            most = f"up to {times[-1]:.2f} s, of {seen.probe.timeout} s allowed"
            what = f"{len(above)} of {len(times)} answers took more than {limit:g} s, {most}"
            yield about(rule, window, pod, what, seen)


def startup_failures(window: Window, seen: ProbeSeen) -> int | None:
    """How often a startup probe failed before it passed, as far as it is known; None where it isn't."""
    pod = window.end.pods.get(seen.pod)
    container = pod.container(seen.container) if pod else None
    if container is None or container.restarts or not container.started:
        return None  # What was counted belongs to several starts, or to one that goes on.
    if window.end.counters is not None:
        return window.end.counters.get(seen.key, Counted()).failed
    events = (window.end.events or {}).values()
    return sum(event.count for event in events if (event.pod, event.container, event.kind, event.form) == (*seen.key, FAILED))


def startup_budget_used(rule: Rule, window: Window) -> Iterator[Finding]:
    for pod, seen in window.judged_probes:
        failures = startup_failures(window, seen) if seen.probe.kind == STARTUP else None
        if failures is None:
            continue
        budget = startup_budget(seen.probe)
        used = seen.probe.initial_delay + failures * seen.probe.period
        if failures and used > budget / 2:
            yield about(
                rule, window, pod, f"it took about {used} s of {budget} s to start ({failures} failures before the first success)", seen
            )


def siblings_differ(rule: Rule, window: Window) -> Iterator[Finding]:
    groups: defaultdict[tuple[str, str, str], list[tuple[PodSeen, ProbeSeen, str]]] = defaultdict(list)
    for pod, seen in window.judged_probes:
        answers = {_signature(sample.answer.result, sample.answer.status) for sample in seen.shown}
        if pod.owner and seen.probe.kind != STARTUP and len(answers) == 1 and len(seen.shown) >= 2:
            groups[pod.owner, seen.container, seen.probe.kind].append((pod, seen, answers.pop()))
    for members in groups.values():
        common, _count = Counter(answer for _pod, _seen, answer in members).most_common(1)[0]
        for pod, seen, answer in members:
            if answer != common:
                yield about(rule, window, pod, f"it answers {answer}, where its siblings answer {common}", seen)


def _signature(result: str, status: int | None) -> str:
    return result if status is None else f"{result} ({status})"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def http_path(seen: ProbeSeen) -> str:
    """Where an HTTP probe goes, without its query: that may hold a secret."""
    handler = seen.probe.handler
    return handler.path.partition("?")[0] if isinstance(handler, HttpGet) else ""
