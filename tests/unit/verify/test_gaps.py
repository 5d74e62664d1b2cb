# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a window can't show is never a pass, and what may be our own slowness accuses nobody."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._probes.model import READINESS
from ansible_collections.proven.webapp.plugins.module_utils._verify.answer import FAILURE, UNANSWERED, Answer
from ansible_collections.proven.webapp.plugins.module_utils._verify.compare import late_here
from ansible_collections.proven.webapp.plugins.module_utils._verify.gaps import gaps
from ansible_collections.proven.webapp.plugins.module_utils._verify.result import summary
from ansible_collections.proven.webapp.plugins.module_utils._verify.window import Counted

from .windows import FAIL, PASS, UNASKED, seen, window

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
    assert found["window"] == {"seconds": 38.0, "needed": 0, "looked_back": 0}


def test_replays_that_the_api_server_never_answered() -> None:
    line = "the API server answered none of the replays at web-1: look again"
    assert gaps(window(seen((UNANSWERED,) * 20))) == (line,)
    assert gaps(window(seen((*(PASS,) * 19, UNANSWERED)))) == ()
    assert gaps(window(seen((UNASKED,) * 20))) == ()


def test_a_window_that_was_cut_off() -> None:
    found = summary(window(cut_off="the cluster is gone", seconds=12.0))
    assert found["verdict"] == "not_shown"
    assert found["reasons"][0] == "the observation ended after 12 s: the cluster is gone"


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


@pytest.mark.parametrize(
    ("answer", "counters", "expected"),
    [
        (LATE, counted(1), True),
        (LATE, counted(0), False),
        (LATE, counted(1, 1), False),
        (LATE, None, False),
        (replace(LATE, seconds=1.0), counted(1), True),
        (replace(LATE, seconds=0.99), counted(1), False),
        (replace(LATE, status=503), counted(1), False),
    ],
)
def test_whether_it_was_late_here_alone(answer: Answer, counters: dict[tuple[str, str, str], Counted] | None, expected: bool) -> None:
    probe = seen((answer, answer))
    found = window(probe, counters=counters, counters_before=None if counters is None else counted(0))
    assert late_here(found, probe, probe.samples) is expected
