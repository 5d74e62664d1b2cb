# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module's verdict on pods whose probes have consequences, and on what happens in the middle of its window."""

from __future__ import annotations

import pytest

from .agreement import Row
from .lab import Lab
from .module import Verified
from .runs import ILL, Runs

Found = dict[str, Verified]

# For each pod that isn't well: rules of which one has to be found, and those that may be found besides.
RULES = {
    "startup-fails": ({"PV204", "PV207", "PV211"}, {"PV204", "PV207", "PV211"}),
    "held-back": ({"PV211"}, {"PV211"}),
    "memory-death": ({"PV204", "PV207", "PV211"}, {"PV204", "PV205", "PV207", "PV211", "PV217"}),
    "delayed": ({"PV211"}, {"PV211"}),
    "published": ({"PV211"}, {"PV205", "PV211"}),
}


@pytest.fixture(scope="module")
def found(lab: Lab, rows: list[Row]) -> Found:
    return Runs(lab).all()


def test_pods_that_are_ill_prove_nothing(found: Found) -> None:
    assert found["ill"].verdict == "not_proven"


@pytest.mark.parametrize("name", ILL)
def test_the_rules_found(found: Found, name: str) -> None:
    one_of, at_most = RULES[name]
    rules = set(found["ill"].rules()[name])
    assert rules & one_of
    assert rules <= at_most


def test_a_death_for_want_of_memory_is_named(found: Found) -> None:
    (pod,) = [one for one in found["ill"].data["pods"] if one["name"] == "memory-death"]
    assert "OOMKilled" in pod["containers"][0]["last_exit"]


def test_a_slow_start_is_told_and_no_reason_to_refuse(found: Found) -> None:
    slow = found["slow start"]
    assert slow.verdict == "proven", slow.data["reasons"]
    assert set(slow.rules()["slow-start"]) == {"PV216"}


def test_a_restart_behind_a_steady_ready_is_found(found: Found) -> None:
    restarted = found["restarted"]
    (pod,) = restarted.data["pods"]
    assert pod["ready"], "Ready tells nothing"
    assert restarted.verdict == "not_proven"
    assert "PV204" in restarted.rules()["restarts-behind-ready"]


def test_alike_siblings_are_proven(found: Found) -> None:
    assert (found["alike"].verdict, found["alike"].rules()) == ("proven", {})


def test_a_readiness_that_flaps_is_found(found: Found) -> None:
    ((_, rules),) = found["flapping"].rules().items()
    assert set(rules) & {"PV203", "PV205", "PV217"}


def test_siblings_that_differ_are_told(found: Found) -> None:
    ((_, rules),) = found["differing"].rules().items()
    assert set(rules) == {"PV214"}
    assert found["differing"].verdict == "proven"


def test_liveness_tied_to_a_database_is_found_when_it_goes(found: Found) -> None:
    assert found["database"].verdict == "not_proven"
    assert found["database"].rules()["tied-to-database"]["PV205"] >= {"liveness", "readiness"}


def test_a_service_without_a_ready_endpoint_is_found(found: Found) -> None:
    assert "PV210" in found["empty service"].rules()["empty"]


def test_a_window_too_short_shows_nothing(found: Found) -> None:
    assert found["too short"].verdict == "not_shown"
    assert "too short" in found["too short"].text()


def test_commands_that_may_not_be_run_rest_on_the_kubelet_alone(found: Found) -> None:
    run = found["no commands"]
    assert all(probe["not_shown"] and not probe["passed"] for pod in run.data["pods"] for probe in pod["probes"])
    assert run.verdict in ("proven", "not_shown")


def test_no_value_of_the_environment_shows(found: Found) -> None:
    assert "shibboleth" not in found["environment"].text()
    assert "Bearer x" not in found["headers"].text()
