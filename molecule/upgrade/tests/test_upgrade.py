# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Under another release of the collection, an application that hasn't changed goes on as if nothing had happened."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.proven.webapp.molecule.support import Cluster
from ansible_collections.proven.webapp.molecule.upgrade.before import FOLDER, LIVE, NAMESPACE, SKIPPED

pytestmark = pytest.mark.skipif(SKIPPED.exists(), reason=SKIPPED.read_text() if SKIPPED.exists() else "")


@pytest.fixture(scope="module")
def pod(cluster: Cluster) -> dict[str, Any]:
    (only,) = cluster.get("pods", *LIVE)
    return dict(only["metadata"])


def test_its_pod_is_the_same(pod: dict[str, Any]) -> None:
    assert pod["uid"] == json.loads((FOLDER / "before.json").read_text())


def test_it_has_its_data(cluster: Cluster, pod: dict[str, Any]) -> None:
    assert cluster.kubectl("exec", "-n", NAMESPACE, pod["name"], "--", "cat", "/data/kept") == "live data"


def test_its_last_revision_is_proven(cluster: Cluster) -> None:
    last = json.loads(cluster.helm("status", "shop", "--namespace", NAMESPACE, "--output", "json"))["version"]
    verdicts = cluster.get("configmap", "proven-shop", "-n", NAMESPACE)["data"]
    assert json.loads(verdicts[str(last)])["verdict"] == "proven"
