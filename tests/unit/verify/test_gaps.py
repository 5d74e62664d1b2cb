# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a window can't show is never a pass, and what may be our own slowness accuses nobody."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._probes.model import READINESS
from ansible_collections.proven.webapp.plugins.module_utils._verify.answer import FAILURE, Answer
from ansible_collections.proven.webapp.plugins.module_utils._verify.result import summary
from ansible_collections.proven.webapp.plugins.module_utils._verify.window import Counted

from .windows import FAIL, PASS, seen, window

LATE = Answer(FAILURE, "no answer within 1 s", 1.2)
KEY = ("u1", "app", READINESS)


def counted(successful: int, failed: int = 0) -> dict[tuple[str, str, str], Counted]:
    return {KEY: Counted(successful, failed)}


def verdict(answers: tuple[Answer, ...], counters: dict[tuple[str, str, str], Counted] | None) -> str:
    before = None if counters is None else counted(0)
    return str(summary(window(seen(answers), counters=counters, counters_before=before))["verdict"])


def test_pods_that_all_went_prove_nothing() -> None:
    found = summary(window(seen(), pods=(), before=None))
    assert found["verdict"] == "not_shown"
    assert "no pod" in found["reasons"][0]


def test_pods_without_probes_prove_nothing() -> None:
    found = summary(replace(window(), probes=()))
    assert found["verdict"] == "not_shown"
    assert found["reasons"] == ["no pod declares a probe, so there is nothing to hold against it"]


@pytest.mark.parametrize(
    ("answers", "counters", "expected"),
    [
        # Ours came late, the kubelet's own all passed: neither cleared nor accused
        ((PASS,) * 16 + (LATE,) * 4, counted(4), "not_shown"),
        ((LATE,) * 20, counted(4), "not_shown"),
        # A moment's delay on our way is nothing
        ((PASS,) * 10 + (LATE,) + (PASS,) * 9, counted(4), "proven"),
        # The kubelet saw it too
        ((LATE,) * 20, counted(2, 2), "not_proven"),
        # An answer that says no is no delay
        ((FAIL,) * 20, counted(4), "not_proven"),
        # Without the kubelet's counters nobody clears it
        ((LATE,) * 20, None, "not_proven"),
    ],
)
def test_a_replay_that_is_merely_late(
    answers: tuple[Answer, ...], counters: dict[tuple[str, str, str], Counted] | None, expected: str
) -> None:
    assert verdict(answers, counters) == expected
