# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rights that the role ships are enough, and each that is missing is named, with what it takes away."""

from __future__ import annotations

import pytest

from .conftest import Outcomes
from .objects import EVERYTHING, Right, shipped_rights

NEEDED = {
    "get pods/proxy",
    "list services",
    "list endpointslices",
    "list events",
    "list replicasets",
}
EITHER = {"pods/portforward", "pods/exec"}
"""Opened by `get` or by `create`, whichever the API server's version asks for."""


def test_the_rights_that_the_role_ships_are_enough(outcomes: Outcomes) -> None:
    found = outcomes[EVERYTHING].result()
    assert found["verdict"] == "proven", found
    assert (found["tiers"], found["lost"]) == ([1, 2, 3], [])
    assert all(probe["passed"] >= 2 for pod in found["pods"] for probe in pod["probes"])


@pytest.mark.parametrize("right", [right for right in shipped_rights() if str(right) in NEEDED], ids=str)
def test_a_right_that_is_missing_is_named_and_nothing_is_proven(outcomes: Outcomes, right: Right) -> None:
    found = outcomes[right.lacking].result()
    assert found["verdict"] == "not_shown", found
    assert [item["right"] for item in found["lost"]] == [str(right)]
    assert [line for line in found["reasons"] if line.endswith(f"(the user may not {right})")] == found["reasons"]


@pytest.mark.parametrize("resource", sorted(EITHER))
def test_a_stream_that_may_not_be_opened_is_named(outcomes: Outcomes, resource: str) -> None:
    rights = [right for right in shipped_rights() if right.resource == resource]
    assert {right.verb for right in rights} == {"get", "create"}
    refused = [right for right in rights if outcomes[right.lacking].result()["lost"]]
    assert refused
    for right in refused:
        found = outcomes[right.lacking].result()
        assert found["verdict"] == "not_shown"
        assert [item["right"] for item in found["lost"]] == [str(right)]


def test_without_pods_there_is_nothing_to_look_at(outcomes: Outcomes) -> None:
    found = outcomes["without-list-pods"].result()
    assert found["failed"]
    assert "may not list pods" in found["msg"]
    assert "files/rbac.yml" in found["msg"]


def test_without_the_kubelets_counters_the_tier_is_lower(outcomes: Outcomes) -> None:
    found = outcomes["without-get-nodes-proxy"].result()
    assert found["verdict"] == "proven", found
    assert (found["tiers"], found["window"]["looked_back"]) == ([2, 3], 0)
    assert found["window"]["seconds"] >= found["window"]["needed"] == 4
    assert any("(the user may not get nodes/proxy): tier 1 is lost" in note for note in found["notes"])


def test_without_a_look_at_cron_jobs_it_is_said(outcomes: Outcomes) -> None:
    found = outcomes["without-list-cronjobs"].result()
    assert found["verdict"] == "proven", found
    assert "how the last runs of CronJobs ended isn't known: the user may not list cronjobs and jobs" in found["notes"]


# Jobs are asked for where there is a CronJob.
@pytest.mark.parametrize("user", ["without-get-nodes", "without-get-pods", "without-list-jobs"])
def test_what_is_merely_better_to_have(outcomes: Outcomes, user: str) -> None:
    found = outcomes[user].result()
    assert found["verdict"] == "proven", found


def test_every_right_is_looked_at() -> None:
    known = NEEDED | {"list pods", "get pods", "get nodes", "get nodes/proxy", "list cronjobs", "list jobs"}
    assert {str(right) for right in shipped_rights() if right.resource not in EITHER} == known
