# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Drills find what is bad, and nothing in what is good; nobody notices them; nothing of them stays."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.proven.webapp.molecule.support import Cluster
from ansible_collections.proven.webapp.plugins.module_utils._drill.rules import DRILL_RULES

from .cases import CASES, NAMESPACE, Case
from .conftest import Outcomes, left

GOOD = CASES[0]


def story(result: dict[str, Any]) -> str:
    """What to read when a test fails."""
    return json.dumps({key: result[key] for key in ("verdict", "reasons", "not_shown", "drills")}, indent=1)[:6000]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_application_is_judged_as_it_is(outcomes: Outcomes, case: Case) -> None:
    result = outcomes.cases[case.name].result()
    assert {finding["rule"] for finding in result["findings"]} - case.allowed == case.finds, story(result)
    assert result["verdict"] == case.expected, story(result)
    if case.expected == "not_shown":
        assert result["not_shown"]


def test_every_rule_of_a_clone_is_broken_by_somebody() -> None:
    seen = {rule for case in CASES for rule in case.finds}
    assert seen == {rule.id for rule in DRILL_RULES} - {"PV320", "PV330"}


def test_labels_of_other_charts_that_a_service_selects_by_are_dropped_and_told(outcomes: Outcomes) -> None:
    notes = outcomes.cases[GOOD.name].result()["notes"]
    assert any("lack the label app" in note and "Service/good" in note for note in notes), notes


@pytest.mark.parametrize("component", ["backend", "frontend"])
def test_the_shipped_application_passes(outcomes: Outcomes, component: str) -> None:
    result = outcomes.shipped[component].result()
    assert result["verdict"] == "proven", story(result)
    assert not result["not_shown"]
    for drill in result["drills"]:
        assert drill["measured"]["restarts"] == 0


def test_each_drill_of_the_backend_was_really_done(outcomes: Outcomes) -> None:
    drills = {drill["scenario"]: drill for drill in outcomes.shipped["backend"].result()["drills"]}
    assert set(drills) == {"refused", "blackholed", "slow", "cold_start", "sigterm"}
    for name in ("refused", "blackholed", "slow"):
        measured, promised = drills[name]["measured"], drills[name]["promised"]
        assert 0 < measured["unready_after"] <= promised["unready_within"] + 3
        assert measured["fault_lasted"] > 1.5 * promised["killed_after"]
        assert 0 < measured["ready_again_after"] <= promised["ready_within"] + 3
    requests = drills["sigterm"]["requests"]
    assert requests["connections"]["fresh"]["sent"] > 5
    assert requests["connections"]["kept"]["sent"] > 5
    assert drills["sigterm"]["measured"]["ended_after"] < 0.8 * drills["sigterm"]["promised"]["grace"]


def test_no_service_ever_leads_to_a_clone(outcomes: Outcomes) -> None:
    seen = [
        endpoint["targetRef"]["name"]
        for item in outcomes.witness.result().slices
        for endpoint in item.get("endpoints") or []
        if "targetRef" in endpoint
    ]
    assert len(seen) >= 4, "nobody watched"
    assert [name for name in seen if "drill" in name] == []


def test_live_pods_never_move(outcomes: Outcomes) -> None:
    for result in (job.result() for job in outcomes.shipped.values()):
        assert [item["moves"] for item in result["live"]] == [[]]
        assert all(item["pods"] == 2 for item in result["live"])
    seen: dict[str, set[tuple[int, str, str]]] = {}
    for pod in outcomes.witness.result().live:
        ready = next(item for item in pod["status"]["conditions"] if item["type"] == "Ready")
        restarts = sum(item["restartCount"] for item in pod["status"]["containerStatuses"])
        seen.setdefault(pod["metadata"]["name"], set()).add((restarts, ready["status"], ready["lastTransitionTime"]))
    assert len(seen) >= 4
    assert {name: len(states) for name, states in seen.items()} == dict.fromkeys(seen, 1)


def test_nothing_is_left(outcomes: Outcomes, cluster: Cluster) -> None:
    outcomes.wait()
    assert left(cluster, NAMESPACE) == []
    assert left(cluster, "todo") == []
