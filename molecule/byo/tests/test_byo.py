# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""examples/queue: an application that nobody here wrote, described by its inventory alone. It does its work, and as safely as ours."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.proven.webapp.molecule.support import Cluster

NAMESPACE = "molecule-byo"


@pytest.fixture(scope="module")
def pods(cluster: Cluster) -> dict[str, list[dict[str, Any]]]:
    """By component."""
    found: dict[str, list[dict[str, Any]]] = {}
    for pod in cluster.get("pods", "-n", NAMESPACE, "-l", "proven.webapp/track=live"):
        found.setdefault(pod["metadata"]["labels"]["app.kubernetes.io/component"], []).append(pod)
    return found


def test_every_component_is_there(pods: dict[str, list[dict[str, Any]]]) -> None:
    assert {name: len(found) for name, found in pods.items()} == {"redis": 1, "dashboard": 2, "worker": 2}


def test_what_is_put_into_the_queue_gets_done(cluster: Cluster, pods: dict[str, list[dict[str, Any]]]) -> None:
    enqueue = "from rq import Queue; from redis import Redis; q = Queue(connection=Redis('queue-redis')); j = q.enqueue('platform.machine')"
    wait = "import time; [time.sleep(0.2) for _ in range(150) if not j.is_finished]; print(j.get_status())"
    worker = pods["worker"][0]["metadata"]["name"]
    assert "FINISHED" in cluster.kubectl("exec", "-n", NAMESPACE, worker, "--", "python3", "-c", f"{enqueue}; {wait}").upper()


def test_its_pods_are_restricted(cluster: Cluster, pods: dict[str, list[dict[str, Any]]]) -> None:
    labels = cluster.get("namespace", NAMESPACE)["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    for pod in (pod for found in pods.values() for pod in found):
        (container,) = pod["spec"]["containers"]
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert pod["spec"]["automountServiceAccountToken"] is False
