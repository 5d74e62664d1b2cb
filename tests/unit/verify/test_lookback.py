# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What of a window the kubelet has watched before it began, and what takes that away. Liveness every 10 s, six times: a minute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._probes.model import LIVENESS, READINESS, STARTUP, Exec, Probe
from ansible_collections.proven.webapp.plugins.module_utils._verify.gaps import gaps, needed
from ansible_collections.proven.webapp.plugins.module_utils._verify.lookback import looked_back, silence, watched_before
from ansible_collections.proven.webapp.plugins.module_utils._verify.result import summary
from ansible_collections.proven.webapp.plugins.module_utils._verify.window import (
    ContainerSeen,
    Counted,
    EventSeen,
    KubeletSeen,
    PodSeen,
    ProbeKey,
    ProbeSeen,
    Snapshot,
    Window,
)

from .windows import APP, FAIL, PASS, POD, UNASKED, event, probe, samples, window

NOW = 10_000.0
ALIVE, ASKED, STARTED = ("u1", "app", LIVENESS), ("u1", "app", READINESS), ("u1", "app", STARTUP)
PROBES = {ALIVE: probe(LIVENESS, failure_threshold=6), ASKED: probe(READINESS, failure_threshold=6)}
STARTUP_PROBE = probe(STARTUP, period=2, failure_threshold=60)
OLD = replace(APP, running_since=NOW - 1000)
OLD_POD = replace(POD, ready_since=NOW - 990, containers=(OLD,))
KUBELET = KubeletSeen(NOW, 0.0)
LATE_KUBELET = KubeletSeen(NOW, 1.0)
ENOUGH = {ALIVE: Counted(100), ASKED: Counted(100)}


def start(
    pod: PodSeen = OLD_POD,
    counters: Mapping[ProbeKey, Counted] | None = ENOUGH,
    kubelet: KubeletSeen | None = KUBELET,
    **more: Any,
) -> Snapshot:
    """As it is when a window begins: a pod that has been well for 1,000 s, unless told otherwise."""
    return Snapshot({pod.uid: pod}, counters=counters, kubelets={} if kubelet is None else {"n1": kubelet}, **more)


def young(age: float, ready_for: float, **fields: Any) -> PodSeen:
    return replace(POD, ready_since=NOW - ready_for, containers=(replace(APP, running_since=NOW - age, **fields),))


def liveness(count: int, failed: int = 0, unknown: int = 0) -> dict[ProbeKey, Counted]:
    return {**ENOUGH, ALIVE: Counted(count, failed, unknown)}


def told(count: int, last: float, kind: str = LIVENESS, form: str = "failed", uid: str = "e") -> dict[str, EventSeen]:
    """An event, 900 s old."""
    return {uid: replace(event(kind=kind, form=form, count=count), uid=uid, first=NOW - 900, last=last)}


SIDE = ContainerSeen("side", running_since=NOW - 1000)

WATCHED: list[tuple[str, Snapshot, float]] = [
    ("all of it and no more", start(), 60),
    ("as long as the pod is Ready", start(young(55, 50)), 50),
    ("as long as it was counted", start(young(58, 58), liveness(4)), 40),
    ("as long as every container runs", start(replace(OLD_POD, containers=(OLD, replace(SIDE, running_since=NOW - 25)))), 25),
    ("as long as the kubelet does", start(kubelet=KubeletSeen(NOW, NOW - 45), counters=liveness(4)), 40),
    ("as long as the kubelet does, by its clock", start(kubelet=KubeletSeen(NOW, NOW - 35), counters=liveness(4)), 35),
    ("one success", start(young(15, 12), liveness(1)), 10),
    # what isn't known
    ("no counters", start(counters=None), 0),
    ("no series yet", start(young(15, 12), {}), 0),
    ("no times of the kubelet", start(kubelet=None), 0),
    ("no such pod", replace(start(), pods={}), 0),
    ("no such container", start(replace(OLD_POD, containers=(SIDE,))), 0),
    ("not known since when it is Ready", start(replace(OLD_POD, ready_since=None)), 0),
    ("not known since when it runs", start(replace(OLD_POD, containers=(replace(OLD, running_since=0.0),))), 0),
    ("a clock that was set back", start(kubelet=KubeletSeen(NOW - 2000, 0.0)), 0),
    # whatever was wrong, at a moment that isn't known
    ("a failure", start(counters=liveness(100, failed=1)), 0),
    ("a try that came to neither", start(counters=liveness(100, unknown=1)), 0),
    ("an error that was told", start(events={"e": event(form="errored", kind=LIVENESS)}), 0),
    ("an error of another probe", start(events={"e": event(form="errored", kind=READINESS)}), 60),
    ("a failure that was told before the kubelet began", start(events={"e": event(kind=LIVENESS)}), 60),
    ("an earlier start's successes", start(young(55, 50, restarts=1)), 0),
    ("not Ready", start(replace(OLD_POD, ready=False)), 0),
    ("not started", start(replace(OLD_POD, containers=(replace(OLD, started=False),))), 0),
    ("another container doesn't run", start(replace(OLD_POD, containers=(OLD, replace(SIDE, running_since=None)))), 0),
    ("on its way out", start(replace(OLD_POD, terminating=True)), 0),
    # a failure whose moment is known, as events tell of each that was counted
    ("a failure that was told", start(counters=liveness(99, 1), events=told(1, last=NOW - 40)), 40),
    ("a failure of long ago that was told", start(counters=liveness(99, 1), events=told(1, last=NOW - 400)), 60),
    ("several", start(counters=liveness(95, 5), events={**told(3, last=NOW - 300), **told(2, last=NOW - 30, uid="f")}), 30),
    ("more were told than counted", start(counters=liveness(99, 1), events=told(2, last=NOW - 40)), 40),
    ("not all were told", start(counters=liveness(98, 2), events=told(1, last=NOW - 40)), 0),
    (
        "told before the kubelet began",
        start(kubelet=KubeletSeen(NOW, NOW - 899), counters=liveness(99, 1), events=told(1, last=NOW - 40)),
        0,
    ),
    ("another probe's was told", start(counters=liveness(99, 1), events=told(1, last=NOW - 40, kind=READINESS)), 0),
    ("another form was told", start(counters=liveness(99, 1), events=told(1, last=NOW - 40, form="warning")), 0),
    ("told at a time that isn't known", start(counters=liveness(99, 1), events={"e": event(kind=LIVENESS)}, kubelet=LATE_KUBELET), 0),
    ("events that can't be read", start(counters=liveness(99, 1), events=None), 0),
    ("failures are tries as well", start(counters=liveness(50, 48), events=told(48, last=NOW - 50)), 50),
    ("it stood still after failures", start(counters=liveness(50, 47), events=told(47, last=NOW - 50)), 0),
    # a counter that stood still: 1,000 s are 100 tries, and two of 10 s may be missing
    ("it keeps pace", start(counters=liveness(98)), 60),
    ("it stood still", start(counters=liveness(97)), 0),
    ("it stood still since the kubelet began", start(kubelet=KubeletSeen(NOW, NOW - 100), counters=liveness(7)), 0),
]


@pytest.mark.parametrize(("at_start", "expected"), [pytest.param(*case[1:], id=case[0]) for case in WATCHED])
def test_what_was_watched_before(at_start: Snapshot, expected: float) -> None:
    assert watched_before(at_start, PROBES, ALIVE) == expected


def test_readiness_has_to_hold_its_own_container_ready() -> None:
    odd = start(replace(OLD_POD, containers=(replace(OLD, ready=False),)))
    assert watched_before(odd, PROBES, ASKED) == 0
    assert watched_before(odd, PROBES, ALIVE) == 60


@pytest.mark.parametrize(
    ("declared", "counters", "expected"),
    [
        # 200 s of starting: 99 failures every 2 s, in which liveness isn't asked
        (STARTUP_PROBE, {ALIVE: Counted(78), STARTED: Counted(1, 99)}, 60),
        (STARTUP_PROBE, {ALIVE: Counted(77), STARTED: Counted(1, 99)}, 0),
        # without them it would have stood still
        (STARTUP_PROBE, {ALIVE: Counted(78), STARTED: Counted(1, 0)}, 0),
        # tries that take longer than their period, and a delay before the first
        (replace(STARTUP_PROBE, timeout=4, initial_delay=600), {ALIVE: Counted(36), STARTED: Counted(1, 4)}, 60),
        (replace(STARTUP_PROBE, timeout=4, initial_delay=600), {ALIVE: Counted(35), STARTED: Counted(1, 4)}, 0),
        # the one try that passed
        (replace(STARTUP_PROBE, period=10), {ALIVE: Counted(97), STARTED: Counted(1, 0)}, 60),
        (replace(STARTUP_PROBE, period=10), {ALIVE: Counted(96), STARTED: Counted(1, 0)}, 0),
    ],
)
def test_the_time_of_starting_is_not_counted(declared: Probe, counters: dict[ProbeKey, Counted], expected: float) -> None:
    probes = {**PROBES, STARTED: declared}
    assert watched_before(start(young(1000, 990), counters), probes, ALIVE) == expected


def test_a_delay_of_its_own() -> None:
    probes = {ALIVE: probe(LIVENESS, failure_threshold=6, initial_delay=500)}
    assert watched_before(start(counters=liveness(48)), probes, ALIVE) == 60
    assert watched_before(start(counters=liveness(47)), probes, ALIVE) == 0


@pytest.mark.parametrize(("fields", "seconds"), [({}, 20), ({"timeout": 5}, 30), ({"period": 1}, 6), ({"period": 2, "timeout": 3}, 18)])
def test_the_silence_that_says_nothing(fields: dict[str, Any], seconds: int) -> None:
    assert silence(probe(**fields)) == seconds


def observed(
    *answers: Any,
    seconds: float = 3.0,
    end: Snapshot | None = None,
    begun: Snapshot | None = None,
    declared: Mapping[ProbeKey, Probe] = PROBES,
) -> Window:
    """A short window after a long time in which all was well."""
    seen = tuple(ProbeSeen(key[0], key[1], item, samples(*(answers or (PASS, PASS)))) for key, item in declared.items())
    return replace(window(*seen, seconds=seconds), start=begun or start(), end=end or replace(start(), services=()))


def test_a_short_window_is_enough_where_the_kubelet_has_watched_before() -> None:
    found = summary(observed())
    assert (found["verdict"], found["reasons"]) == ("proven", [])
    assert found["window"] == {"seconds": 3.0, "needed": 0, "looked_back": 60}
    assert [item["looked_back"] for item in found["pods"][0]["probes"]] == [60, 60]
    assert found["tiers"] == [1, 2, 3]


def test_only_what_is_missing_is_needed() -> None:
    recent = start(young(40, 33), {ALIVE: Counted(4), ASKED: Counted(4)})
    found = observed(seconds=26, begun=recent, end=recent)
    assert needed(found) == 27
    assert gaps(found) == (
        "a window of 26 s is too short: 27 s are needed, "
        "failureThreshold x periodSeconds of the slowest probe, less what its kubelet has counted before",
    )
    assert gaps(replace(found, seconds=27.0)) == ()


def test_a_failure_of_readiness_is_not_followed_up() -> None:
    """While it fails it is asked more often, so that its tries don't show that none is missing."""
    begun = start(counters={**ENOUGH, ASKED: Counted(99, 1)}, events=told(1, last=NOW - 400, kind=READINESS))
    assert watched_before(begun, PROBES, ASKED) == 0


def test_the_slowest_probe_decides() -> None:
    begun = start(counters={ALIVE: Counted(100), ASKED: Counted(100, 1)})
    assert needed(observed(begun=begun, end=begun)) == 60


def test_a_startup_probe_is_not_looked_back_at() -> None:
    assert set(looked_back(observed(declared={**PROBES, STARTED: STARTUP_PROBE}))) == {ALIVE, ASKED}


def later(**changes: Any) -> Snapshot:
    return start(replace(OLD_POD, **changes), services=())


GONE: list[tuple[str, Window]] = [
    ("one replay", observed(PASS)),
    ("a replay that failed", observed(FAIL, PASS, PASS)),
    ("one replay beside one that could not be asked", observed(PASS, UNASKED)),
    ("a failure was counted", observed(end=start(counters={key: Counted(100, 1) for key in PROBES}))),
    ("a try came to neither", observed(end=start(counters={key: Counted(100, 0, 1) for key in PROBES}))),
    ("counters that began anew", observed(end=start(counters={key: Counted(1) for key in PROBES}))),
    ("counters that can't be read any more", observed(end=start(counters=None))),
    ("another kubelet", observed(end=start(kubelet=KubeletSeen(NOW + 3, NOW)))),
    ("an error was told", observed(end=start(events={kind: event(form="errored", kind=kind) for kind in (LIVENESS, READINESS)}))),
    ("not Ready at the end", observed(end=later(ready=False, ready_since=None))),
    ("Ready again", observed(end=later(ready_since=NOW + 1))),
    ("a container began anew", observed(end=later(containers=(replace(OLD, running_since=NOW + 1),)))),
    ("a pod that was not there", observed(begun=replace(start(), pods={}))),
]


@pytest.mark.parametrize("found", [pytest.param(found, id=name) for name, found in GONE])
def test_what_lies_behind_counts_no_more_once_something_happens(found: Window) -> None:
    assert set(looked_back(found).values()) == {0.0}
    assert needed(found) == 60
    assert summary(found)["verdict"] != "proven"


def test_what_cannot_be_asked_rests_on_the_kubelet_alone() -> None:
    commands = {key: replace(item, handlers=(Exec(("true",)),)) for key, item in PROBES.items()}
    found = summary(observed(UNASKED, UNASKED, declared=commands))
    assert (found["verdict"], found["tiers"], found["window"]["looked_back"]) == ("proven", [1, 2], 60)
