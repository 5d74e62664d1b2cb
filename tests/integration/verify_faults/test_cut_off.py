# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A credential that ends, and an API server that goes away, in the middle of the window."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Outcomes
from .objects import NAMESPACE


def answered(found: dict[str, Any]) -> int:
    return sum(probe["passed"] for pod in found["pods"] for probe in pod["probes"])


def errors(found: dict[str, Any]) -> list[Any]:
    """Without the warnings that a busy machine has earned."""
    return [finding for finding in found["findings"] if finding["severity"] == "error"]


def test_a_user_who_is_deleted_is_named_and_what_was_seen_is_not_lost(outcomes: Outcomes) -> None:
    found = outcomes["deleted user"].result()
    assert found["verdict"] == "not_shown", found
    assert "the observation ended after" in found["reasons"][0]
    assert f"the credential of system:serviceaccount:{NAMESPACE}:leaver" in found["reasons"][0]
    assert answered(found) >= 4
    assert found["took"] < 40, "the window was to last 60 s"


def test_a_short_cut_is_survived(outcomes: Outcomes) -> None:
    found = outcomes["short cut"].result()
    assert found["verdict"] == "proven", found
    assert not errors(found)


@pytest.mark.parametrize("name", ["long cut", "swallowed"])
def test_an_api_server_that_stays_away_proves_nothing(outcomes: Outcomes, name: str) -> None:
    found = outcomes[name].result()
    assert found["verdict"] == "not_shown", found
    assert "The cluster doesn't answer" in found["reasons"][0]
    assert not errors(found)
    assert answered(found) >= 2
    assert found["took"] < 60


def test_an_api_server_that_is_not_there_is_an_error(outcomes: Outcomes) -> None:
    found = outcomes["nothing there"].result()
    assert found["failed"]
    assert "doesn't answer" in found["msg"]
    assert "verdict" not in found
