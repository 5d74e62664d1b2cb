# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a real kubelet has watched before the window need not be watched again, and only as long as it is sure. Each probe needs 20 s."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Outcomes
from .verifier import rules


def looked_back(found: dict[str, Any], kind: str = "") -> list[int]:
    return [probe["looked_back"] for pod in found["pods"] for probe in pod["probes"] if kind in ("", probe["probe"])]


def test_what_was_well_for_long_is_proven_at_once(outcomes: Outcomes) -> None:
    found = outcomes["watched"].result()
    if not found:
        pytest.skip("on this busy machine the kubelet has missed a probe of each pod, and nothing is left to look back at")
    assert found["verdict"] == "proven", found
    assert looked_back(found) == [20, 20], found["pods"]
    assert found["window"]["seconds"] < 6
    assert all(probe["passed"] >= 2 and probe["tiers"] == [1, 2, 3] for pod in found["pods"] for probe in pod["probes"])


def test_without_the_counters_it_takes_the_whole_window(outcomes: Outcomes) -> None:
    found = outcomes["not watched"].result()
    assert found["verdict"] == "proven", found
    assert looked_back(found) == [0, 0]
    assert found["window"]["seconds"] >= 20


def test_after_a_failure_of_readiness_it_takes_the_whole_window(outcomes: Outcomes) -> None:
    found = outcomes["failed once"].result()
    assert found["verdict"] == "proven", found
    assert looked_back(found, "readiness") == [0]
    assert found["window"]["seconds"] >= 20


def test_a_failure_of_liveness_whose_moment_events_tell_is_looked_back_to(outcomes: Outcomes) -> None:
    found = outcomes["failed liveness"].result()
    assert found["verdict"] == "proven", found
    if looked_back(found, "liveness") == [0]:
        assert found["window"]["seconds"] >= 20
        pytest.skip("on this busy machine an event of the kubelet's was lost, so that the moment isn't known")
    assert looked_back(found, "liveness") == [20], found["pods"]
    # A busy machine may have missed a probe of readiness besides.
    assert found["window"]["seconds"] < 6 or looked_back(found, "readiness") == [0]


def test_what_is_ill_now_was_well_before_in_vain(outcomes: Outcomes) -> None:
    found = outcomes["fails now"].result()
    assert found["verdict"] == "not_proven", found
    assert looked_back(found) == [0, 0]
    assert found["window"]["seconds"] >= 20
    assert rules(found)["fails-now"] & {"PV201", "PV202", "PV205", "PV211"}
