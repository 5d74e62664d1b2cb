# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The numbers at which each rule of timing begins to hold, and the numbers that it proposes."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from .conftest import COMMAND, deployment, found, report, workload

Change = dict[str, Any]


def judged(**changes: Any) -> list[tuple[str, str]]:
    return found(deployment(**changes))


def proposed(**changes: Any) -> Any:
    """What the only finding would have instead."""
    (finding,) = report(deployment(**changes)).findings
    return yaml.safe_load(finding.corrected)


def test_the_well_designed_one_breaks_nothing() -> None:
    assert judged() == []


@pytest.mark.parametrize(
    ("probe", "expected"),
    [
        ({"timeoutSeconds": 5}, []),
        ({"timeoutSeconds": 6}, [("PV122", "it may take 6 s, every 5 s")]),
        ({"timeoutSeconds": 2}, []),
        ({"timeoutSeconds": 1}, [("PV123", "its timeout is 1 s")]),
        ({"timeoutSeconds": None}, [("PV123", "its timeout is 1 s")]),
        ({"timeoutSeconds": 0}, [("PV123", "its timeout is 1 s")]),
        ({"timeoutSeconds": 1, "tcpSocket": {"port": "http"}}, []),
        ({"timeoutSeconds": 1, "grpc": {"port": 8080}}, []),
        ({"timeoutSeconds": 1, "periodSeconds": 10, **COMMAND}, [("PV123", "its timeout is 1 s")]),
        ({"periodSeconds": 10, **COMMAND}, []),
        ({"periodSeconds": 9, **COMMAND}, [("PV129", "its command runs every 9 s")]),
    ],
)
def test_one_probe(probe: Change, expected: list[tuple[str, str]]) -> None:
    assert judged(readiness=probe, liveness={"failureThreshold": 9}) == expected


def test_tries_while_it_starts_may_be_short_and_often() -> None:
    assert judged(startup={"timeoutSeconds": 1, "periodSeconds": 2, **COMMAND}) == []
    assert judged(startup={"timeoutSeconds": 3}) == [("PV122", "it may take 3 s, every 2 s")]
    assert judged(liveness={"timeoutSeconds": 11}) == [("PV122", "it may take 11 s, every 10 s")]


def test_a_short_timeout_of_liveness_counts_too() -> None:
    assert judged(liveness={"timeoutSeconds": 1}) == [("PV123", "its timeout is 1 s")]
    assert judged(liveness={"periodSeconds": 9, "failureThreshold": 9, **COMMAND}) == [("PV129", "its command runs every 9 s")]


@pytest.mark.parametrize(
    ("liveness", "readiness", "expected"),
    [
        # 5 + 2 x 5 + 3 = 18 of both; then 19 against 18, and 17
        ({"periodSeconds": 5}, {}, [("PV124", "liveness kills it after at most 18 s, and readiness drains it after at most 18 s")]),
        ({"periodSeconds": 5, "timeoutSeconds": 4}, {}, []),
        (
            {"periodSeconds": 5, "timeoutSeconds": 2},
            {},
            [("PV124", "liveness kills it after at most 17 s, and readiness drains it after at most 18 s")],
        ),
        ({}, None, []),
        (None, {"failureThreshold": 60}, []),
    ],
)
def test_killed_before_drained(liveness: Change | None, readiness: Change | None, expected: list[tuple[str, str]]) -> None:
    assert judged(liveness=liveness, readiness=readiness) == expected


@pytest.mark.parametrize(
    ("liveness", "readiness"),
    [
        ({"periodSeconds": 5}, {}),
        ({"periodSeconds": 5}, {"failureThreshold": 7}),
        ({"periodSeconds": 7, "timeoutSeconds": 2}, {"failureThreshold": 9}),
        ({"periodSeconds": 10, "timeoutSeconds": 3}, {"failureThreshold": 10}),
        ({"periodSeconds": 2, "timeoutSeconds": 2}, {"periodSeconds": 9, "failureThreshold": 3}),
    ],
)
def test_the_fewest_failures_are_proposed(liveness: Change, readiness: Change) -> None:
    more = proposed(liveness=liveness, readiness=readiness)["livenessProbe"]["failureThreshold"]
    assert judged(liveness={**liveness, "failureThreshold": more}, readiness=readiness) == []
    rules = [rule for rule, _what in judged(liveness={**liveness, "failureThreshold": more - 1}, readiness=readiness)]
    assert "PV124" in rules


@pytest.mark.parametrize(("threshold", "expected"), [(3, []), (2, [("PV125", "its failureThreshold is 2")]), (0, [])])
def test_patience(threshold: int, expected: list[tuple[str, str]]) -> None:
    assert judged(liveness={"periodSeconds": 30, "failureThreshold": threshold}) == expected
    assert judged(readiness={"failureThreshold": threshold}) == []


@pytest.mark.parametrize(
    ("startup", "delay", "expected"),
    [
        (None, 29, []),
        (None, 30, [("PV126", "liveness waits for 30 s, and there is no startup probe")]),
        ({}, 30, []),
    ],
)
def test_delay(startup: Change | None, delay: int, expected: list[tuple[str, str]]) -> None:
    assert judged(startup=startup, liveness={"initialDelaySeconds": delay}) == expected
    assert judged(startup=startup, readiness={"initialDelaySeconds": delay}) == []


def test_delay_without_liveness() -> None:
    assert judged(startup=None, liveness=None) == []


def test_a_startup_probe_instead_of_a_delay_has_twice_its_time() -> None:
    startup = proposed(startup=None, liveness={"initialDelaySeconds": 31})
    assert startup == {
        "startupProbe": {"httpGet": {"path": "/livez", "port": "http"}, "periodSeconds": 5, "failureThreshold": 13},
        "livenessProbe": {"initialDelaySeconds": 0},
    }


@pytest.mark.parametrize(
    ("startup", "expected"),
    [
        ({"failureThreshold": 15}, []),
        ({"failureThreshold": 14}, [("PV127", "it leaves 28 s: initial delay 0 s + 14 tries, one every 2 s")]),
        ({"failureThreshold": 14, "initialDelaySeconds": 2}, []),
        ({"failureThreshold": 1, "periodSeconds": 29}, [("PV127", "it leaves 29 s: initial delay 0 s + 1 tries, one every 29 s")]),
        ({"failureThreshold": 300}, []),
        ({"failureThreshold": 300, "initialDelaySeconds": 1}, [("PV128", "")]),
        ({"failureThreshold": 1, "periodSeconds": 600}, []),
    ],
)
def test_startup_budget(startup: Change, expected: list[tuple[str, str]]) -> None:
    seen = judged(startup=startup)
    if expected and not expected[0][1]:
        expected = [("PV128", "it leaves 601 s (initial delay 1 s + 300 tries, one every 2 s), and the rollout has 600 s")]
    assert seen == expected


def test_a_startup_budget_that_is_enough_is_proposed() -> None:
    assert proposed(startup={"failureThreshold": 3}) == {"startupProbe": {"failureThreshold": 15}}
    assert proposed(startup={"failureThreshold": 1, "periodSeconds": 9, "initialDelaySeconds": 5}) == {
        "startupProbe": {"failureThreshold": 3}
    }
    assert proposed(startup={"failureThreshold": 400}) == {"spec": {"progressDeadlineSeconds": 860}}


def test_a_deadline_of_ones_own() -> None:
    assert found(deployment(startup={"failureThreshold": 50}, spec={"progressDeadlineSeconds": 100})) == []
    assert [rule for rule, _what in found(deployment(startup={"failureThreshold": 51}, spec={"progressDeadlineSeconds": 100}))] == ["PV128"]
    assert found(workload("StatefulSet", deployment(startup={"failureThreshold": 400})["spec"]["template"]["spec"]["containers"][0])) == []


def test_what_is_proposed_would_pass() -> None:
    assert proposed(readiness={"timeoutSeconds": 6}) == {"readinessProbe": {"timeoutSeconds": 5}}
    assert proposed(liveness={"timeoutSeconds": 1}) == {"livenessProbe": {"timeoutSeconds": 2}}
    assert proposed(readiness={"timeoutSeconds": 1, "periodSeconds": 2}) == {"readinessProbe": {"timeoutSeconds": 2}}
    assert proposed(readiness={"timeoutSeconds": 1, "periodSeconds": 1}) == {"readinessProbe": {"timeoutSeconds": 2, "periodSeconds": 2}}
    assert proposed(liveness={"failureThreshold": 2, "periodSeconds": 30}) == {"livenessProbe": {"failureThreshold": 3}}
    assert proposed(liveness={"failureThreshold": 9, "periodSeconds": 3, **COMMAND}) == {"livenessProbe": {"periodSeconds": 10}}
