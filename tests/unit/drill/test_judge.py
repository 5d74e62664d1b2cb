# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a recorded drill shows: each rule with a timeline that breaks it, beside one that doesn't."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._drill.judge import find, lacking, live_finding, too_busy
from ansible_collections.proven.webapp.plugins.module_utils._drill.model import (
    BLACKHOLED,
    COLD_START,
    CREATED,
    DEGRADED,
    DELETED,
    ENDED,
    FADED,
    FAULT_OFF,
    FAULT_ON,
    NOT_READY,
    OVER,
    PROBE_FAILED,
    READY,
    REFUSED,
    RESTARTED,
    SIGTERM,
    SLACK,
    SLOW,
    STARTED,
    UNREADY,
    WAITING,
    Load,
    Moment,
    Record,
    Times,
)
from ansible_collections.proven.webapp.plugins.module_utils._drill.rules import DRILL_RULES
from ansible_collections.proven.webapp.plugins.module_utils._probes.model import Probe

# Unready within 13 s, ready within 8 s, killed after 65 s: the loss has to last 97.5 s.
TIMES = Times.of(
    {
        "startup": Probe("startup", (), period=2, timeout=2, failure_threshold=60),
        "liveness": Probe("liveness", (), period=10, timeout=5, failure_threshold=6),
        "readiness": Probe("readiness", (), period=5, timeout=3, failure_threshold=2),
    },
    30.0,
)
ON, OFF = 10.0, 110.0


def moments(*pairs: tuple[float, str] | tuple[float, str, str]) -> tuple[Moment, ...]:
    return tuple(Moment(*pair) for pair in sorted(pairs, key=lambda pair: pair[0]))


def record(*pairs: Any, scenario: str = REFUSED, on_loss: str = UNREADY, **more: Any) -> Record:
    begin = ((0.0, CREATED),)
    return Record(
        "Deployment",
        "todo-backend",
        "todo",
        "backend",
        "backend",
        scenario,
        TIMES,
        dependency="database",
        on_loss=on_loss,
        moments=moments(*begin, *pairs),
        **more,
    )


def loss(*pairs: Any, **more: Any) -> Record:
    return record((5.0, STARTED), (6.0, READY), (ON, FAULT_ON), *pairs, **more)


def failure(
    at: float, kind: str = "reset", seconds: float = 0.1, connection: str = "fresh", path: str = "/", status: int = 0
) -> dict[str, Any]:
    return {"at": at, "seconds": seconds, "kind": kind, "connection": connection, "path": path, "status": status}


def load(*failures: dict[str, Any], streams: Any = (), sent: int = 100, **marks: float) -> Load:
    names = {"on": FAULT_ON, "off": FAULT_OFF, "deleted": DELETED, "faded": FADED}
    summary = {"sent": sent, "failures": list(failures), "streams": list(streams)}
    return Load(summary, {names[name]: at for name, at in marks.items()}, ("/readyz",))


def rules(found: Record) -> list[str]:
    return [finding.rule.id for finding in find(found)]


GOOD_LOSS = ((20.0, NOT_READY), (OFF, FAULT_OFF), (115.0, READY), (116.0, OVER))

UNREADY_CASES: dict[str, tuple[Any, list[str]]] = {
    "as promised": (GOOD_LOSS, []),
    "just in time": (((ON + 13 + SLACK, NOT_READY), (OFF, FAULT_OFF), (OFF + 8 + SLACK, READY)), []),
    "never unready": (((OFF, FAULT_OFF), (112.0, OVER)), ["PV301"]),
    "unready too late": (((ON + 13 + SLACK + 0.5, NOT_READY), (OFF, FAULT_OFF), (115.0, READY)), ["PV301"]),
    "unready only when it was over": (((OFF, FAULT_OFF), (OFF + 1, NOT_READY), (115.0, READY)), ["PV301"]),
    "ready again in the middle": (((20.0, NOT_READY), (40.0, READY), (45.0, NOT_READY), (OFF, FAULT_OFF), (115.0, READY)), ["PV301"]),
    "restarted": (((20.0, NOT_READY), (76.0, RESTARTED, "backend, exit code 137")), ["PV302"]),
    "restarted before readiness could say anything": (((15.0, RESTARTED, "backend, exit code 1"),), ["PV302"]),
    "ended by itself": (((20.0, NOT_READY), (30.0, ENDED, "exit code 0")), ["PV302"]),
    "crash loop": (((20.0, NOT_READY), (30.0, WAITING, "backend: CrashLoopBackOff")), ["PV302"]),
    "restarted after it was over": ((*GOOD_LOSS[:2], (112.0, RESTARTED, ""), (115.0, READY)), ["PV302"]),
    "restarted before readiness had to say anything": (((ON + 12, RESTARTED, ""),), ["PV302"]),
    "restarted when readiness should just have said it": (((ON + 13 + SLACK, RESTARTED, ""),), ["PV302", "PV301"]),
    "unready, and back, as it was over": (((20.0, NOT_READY), (OFF, FAULT_OFF), (OFF, READY)), []),
    # just in time, in the moment in which the dependency is back
    "unready at the last moment, and never back": (
        ((ON + 13 + SLACK, NOT_READY), (ON + 13 + SLACK, FAULT_OFF), (ON + 60, OVER)),
        ["PV304"],
    ),
    "never unready, and restarted late": (((76.0, RESTARTED, ""),), ["PV302", "PV301"]),
    "liveness wavers": (((20.0, NOT_READY), (109.0, PROBE_FAILED, "2 times"), (OFF, FAULT_OFF), (115.0, READY)), ["PV303"]),
    "back too late": (((20.0, NOT_READY), (OFF, FAULT_OFF), (OFF + 8 + SLACK + 0.5, READY)), ["PV304"]),
    "never back": (((20.0, NOT_READY), (OFF, FAULT_OFF), (136.0, OVER)), ["PV304"]),
}


def test_the_first_time_that_it_was_ready_again_is_named() -> None:
    (finding,) = find(loss((20.0, NOT_READY), (40.0, READY), (45.0, NOT_READY), (60.0, READY), (OFF, FAULT_OFF), (115.0, READY)))
    assert "ready again 30.0 s into it" in finding.what


@pytest.mark.parametrize("scenario", [REFUSED, BLACKHOLED, SLOW])
@pytest.mark.parametrize("case", UNREADY_CASES)
def test_a_lost_dependency_that_it_needs(case: str, scenario: str) -> None:
    pairs, expected = UNREADY_CASES[case]
    assert rules(loss(*pairs, scenario=scenario)) == expected


def test_without_a_readiness_probe_it_can_not_say_so() -> None:
    seen = replace(loss((OFF, FAULT_OFF), (112.0, OVER)), times=replace(TIMES, until_unready=None, until_ready=None))
    assert rules(seen) == ["PV301"]


STEADY = ((OFF, FAULT_OFF), (112.0, OVER))
DEGRADED_CASES: dict[str, tuple[Any, Any, list[str]]] = {
    "as promised": (STEADY, load(on=2.0, off=102.0), []),
    "no requests known": (STEADY, None, []),
    "not ready": (((20.0, NOT_READY), *STEADY), None, ["PV308"]),
    "restarted": (((20.0, RESTARTED, ""),), None, ["PV302"]),
    "not ready as it was over": (((OFF, FAULT_OFF), (OFF, NOT_READY)), None, []),
    "not ready only afterwards": ((*STEADY, (113.0, NOT_READY)), None, []),
    "no answer": (STEADY, load(failure(50.0, "timeout", 10.0), on=2.0, off=102.0), ["PV309"]),
    "errors": (STEADY, load(failure(50.0, "status", status=502), on=2.0, off=102.0), ["PV310"]),
    "both": (STEADY, load(failure(50.0, "status", status=500), failure(60.0, "timeout"), on=2.0, off=102.0), ["PV309", "PV310"]),
    "not found is an answer": (STEADY, load(failure(50.0, "status", status=404), on=2.0, off=102.0), []),
    "a probe's own bad answer": (STEADY, load(failure(50.0, "status", status=503, path="/readyz"), on=2.0, off=102.0), []),
    "lost before and after": (STEADY, load(failure(1.0), failure(103.0, "timeout"), on=2.0, off=102.0), []),
    "liveness wavers": (((109.0, PROBE_FAILED), *STEADY), None, ["PV303"]),
}


@pytest.mark.parametrize("case", DEGRADED_CASES)
def test_a_lost_dependency_that_it_can_do_without(case: str) -> None:
    pairs, sent, expected = DEGRADED_CASES[case]
    assert rules(loss(*pairs, on_loss=DEGRADED, load=sent)) == expected


COLD_CASES: dict[str, tuple[Any, str, list[str]]] = {
    "as promised": (((5.0, STARTED), (65.0, FAULT_OFF), (70.0, READY)), UNREADY, []),
    "it ends": (((5.0, STARTED), (6.0, RESTARTED, "backend, exit code 1")), UNREADY, ["PV305"]),
    "ready just as it was over": (((5.0, STARTED), (65.0, FAULT_OFF), (65.0, READY)), UNREADY, []),
    "degraded, but ready only then": (((5.0, STARTED), (65.0, FAULT_OFF), (65.0, READY)), DEGRADED, ["PV308"]),
    "started just as it was over": (((65.0, FAULT_OFF), (65.0, STARTED), (150.0, READY)), UNREADY, ["PV306"]),
    "it has ended": (((5.0, ENDED, "exit code 1"),), UNREADY, ["PV305"]),
    "it ends again and again": (((3.0, WAITING, "backend: CrashLoopBackOff"),), UNREADY, ["PV305"]),
    "killed by its startup probe": (((130.0, RESTARTED, "backend, exit code 137"),), UNREADY, ["PV305"]),
    "never ready": (((5.0, STARTED), (65.0, FAULT_OFF), (95.0, OVER)), UNREADY, ["PV306"]),
    "ready late": (((5.0, STARTED), (65.0, FAULT_OFF), (65.0 + 8 + SLACK + 1, READY)), UNREADY, ["PV306"]),
    "starts only then, and may take its time": (((65.0, FAULT_OFF), (150.0, STARTED), (155.0, READY)), UNREADY, []),
    "ready all the same": (((5.0, STARTED), (6.0, READY), (65.0, FAULT_OFF)), UNREADY, ["PV307"]),
    "degraded as promised": (((5.0, STARTED), (6.0, READY), (65.0, FAULT_OFF)), DEGRADED, []),
    "not degraded": (((5.0, STARTED), (65.0, FAULT_OFF), (70.0, READY)), DEGRADED, ["PV308"]),
    "degraded, but it ends": (((5.0, STARTED), (6.0, RESTARTED, "")), DEGRADED, ["PV305"]),
}


@pytest.mark.parametrize("case", COLD_CASES)
def test_a_start_without_the_dependency(case: str) -> None:
    pairs, on_loss, expected = COLD_CASES[case]
    assert rules(record(*pairs, scenario=COLD_START, on_loss=on_loss)) == expected


ENDING = ((10.0, DELETED), (18.0, ENDED, "exit code 0"))
MARKS: dict[str, Any] = {"deleted": 5.0, "faded": 7.0}
SIGTERM_CASES: dict[str, tuple[Any, Any, int | None, list[str]]] = {
    "as promised": (ENDING, load(**MARKS), 0, []),
    "no requests known": (ENDING, None, 0, []),
    "killed": (((10.0, DELETED), (40.5, ENDED)), None, 137, ["PV312"]),
    "killed early, by something else": (((10.0, DELETED), (12.0, ENDED)), None, 137, ["PV312"]),
    "nearly the whole grace": (((10.0, DELETED), (34.5, ENDED)), None, 0, ["PV312"]),
    "four fifths of it": (((10.0, DELETED), (34.0, ENDED)), None, 143, []),
    "still there": (((10.0, DELETED), (50.0, OVER)), None, None, ["PV312"]),
    "under way, and lost": (ENDING, load(failure(4.9, seconds=0.3), **MARKS), 0, ["PV311"]),
    "lost before it was told": (ENDING, load(failure(3.0), **MARKS), 0, []),
    "refused before everyone knows": (ENDING, load(failure(6.0, "refused"), **MARKS), 0, ["PV311"]),
    "the client's fault": (ENDING, load(failure(6.0, "status", status=499), **MARKS), 0, []),
    "the first server error": (ENDING, load(failure(6.0, "status", status=500), **MARKS), 0, ["PV311"]),
    "the first server error, which was there before": (
        ENDING,
        load(failure(3.0, "status", status=500), failure(6.0, "status", status=500), **MARKS),
        0,
        [],
    ),
    "the client's fault before, the server's after": (
        ENDING,
        load(failure(3.0, "status", status=499), failure(6.0, "status", status=500), **MARKS),
        0,
        ["PV311"],
    ),
    "a server error that it was told in": (ENDING, load(failure(4.0, "status", 3.0, status=500), **MARKS), 0, ["PV311"]),
    "a server error at that very moment": (ENDING, load(failure(4.75, "status", 0.25, status=500), **MARKS), 0, ["PV311"]),
    "lost at that very moment": (ENDING, load(failure(4.75, seconds=0.25), **MARKS), 0, ["PV311"]),
    "refused just before everyone knows": (ENDING, load(failure(7.0, "refused"), **MARKS), 0, ["PV311"]),
    "refused when everyone knows": (ENDING, load(failure(8.0, "refused"), **MARKS), 0, []),
    "a kept connection cut off late": (ENDING, load(failure(9.0, connection="kept"), **MARKS), 0, ["PV311"]),
    "no time to let everyone know": (((10.0, DELETED), (10.5, ENDED)), load(failure(5.2, "refused"), deleted=5.0), 0, ["PV311"]),
    "a server error": (ENDING, load(failure(6.0, "status", status=500), **MARKS), 0, ["PV311"]),
    "its own readiness says no": (ENDING, load(failure(6.0, "status", status=503, path="/readyz"), **MARKS), 0, []),
    "server errors that were there before": (
        ENDING,
        load(failure(3.0, "status", status=503, path="/a"), failure(6.0, "status", status=503, path="/a"), **MARKS),
        0,
        [],
    ),
    "not found is an answer": (ENDING, load(failure(6.0, "status", status=404), **MARKS), 0, []),
    "a stream ends": (ENDING, load(streams=[{"path": "/s", "opened": 1.0, "ended": 8.0, "kind": "ok"}], **MARKS), 0, []),
    "a stream is cut": (ENDING, load(streams=[{"path": "/s", "opened": 1.0, "ended": 8.0, "kind": "truncated"}], **MARKS), 0, ["PV313"]),
    "a stream cut at once": (ENDING, load(streams=[{"path": "/s", "opened": 5.0, "ended": 5.0, "kind": "reset"}], **MARKS), 0, ["PV313"]),
    "a stream opened later": (ENDING, load(streams=[{"path": "/s", "opened": 5.1, "ended": 6.0, "kind": "reset"}], **MARKS), 0, []),
    "a stream that is still open": (
        ENDING,
        load(streams=[{"path": "/s", "opened": 1.0, "ended": None, "kind": None}], **MARKS),
        0,
        ["PV313"],
    ),
    "a stream was cut before": (ENDING, load(streams=[{"path": "/s", "opened": 1.0, "ended": 2.0, "kind": "truncated"}], **MARKS), 0, []),
}


@pytest.mark.parametrize("case", SIGTERM_CASES)
def test_told_to_end(case: str) -> None:
    pairs, sent, code, expected = SIGTERM_CASES[case]
    assert rules(record(*pairs, scenario=SIGTERM, load=sent, exit_code=code)) == expected


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (loss((OFF, FAULT_OFF), (112.0, OVER)), "database refused: still ready after 100 s, 13 s are promised"),
        (loss((30.0, NOT_READY), (OFF, FAULT_OFF), (115.0, READY)), "database refused: not ready after 20.0 s, 13 s are promised"),
        (loss((20.0, NOT_READY), (40.0, READY), (45.0, NOT_READY), (OFF, FAULT_OFF), (115.0, READY)), "ready again 30.0 s into it"),
        (loss((20.0, NOT_READY), (76.0, RESTARTED, "backend, exit code 137")), "restarted: backend, exit code 137 after 66.0 s"),
        (loss((20.0, NOT_READY), (90.0, WAITING, "x: CrashLoopBackOff"), (76.0, RESTARTED, "x")), "restarted: x after 66.0 s"),
        (loss((20.0, NOT_READY), (OFF, FAULT_OFF), (136.0, OVER)), "not ready 26 s after it, 8 s are promised"),
        (loss((20.0, NOT_READY), (OFF, FAULT_OFF), (130.0, READY)), "ready 20.0 s after it, 8 s are promised"),
        (loss((20.0, NOT_READY), (OFF, FAULT_OFF), on_loss=DEGRADED), "not ready 10.0 s into it"),
        (loss((20.0, NOT_READY), (60.0, PROBE_FAILED, "2 times"), (61.0, PROBE_FAILED, "9"), *GOOD_LOSS[1:]), "failed: 2 times"),
        (record((5.0, READY), (65.0, FAULT_OFF), scenario=COLD_START), "ready all the same, 5.0 s after it was created"),
        (record((10.0, DELETED), (40.5, ENDED), scenario=SIGTERM, exit_code=137), "killed 30.5 s after it was told to end"),
        (record((10.0, DELETED), (36.0, ENDED), scenario=SIGTERM), "ended 26.0 s after it was told to; its grace period is 30 s"),
        (record((10.0, DELETED), (50.0, OVER), scenario=SIGTERM), "not ended 40.0 s after it was told to"),
        (
            record(
                *ENDING,
                scenario=SIGTERM,
                load=load(failure(6.0), failure(6.1), failure(6.2, "timeout"), failure(6.3, "status", status=500, path="/b"), **MARKS),
            ),
            "4 requests lost or failed (2 reset, 1 timeout, 1 status 500; /, /b) of 100 sent",
        ),
        (record(*ENDING, scenario=SIGTERM, load=load(failure(6.0), **MARKS)), "1 request lost or failed (1 reset; /)"),
    ],
)
def test_findings_say_what_was_seen(seen: Record, words: str) -> None:
    assert words in find(seen)[0].what


EDGES = {
    "lost as it began": (failure(2.0), ["PV309"]),
    "lost as it was over": (failure(102.0), ["PV309"]),
    "just before": (failure(1.9), []),
    "just after": (failure(102.1), []),
    "the client's fault": (failure(50.0, "status", status=499), []),
    "the first server error": (failure(50.0, "status", status=500), ["PV310"]),
}


@pytest.mark.parametrize("case", EDGES)
def test_edges_of_a_loss_that_it_can_do_without(case: str) -> None:
    item, expected = EDGES[case]
    assert rules(loss(*STEADY, on_loss=DEGRADED, load=load(item, on=2.0, off=102.0))) == expected


def test_a_loss_just_long_enough_is_enough() -> None:
    enough = loss((20.0, NOT_READY), (ON + TIMES.liveness_window, FAULT_OFF), (ON + TIMES.liveness_window + 5, READY))
    assert lacking(enough) == []


def test_without_an_end_of_the_fault_the_last_moment_counts() -> None:
    assert lacking(loss((20.0, NOT_READY), (30.0, OVER)))


@pytest.mark.parametrize("scenario", [REFUSED, BLACKHOLED, SLOW, COLD_START, SIGTERM])
def test_what_never_happened_shows_nothing(scenario: str) -> None:
    (gap,) = lacking(record((5.0, STARTED), scenario=scenario))
    assert "never" in gap


def test_a_loss_that_was_too_short_shows_nothing() -> None:
    short = loss((20.0, NOT_READY), (60.0, FAULT_OFF), (65.0, READY))
    assert rules(short) == []
    (gap,) = lacking(short)
    assert "backend, database refused" in gap
    assert "50 s" in gap
    assert "98 s" in gap
    assert lacking(loss(*GOOD_LOSS)) == []


def test_a_failure_needs_no_more_to_be_shown() -> None:
    assert lacking(loss((20.0, NOT_READY), (30.0, RESTARTED, ""))) == []


def test_on_a_node_that_is_too_busy_nothing_is_bad_and_the_good_is_good() -> None:
    bad = loss((20.0, NOT_READY), (30.0, RESTARTED, ""))
    assert not too_busy(replace(bad, stall=1.0))
    assert rules(replace(bad, stall=1.0)) == ["PV302"]
    busy = replace(bad, stall=1.1)
    assert too_busy(busy)
    assert find(busy) == []
    (gap,) = lacking(busy)
    assert "waited 1.1 s" in gap
    assert "restarted" in gap
    # Some things have nothing to do with time.
    errors = load(failure(50.0, "status", status=502), failure(51.0, "timeout"), on=2.0, off=102.0)
    mixed = loss(*STEADY, on_loss=DEGRADED, load=errors, stall=9.0)
    assert rules(mixed) == ["PV310"]
    assert "timeout" in lacking(mixed)[0]
    assert "502" not in lacking(mixed)[0]
    alone = load(failure(50.0, "status", status=502), on=2.0, off=102.0)
    assert lacking(loss(*STEADY, on_loss=DEGRADED, load=alone, stall=9.0)) == []
    good = replace(loss(*GOOD_LOSS), stall=9.0)
    assert not too_busy(good)
    assert lacking(good) == []


def test_what_was_noted_while_it_ran_is_told_with_its_place() -> None:
    assert lacking(record(not_shown=("no such host",))) == ["backend, database refused: no such host"]


def test_an_end_without_requests_shows_nothing_of_requests() -> None:
    assert lacking(record(*ENDING, scenario=SIGTERM, load=load(sent=0, **MARKS), exit_code=0))
    assert not lacking(record(*ENDING, scenario=SIGTERM, load=load(**MARKS), exit_code=0))


def test_errors_that_were_there_before_the_end_are_told() -> None:
    before = load(failure(3.0, "status", status=503, path="/a"), **MARKS)
    (gap,) = lacking(record(*ENDING, scenario=SIGTERM, load=before, exit_code=0))
    assert "/a" in gap
    probe = load(failure(3.0, "status", status=503, path="/readyz"), **MARKS)
    assert lacking(record(*ENDING, scenario=SIGTERM, load=probe, exit_code=0)) == []


def test_live_pods_that_move_are_told() -> None:
    assert live_finding("Deployment", "todo-backend", "todo", []) == []
    (finding,) = live_finding("Deployment", "todo-backend", "todo", [Moment(12.0, "moved", "p restarted")])
    assert finding.rule.id == "PV320"
    assert "p restarted at 12 s" in finding.what
    (many,) = live_finding("Deployment", "todo-backend", "todo", [Moment(float(number), "moved", "p") for number in range(9)])
    assert many.what.count("p at") == 5


def test_without_a_liveness_probe_the_loss_lasts_a_while_all_the_same() -> None:
    assert replace(TIMES, until_killed=None).window >= 30
    assert TIMES.window == 98.5


def test_every_rule_has_a_case_and_a_place_of_its_own() -> None:
    cases: list[Any] = [*UNREADY_CASES.values(), *COLD_CASES.values(), *DEGRADED_CASES.values(), *SIGTERM_CASES.values()]
    shown = {rule for *_, expected in cases for rule in expected}
    elsewhere = {"PV320", "PV330"}
    assert {rule.id for rule in DRILL_RULES} == shown | elsewhere
    assert len({rule.name for rule in DRILL_RULES}) == len(DRILL_RULES)
    assert all(rule.why and rule.fix and rule.source and rule.title for rule in DRILL_RULES)
