# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report says what the backend does without its database, and whoever uses the application has noticed nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.proven.webapp.molecule.support import ROOT, Cluster
from ansible_collections.proven.webapp.tests.integration.drill.conftest import left

REPORT = ROOT / "artifacts/todo"


@pytest.fixture(scope="module")
def drill() -> dict[str, Any]:
    (only,) = json.loads((REPORT / "report.json").read_text())["drill"]["drills"]
    return dict(only)


def test_the_backend_is_unready_while_its_database_is_away_and_comes_back_by_itself(drill: dict[str, Any]) -> None:
    assert (drill["component"], drill["dependency"], drill["scenario"], drill["verdict"]) == ("backend", "database", "refused", "proven")
    measured, promised = drill["measured"], drill["promised"]
    assert 0 < measured["unready_after"] <= promised["unready_within"]
    assert measured["ready_again_after"] <= promised["ready_within"]
    assert measured["restarts"] == 0


def test_it_is_in_the_report_that_people_read() -> None:
    assert "backend: database refuses – proven" in (REPORT / "report.html").read_text()


def test_live_pods_were_left_alone_and_nothing_of_the_drill_is_left(cluster: Cluster) -> None:
    assert left(cluster, "todo") == []
    pods = cluster.get("pods", "-n", "todo", "-l", "app.kubernetes.io/component=backend,proven.webapp/track=live")
    assert [status["restartCount"] for pod in pods for status in pod["status"]["containerStatuses"]] == [0] * len(pods)
    assert pods
