# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A cluster of two nodes, beside the one that all scenarios share: work is spread, and neither cluster knows of the other."""

from __future__ import annotations

import urllib.request

import pytest
from ansible_collections.proven.webapp.molecule.support import Cluster, until

CONTROL_PLANE = "node-role.kubernetes.io/control-plane"


@pytest.fixture(scope="module")
def own() -> Cluster:
    return Cluster.load("cluster-kind")


def test_both_nodes_are_ready_and_one_is_for_work_alone(own: Cluster) -> None:
    nodes = own.get("nodes")
    assert [each["status"] for node in nodes for each in node["status"]["conditions"] if each["type"] == "Ready"] == ["True"] * 2
    assert sorted(CONTROL_PLANE in node["metadata"]["labels"] for node in nodes) == [False, True]


def test_pods_are_reached_across_nodes(own: Cluster) -> None:
    """What measures is on one node, and asks both; it is asked by the API server, on the other."""

    def measured() -> bool:
        lines = own.kubectl("top", "nodes", "--no-headers", ok=False).splitlines()
        return sum(line.startswith("proven-test-kind-") and "<unknown>" not in line for line in lines) == 2

    until(measured, 120)
    (pod,) = own.get("pods", "-n", "kube-system", "-l", "k8s-app=metrics-server")
    assert pod["spec"]["nodeName"] == "proven-test-kind-worker"


def test_it_has_a_registry_of_its_own(own: Cluster, cluster: Cluster) -> None:
    assert own.registry["push"] != cluster.registry["push"]
    with urllib.request.urlopen(f"http://{own.registry['push']}/v2/", timeout=5) as answer:
        assert answer.status == 200


def test_the_shared_cluster_is_untouched(own: Cluster, cluster: Cluster) -> None:
    names = {node["metadata"]["name"] for node in own.get("nodes")}
    assert not names & {node["metadata"]["name"] for node in cluster.get("nodes")}
