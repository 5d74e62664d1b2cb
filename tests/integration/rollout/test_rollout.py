# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the rollout says about real releases, and when it says it."""

from __future__ import annotations

from concurrent.futures import Future

import pytest

from .cases import Case, cases
from .conftest import Seen

ROUNDED = 1.0
"""The cluster's times are whole seconds, with the rest cut off."""
BUSY = 2.0
"""Threads that want to run, for each core. With more of them kubelet, controllers and we wait for each other, and seconds say little."""
CASES = cases("registry/image:1")


def slowness(seen: Seen) -> float:
    return max(1.0, seen.load / BUSY)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_verdict(case: Case, outcomes: dict[str, Future[Seen]]) -> None:
    seen = outcomes[case.name].result()
    message = seen.result.get("msg", "")
    if case.doomed:
        assert seen.result.get("doomed"), (message, seen.said)
        assert any(case.doomed in trouble["what"] for trouble in seen.result["troubles"]), message
        assert case.log in message
        assert seen.seconds <= (case.within + ROUNDED) * slowness(seen), (seen.seconds, seen.whole, seen.load, seen.said)
    else:
        assert not seen.result.get("failed"), message
        assert seen.said


def test_what_served_goes_on(outcomes: dict[str, Future[Seen]]) -> None:
    assert "What serves now goes on serving." in outcomes["replaced"].result().result["msg"]


def test_it_says_what_it_waits_for(outcomes: dict[str, Future[Seen]]) -> None:
    said = outcomes["slow-start"].result().said
    assert any("its startup probe" in line and "of 61 s used" in line for line in said), said
    assert said[-1].endswith(" web 1/1")


def test_tolerated_falls_are_told(outcomes: dict[str, Future[Seen]]) -> None:
    said = outcomes["falls-twice"].result().said
    assert any("of 2 tolerated" in line for line in said), said
