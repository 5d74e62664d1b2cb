# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""After a release that somebody doesn't want: what was there before is served again, and what happened can be read."""

from __future__ import annotations

import json

from ansible_collections.proven.webapp.molecule.support import Cluster

NAMESPACE = "molecule-rollback"


def test_the_first_release_is_served_again(cluster: Cluster) -> None:
    assert cluster.kubectl("get", "--raw", f"/api/v1/namespaces/{NAMESPACE}/services/shop-web:http/proxy/") == "Open"


def test_the_way_there_and_back_can_be_read_and_each_was_proven(cluster: Cluster) -> None:
    history = json.loads(cluster.helm("history", "shop", "--namespace", NAMESPACE, "--output", "json"))
    assert [each["status"] for each in history] == ["superseded", "superseded", "deployed"]
    assert "ollback" in history[-1]["description"]
    verdicts = cluster.get("configmap", "proven-shop", "-n", NAMESPACE)["data"]
    assert [json.loads(verdicts[str(revision)])["verdict"] for revision in (1, 2, 3)] == ["proven"] * 3
