# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whatever the kubelet makes of a probe, so do we."""

from __future__ import annotations

import pytest

from .agreement import Row
from .cases import CASES, NOT_SHOWN

NAMES = [case.name for case in CASES]


def of(rows: list[Row], name: str) -> list[Row]:
    found = [row for row in rows if row.question.case.name == name]
    assert {row.question.kind for row in found} == {"startup", "liveness", "readiness"}
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_kubelet_does_what_the_case_says(rows: list[Row], name: str) -> None:
    """Otherwise the case would not try what it is there for."""
    assert [(row.question, row.kubelet) for row in of(rows, name) if row.kubelet != row.question.expected] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_replay_says_what_the_kubelet_counts(rows: list[Row], name: str) -> None:
    wrong = [row for row in of(rows, name) if not row.agrees]
    assert [(row.question.behaviour, row.question.kind, row.kubelet, row.ours) for row in wrong] == []


@pytest.mark.parametrize("name", [case.name for case in CASES if case.not_shown])
def test_what_cannot_be_asked_again_is_told(rows: list[Row], name: str) -> None:
    """A guess that happens to be right would be none the better."""
    assert [row.ours for row in of(rows, name) if row.ours.result != NOT_SHOWN or not row.ours.reason] == []


def test_there_are_no_false_passes_and_no_false_alarms(rows: list[Row]) -> None:
    assert len({row.question.case.name for row in rows}) >= 60
    assert [row for row in rows if row.false_pass or row.false_alarm] == []
