# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A live namespace, by what its API answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._audit.engine import audit
from ansible_collections.proven.webapp.plugins.module_utils._audit.live import CONTEXT, WORKLOADS, path_of, read_namespace
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

from .conftest import deployment, service, workload

KINDS = {
    "deployments": "Deployment",
    "statefulsets": "StatefulSet",
    "daemonsets": "DaemonSet",
    "replicasets": "ReplicaSet",
    "cronjobs": "CronJob",
    "jobs": "Job",
    "pods": "Pod",
    "services": "Service",
    "poddisruptionbudgets": "PodDisruptionBudget",
    "horizontalpodautoscalers": "HorizontalPodAutoscaler",
}
VERSIONS = {resource: version for version, resource, *_ in (*WORKLOADS, *CONTEXT)}


class Cluster:
    """Answers as an API server does: items without kind and apiVersion."""

    def __init__(self, refused: dict[str, tuple[int, str]] | None = None, **objects: list[dict[str, Any]]) -> None:
        self.objects = objects
        self.refused = refused or {}
        self.asked: list[tuple[str, dict[str, str] | None]] = []

    def get(self, path: str, query: dict[str, str] | None = None) -> tuple[int, bytes]:
        self.asked.append((path, query))
        resource = path.rpartition("/")[2]
        if resource in self.refused:
            status, message = self.refused[resource]
            return status, json.dumps({"message": message}).encode() if message else b"<html>"
        items = [
            {key: value for key, value in item.items() if key not in ("kind", "apiVersion")} for item in self.objects.get(resource, [])
        ]
        return 200, json.dumps({"kind": f"{KINDS[resource]}List", "apiVersion": VERSIONS[resource], "items": items}).encode()


def test_paths() -> None:
    assert path_of("apps/v1", "deployments", "todo") == "/apis/apps/v1/namespaces/todo/deployments"
    assert path_of("v1", "pods", "todo") == "/api/v1/namespaces/todo/pods"


def test_a_namespace() -> None:
    cluster = Cluster(deployments=[deployment(readiness=None)], services=[service()])
    documents, not_shown = read_namespace(cluster, "todo")
    assert not_shown == []
    assert [finding.rule.id for finding in audit(documents).findings] == ["PV113"]
    assert {path.rpartition("/")[2] for path, _query in cluster.asked} == set(KINDS)


def test_selectors_are_for_workloads_alone() -> None:
    cluster = Cluster(deployments=[deployment()])
    read_namespace(cluster, "todo", ["a=b", "c!=d"])
    for path, query in cluster.asked:
        workloads = path.rpartition("/")[2] in {resource for _version, resource in WORKLOADS}
        assert query == ({"labelSelector": "a=b,c!=d"} if workloads else None)


def test_pods_of_a_deployment_are_not_told_twice() -> None:
    def owned(manifest: dict[str, Any], name: str, kind: str, owner: str) -> dict[str, Any]:
        return {**manifest, "metadata": {"name": name, "ownerReferences": [{"kind": kind, "name": owner, "controller": True}]}}

    replicas = owned(workload("ReplicaSet"), "shop-1", "Deployment", "shop")
    pod = owned(workload("Pod"), "shop-1-x", "ReplicaSet", "shop-1")
    report = audit(read_namespace(Cluster(deployments=[deployment()], replicasets=[replicas], pods=[pod]), "todo")[0])
    assert (report.workloads, report.owned) == (1, 2)


@pytest.mark.parametrize("resource", [resource for _version, resource, _told in CONTEXT] + ["jobs"])
def test_what_is_forbidden_is_named(resource: str) -> None:
    cluster = Cluster({resource: (403, f"{resource} is forbidden.")}, deployments=[deployment()])
    documents, not_shown = read_namespace(cluster, "todo")
    assert len(not_shown) == 1
    assert f"{resource} of namespace todo can't be read: status 403, {resource} is forbidden" in not_shown[0]
    assert audit(documents, [], not_shown).verdict("error").verdict == "not_shown"


def test_nothing_there_is_an_error() -> None:
    with pytest.raises(ProvenError, match="There is no workload with a=b"):
        read_namespace(Cluster(), "todo", ["a=b"])
    with pytest.raises(ProvenError, match=r"There is no workload\."):
        read_namespace(Cluster(services=[service()]), "todo")


def test_nothing_to_be_seen_is_an_error_with_the_reason() -> None:
    refused = {resource: (403, "no") for _version, resource in WORKLOADS}
    with pytest.raises(ProvenError, match="No workload can be seen: deployments of namespace todo can't be read: status 403, no"):
        read_namespace(Cluster(refused), "todo")


@pytest.mark.parametrize(
    ("status", "message", "told"), [(401, "", "credentials"), (400, "unable to parse", "refuses the selectors: unable")]
)
def test_what_no_other_request_would_cure(status: int, message: str, told: str) -> None:
    with pytest.raises(ProvenError, match=told):
        read_namespace(Cluster({"deployments": (status, message)}), "todo")


def test_an_answer_without_a_reason() -> None:
    cluster = Cluster({"services": (502, "")}, deployments=[deployment()])
    assert read_namespace(cluster, "todo")[1][0].endswith("status 502, no reason given")


def test_an_answer_that_is_no_json() -> None:
    class Proxy(Cluster):
        def get(self, path: str, query: dict[str, str] | None = None) -> tuple[int, bytes]:
            return 200, b"<html>log in</html>"

    with pytest.raises(ProvenError, match="no JSON"):
        read_namespace(Proxy(), "todo")
