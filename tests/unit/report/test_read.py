# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the modules returned, as a report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.plugin_utils.report.read import read, verdict_of


def result(verdict: str, *reasons: str, **more: Any) -> dict[str, Any]:
    return {"verdict": verdict, "reasons": list(reasons), "findings": [], **more}


def finding(severity: str, **more: Any) -> dict[str, Any]:
    plain = {"rule": "PV1", "severity": severity, "what": "w", "why": "y", "fix": "f", "corrected": "", "link": "l"}
    return {**plain, "kind": "Deployment", "name": "todo", "container": "app", "probe": "liveness", **more}


def drill(timeline: Sequence[tuple[float, str]], scenario: str = "refused", dependency: str = "database") -> dict[str, Any]:
    return {"component": "backend", "scenario": scenario, "dependency": dependency, "verdict": "proven", "timeline": timeline}


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (("proven", "proven"), "proven"),
        (("proven", "not_shown"), "not_shown"),
        (("not_shown", "not_proven"), "not_proven"),
        # Nothing was looked at
        ((), "not_shown"),
    ],
)
def test_the_verdict_is_the_worst(verdicts: tuple[str, ...], expected: str) -> None:
    results = {name: result(verdict, f"because of {name}") for name, verdict in zip(("audit", "verify"), verdicts, strict=False)}
    assert verdict_of(results).verdict == expected


def test_findings_come_worst_first_from_all_checks() -> None:
    results = {
        "audit": result("proven", ignored=[finding("info", reason="a laptop has one")])
        | {"findings": [finding("info"), finding("warning")]},
        "verify": result("not_proven", "x") | {"findings": [finding("error", container="", probe="")]},
    }
    report = read("todo", [], results)
    assert [item.severity for item in report.findings] == ["error", "warning", "info"]
    assert report.findings[0].place == "Deployment/todo"
    assert report.findings[1].place == "Deployment/todo, container app, liveness"
    assert report.ignored[0].reason == "a laptop has one"


def test_what_was_not_shown_is_said_once() -> None:
    lost = [{"right": "list events", "without": "failures aren't known"}]
    results = {"verify": result("not_shown", "too short", lost=lost), "drill": result("proven", drills=[], not_shown=["too short"])}
    assert read("todo", [], results).not_shown == ["too short", "failures aren't known (for want of the right: list events)"]


def test_a_start_is_shown_by_what_is_known_of_it() -> None:
    def probe(**startup: Any) -> dict[str, Any]:
        return {"probe": "startup", "samples": [], "startup": {"budget": 60, "used": None, "used_at_most": None, **startup}}

    pods = [{"name": "p", "probes": [probe(used=0, used_at_most=9), probe(used_at_most=9), probe()]}]
    report = read("todo", [], {"verify": result("proven", pods=pods)})
    assert [(bar.used, bar.budget) for bar in report.bars] == [(0, 60), (9, 60)]
    assert report.rows == []


def test_a_drill_s_timeline_becomes_states() -> None:
    timeline = [
        (0, "created"),
        (5, "ready"),
        (6, "fault on: database refused"),
        (20, "not ready"),
        (40, "fault off"),
        (44, "ready"),
        (45, "restarted: app"),
    ]
    (shown,) = read("todo", [], {"drill": result("proven", drills=[drill(timeline)])}).drills
    assert shown.title == "backend: database refuses – proven"
    assert shown.fault == (6, 40)
    assert shown.ready == [(0, False), (5, True), (20, False), (44, True)]
    assert shown.liveness == [(0, True), (45, False)]


def test_a_cold_start_is_in_trouble_from_its_beginning() -> None:
    (shown,) = read(
        "todo", [], {"drill": result("proven", drills=[drill([(0, "created"), (30, "fault off"), (33, "ready")], "cold_start")])}
    ).drills
    assert shown.fault == (0, 30)


def test_a_drill_without_a_fault_has_none() -> None:
    (shown,) = read("todo", [], {"drill": result("proven", drills=[drill([(0, "created"), (9, "deleted")], "sigterm", "")])}).drills
    assert shown.fault is None
    assert "told to end" in shown.title


def test_requests_are_shown_second_by_second() -> None:
    traffic = result("not_proven", "2 lost", traffic={"per_second": [[20, 0], [18, 2]]})
    stream = read("todo", [], {"traffic": traffic}).stream
    assert stream is not None
    assert list(stream.buckets) == [(0, 20, 0), (1, 18, 2)]
