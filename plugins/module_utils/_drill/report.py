# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A module's result, of what was planned and of what was seen. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._drill.judge import find, lacking, live_finding
from ansible_collections.proven.webapp.plugins.module_utils._drill.model import (
    DELETED,
    ENDED,
    FAULT_OFF,
    FAULT_ON,
    NOT_READY,
    READY,
    RESTARTED,
    SIGTERM,
    Record,
)
from ansible_collections.proven.webapp.plugins.module_utils._drill.plan import Plan
from ansible_collections.proven.webapp.plugins.module_utils._drill.run import Live, Outcome
from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import ERROR, Finding, judge

TIER = "pod status, watched (evidence tier 2)"


def planned(plan: Plan) -> dict[str, Any]:
    """What check mode says."""
    return {
        "drills": [
            {
                "component": cast.subject.component,
                "scenario": task.scenario,
                "dependency": task.dependency.name if task.dependency else "",
                "on_loss": task.dependency.on_loss if task.dependency else "",
                "hosts": list(task.dependency.hosts) if task.dependency else [],
            }
            for cast in plan.casts
            for task in cast.tasks
        ],
        "not_shown": list(plan.not_shown),
        "notes": list(plan.notes),
    }


def result(plan: Plan, outcome: Outcome, fail_on: str = ERROR) -> dict[str, Any]:
    """Verdict, findings and timelines, as plain JSON."""
    findings: list[Finding] = [finding for record in outcome.records for finding in find(record)]
    for live in outcome.live:
        findings += live_finding(live.subject.kind, live.subject.name, live.subject.namespace, live.moves)
    not_shown = [*plan.not_shown, *(gap for record in outcome.records for gap in lacking(record))]
    verdict = judge(findings, not_shown, fail_on=fail_on)
    return {
        "verdict": verdict.verdict,
        "reasons": list(verdict.reasons),
        "findings": [finding.as_dict() for finding in findings],
        "drills": [drill(record, fail_on) for record in outcome.records],
        "not_shown": not_shown,
        "notes": list(plan.notes),
        "live": [_live(item) for item in outcome.live],
        "cleared": list(outcome.cleared),
        "run": outcome.run,
        "seconds": round(outcome.seconds, 1),
        "evidence": TIER,
    }


def drill(record: Record, fail_on: str = ERROR) -> dict[str, Any]:
    """One drill, for the result and for a report."""
    gaps = lacking(record)
    verdict = judge(find(record), gaps, fail_on=fail_on)
    times = record.times
    return {
        "component": record.component,
        "scenario": record.scenario,
        "dependency": record.dependency,
        "on_loss": record.on_loss if record.scenario != SIGTERM else "",
        "clone": record.clone,
        "verdict": verdict.verdict,
        "reasons": list(verdict.reasons),
        "timeline": [[round(moment.at, 2), moment.text] for moment in record.moments],
        "measured": _measured(record),
        "promised": {
            "unready_within": times.until_unready,
            "ready_within": times.until_ready,
            "killed_after": times.until_killed,
            "startup": times.startup,
            "grace": times.grace,
        },
        "requests": _requests(record.load.summary) if record.load else {},
        "marks": dict(record.load.marks) if record.load else {},
    }


def _measured(record: Record) -> dict[str, Any]:
    """Seconds between the moments that count; None where one of them wasn't seen."""

    def between(begin: str, end: str) -> float | None:
        first = record.at(begin)
        last = None if first is None else record.at(end, first)
        return None if first is None or last is None else round(last - first, 1)

    return {
        "unready_after": between(FAULT_ON, NOT_READY),
        "ready_again_after": between(FAULT_OFF, READY),
        "fault_lasted": between(FAULT_ON, FAULT_OFF),
        "restarts": len(record.seen(RESTARTED, 0.0)),
        "ended_after": between(DELETED, ENDED),
        "stall": round(record.stall, 2),
    }


def _requests(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Enough for a picture: the losses one by one can be many, and the first ones tell."""
    return {**summary, "failures": list(summary.get("failures", ()))[:50]}


def _live(live: Live) -> dict[str, Any]:
    return {
        "component": live.subject.component,
        "workload": f"{live.subject.kind}/{live.subject.name}",
        "pods": live.pods,
        "moves": [[moment.at, moment.what] for moment in live.moves],
    }
