# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A cluster of two nodes, beside the one that all scenarios share: work is spread, and neither cluster knows of the other."""

from __future__ import annotations

import urllib.request

import pytest
from ansible_collections.proven.webapp.molecule.support import Cluster

CONTROL_PLANE = "node-role.kubernetes.io/control-plane"


@pytest.fixture(scope="module")
def own() -> Cluster:
    return Cluster.load("cluster-kind")


def test_both_nodes_are_ready_and_one_is_for_work_alone(own: Cluster) -> None:
    nodes = own.get("nodes")
    for node in nodes:
        assert {"type": "Ready", "status": "True"}.items() <= next(
            each for each in node["status"]["conditions"] if each["type"] == "Ready"
        ).items()
    assert sorted(CONTROL_PLANE in node["metadata"]["labels"] for node in nodes) == [False, True]


def test_pods_of_either_node_reach_each_other(own: Cluster) -> None:
    """The one that asks is on a node, and the one that it asks on the other."""
    own.kubectl("wait", "--for=condition=Ready", "pods", "--all", "-n", "kube-system", "--timeout=90s")
    (worker,) = (node["metadata"]["name"] for node in own.get("nodes") if CONTROL_PLANE not in node["metadata"]["labels"])
    # CoreDNS is on the control plane.
    said = own.docker("exec", worker, "curl", "--silent", "--max-time", "10", f"http://{dns(own)}:8181/ready")
    assert said == "OK"


def dns(own: Cluster) -> str:
    pods = own.get("pods", "-n", "kube-system", "-l", "k8s-app=kube-dns")
    return str(pods[0]["status"]["podIP"])


def test_it_has_a_registry_of_its_own(own: Cluster, cluster: Cluster) -> None:
    assert own.registry["push"] != cluster.registry["push"]
    with urllib.request.urlopen(f"http://{own.registry['push']}/v2/", timeout=5) as answer:
        assert answer.status == 200


def test_the_shared_cluster_is_untouched(own: Cluster, cluster: Cluster) -> None:
    names = {node["metadata"]["name"] for node in own.get("nodes")}
    assert not names & {node["metadata"]["name"] for node in cluster.get("nodes")}
