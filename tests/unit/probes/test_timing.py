# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Worst cases, held against a kubelet in miniature."""

from __future__ import annotations

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._probes.model import Probe
from ansible_collections.proven.webapp.plugins.module_utils._probes.timing import (
    shortest_window,
    startup_budget,
    until_failed,
    until_passed,
)
from hypothesis import given
from hypothesis import strategies as st

NUMBERS = st.integers(min_value=1, max_value=60)


def probe(period: int, timeout: int, failures: int = 3, successes: int = 1, delay: int = 0) -> Probe:
    return Probe("readiness", (), delay, timeout, period, successes, failures)


@pytest.mark.parametrize(
    ("period", "timeout", "threshold", "seconds"),
    [
        (10, 1, 3, 31),
        (10, 1, 1, 11),
        (5, 3, 3, 18),
        # A try that outlasts the period holds back the next one.
        (2, 5, 3, 17),
        (5, 5, 2, 15),
    ],
)
def test_worst_cases(period: int, timeout: int, threshold: int, seconds: int) -> None:
    assert until_failed(probe(period, timeout, failures=threshold)) == seconds
    assert until_passed(probe(period, timeout, successes=threshold)) == seconds


def decided(period: int, timeout: int, threshold: int) -> int:
    """Seconds from just after a good try until the last of as many tries in a row has timed out.

    As the kubelet's worker: a ticker of the period that drops ticks while a try runs, and takes one that has waited (worker.go, run).
    """
    now = period
    for _ in range(threshold - 1):
        now += max(period, timeout)
    return now + timeout


@given(NUMBERS, NUMBERS, st.integers(min_value=1, max_value=20))
def test_worst_case_is_what_a_worker_does(period: int, timeout: int, threshold: int) -> None:
    assert until_failed(probe(period, timeout, failures=threshold)) == decided(period, timeout, threshold)
    assert until_passed(probe(period, timeout, successes=threshold)) == decided(period, timeout, threshold)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_more_of_anything_is_never_sooner(period: int, timeout: int, threshold: int) -> None:
    base = until_failed(probe(period, timeout, failures=threshold))
    assert until_failed(probe(period + 1, timeout, failures=threshold)) > base
    assert until_failed(probe(period, timeout + 1, failures=threshold)) > base
    assert until_failed(probe(period, timeout, failures=threshold + 1)) > base
    # Whatever happens, it takes longer than the window in which it would be seen at all begins.
    assert base > (threshold - 1) * period


def test_budget_and_window() -> None:
    assert startup_budget(probe(2, 1, failures=30)) == 60
    assert startup_budget(probe(2, 1, failures=30, delay=5)) == 65
    assert shortest_window(probe(10, 1, failures=3, delay=5)) == 30
