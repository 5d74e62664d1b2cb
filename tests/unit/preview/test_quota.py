"""What a rollout takes of a ResourceQuota at its peak."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._preview import demand, quota
from ansible_collections.proven.webapp.plugins.module_utils._preview.manifests import Manifest

MI = 2**20


def resources(requests: dict[str, str] | None = None, limits: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    sides = {"requests": requests, "limits": limits}
    return {"name": "a", "resources": {name: side for name, side in sides.items() if side}, **more}


@pytest.mark.parametrize(
    ("spec", "name", "expected"),
    [
        ({"containers": [resources({"cpu": "50m"}), resources({"cpu": "1"})]}, "requests.cpu", Fraction("1.05")),
        ({"containers": [resources({"cpu": "50m"})]}, "cpu", Fraction("0.05")),
        ({"containers": [resources({"memory": "128Mi"})]}, "requests.memory", 128 * MI),
        ({"containers": [resources(limits={"memory": "512Mi"})]}, "limits.memory", 512 * MI),
        # a limit is the request of those that say none
        ({"containers": [resources(limits={"memory": "512Mi"})]}, "requests.memory", 512 * MI),
        # init containers run before, one at a time
        ({"containers": [resources({"cpu": "1"})], "initContainers": [resources({"cpu": "3"}), resources({"cpu": "2"})]}, "cpu", 3),
        # a sidecar stays
        ({"containers": [resources({"cpu": "1"})], "initContainers": [resources({"cpu": "1"}, restartPolicy="Always")]}, "cpu", 2),
        (
            {
                "containers": [resources({"cpu": "1"})],
                "initContainers": [resources({"cpu": "1"}, restartPolicy="Always"), resources({"cpu": "4"})],
            },
            "cpu",
            5,
        ),
        ({"containers": [resources({"cpu": "1"})], "overhead": {"cpu": "250m"}}, "cpu", Fraction("1.25")),
        ({"containers": [resources({"cpu": "1"})], "resources": {"requests": {"cpu": "5"}}}, "cpu", 5),
        ({"containers": [resources({"nvidia.com/gpu": "2"})]}, "requests.nvidia.com/gpu", 2),
        ({"containers": [resources()]}, "pods", 1),
    ],
)
def test_what_a_pod_takes(spec: dict[str, Any], name: str, expected: Any) -> None:
    assert demand.pod(spec)[name] == expected


@pytest.mark.parametrize(
    ("now", "wanted", "above", "replaced", "old", "new", "expected"),
    [
        (2, 2, 1, False, 100, 100, 0),  # nothing changes
        (2, 3, 1, False, 100, 100, 100),  # one more
        (0, 2, 1, False, 0, 100, 200),  # the first installation
        (3, 1, 1, False, 100, 100, 0),  # fewer
        (2, 2, 1, True, 100, 100, 100),  # one beside the old ones
        (4, 4, 2, True, 100, 100, 200),
        (2, 2, 1, True, 100, 200, 300),  # at the end: two new ones of 200 beside the last old one
        (2, 2, 1, True, 200, 100, 100),  # at the beginning: one new one beside two old ones
        (5, 2, 1, True, 100, 100, 0),  # the old ones make room
        (2, 2, None, True, 100, 100, 0),  # all old ones go first
        (2, 2, None, True, 100, 150, 100),
        (2, 2, 0, True, 100, 100, 0),  # one by one, as a StatefulSet does
        (2, 2, 0, True, 100, 150, 100),
        (1, 3, 0, True, 100, 100, 200),
    ],
)
def test_the_peak_of_a_rollout(now: int, wanted: int, above: int | None, replaced: bool, old: int, new: int, expected: int) -> None:
    found = demand.growth(now, {"m": Fraction(old)}, wanted, {"m": Fraction(new)}, above=above, replaced=replaced)
    assert found.get("m", 0) == expected


@pytest.mark.parametrize(
    ("spec", "replicas", "expected"),
    [
        ({}, 4, 1),
        ({}, 5, 2),
        ({"strategy": {"rollingUpdate": {"maxSurge": "50%"}}}, 3, 2),
        ({"strategy": {"rollingUpdate": {"maxSurge": 1}}}, 9, 1),
        ({"strategy": {"rollingUpdate": {"maxSurge": 0}}}, 9, 0),
        ({"strategy": {"type": "Recreate"}}, 9, None),
    ],
)
def test_how_many_there_may_be_above(spec: dict[str, Any], replicas: int, expected: int | None) -> None:
    assert demand.surge(spec, replicas) == expected


@pytest.mark.parametrize(
    ("resource", "number", "expected"),
    [
        ("requests.memory", Fraction(2 * 2**30), "2Gi"),
        ("limits.memory", Fraction(1536 * MI), "1536Mi"),
        ("memory", Fraction(10), "10"),
        ("requests.storage", Fraction(2**30), "1Gi"),
        ("requests.cpu", Fraction("0.25"), "250m"),
        ("cpu", Fraction(2), "2"),
        ("pods", Fraction(3), "3"),
        ("memory", Fraction(0), "0"),
    ],
)
def test_numbers_are_shown_as_a_quota_has_them(resource: str, number: Fraction, expected: str) -> None:
    assert demand.shown(resource, number) == expected


def held(hard: dict[str, str], used: dict[str, str], **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "q"}, "spec": {"hard": hard, **spec}, "status": {"hard": hard, "used": used}}


def taking(who: str, when: str = quota.MEANWHILE, spec: dict[str, Any] | None = None, **amounts: int) -> quota.Demand:
    return quota.Demand(who, {name: Fraction(number) for name, number in amounts.items()}, when, spec or {})


def test_what_doesn_t_fit_is_told_with_its_numbers() -> None:
    (fault,) = quota.faults([held({"pods": "5"}, {"pods": "4"})], [taking("Deployment/a", pods=1), taking("Deployment/b", pods=1)])
    assert (fault.object, fault.field) == ("ResourceQuota/q", "pods")
    assert fault.what == "the change needs 2 more at its peak (Deployment/a 1, Deployment/b 1), and 1 of 5 are free"


def test_what_fits_exactly_fits() -> None:
    assert quota.faults([held({"pods": "6"}, {"pods": "4"})], [taking("a", pods=2)]) == []


def test_a_full_quota_refuses_nobody_who_takes_nothing_of_it() -> None:
    assert quota.faults([held({"pods": "2", "requests.cpu": "1"}, {"pods": "9", "requests.cpu": "9"})], [taking("a", memory=1)]) == []


def test_a_hook_that_runs_before_takes_its_room_alone() -> None:
    quotas = [held({"pods": "5"}, {"pods": "4"})]
    assert quota.faults(quotas, [taking("Job/migrate", quota.BEFORE, pods=1), taking("Deployment/a", pods=1)]) == []
    assert len(quota.faults(quotas, [taking("Job/migrate", quota.MEANWHILE, pods=1), taking("Deployment/a", pods=1)])) == 1
    assert len(quota.faults(quotas, [taking("Job/migrate", quota.BEFORE, pods=2)])) == 1


ENDS: dict[str, Any] = {"activeDeadlineSeconds": 5, "containers": [resources({"cpu": "1"})]}
STAYS: dict[str, Any] = {"containers": [resources()]}


@pytest.mark.parametrize(
    ("spec", "pod", "expected"),
    [
        ({}, STAYS, True),
        ({"scopes": ["Terminating"]}, ENDS, True),
        ({"scopes": ["Terminating"]}, STAYS, False),
        ({"scopes": ["NotTerminating"]}, STAYS, True),
        ({"scopes": ["BestEffort"]}, STAYS, True),
        ({"scopes": ["BestEffort"]}, ENDS, False),
        ({"scopes": ["NotBestEffort", "Terminating"]}, ENDS, True),
        ({"scopeSelector": {"matchExpressions": [{"scopeName": "Terminating", "operator": "Exists"}]}}, ENDS, True),
        ({"scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["high"]}]}}, STAYS, False),
    ],
)
def test_a_quota_for_some_pods_is_about_those_alone(spec: dict[str, Any], pod: dict[str, Any], expected: bool) -> None:
    assert quota.concerns({"spec": spec}, taking("a", spec=pod, pods=1)) is expected


def test_a_quota_for_some_pods_isn_t_about_objects() -> None:
    assert not quota.concerns({"spec": {"scopes": ["NotTerminating"]}}, quota.Demand("Service/a", {}))


def manifest(kind: str, spec: dict[str, Any], version: str = "v1", **metadata: Any) -> Manifest:
    return Manifest({"apiVersion": version, "kind": kind, "metadata": {"name": "db", **metadata}, "spec": spec}, "todo")


@pytest.mark.parametrize(
    ("item", "plural", "expected"),
    [
        (manifest("ConfigMap", {}), "configmaps", {"configmaps": 1, "count/configmaps": 1}),
        (manifest("Deployment", {}, "apps/v1"), "deployments", {"count/deployments.apps": 1, "count/replicasets.apps": 1}),
        (
            manifest("Service", {"type": "NodePort", "ports": [{}, {}]}),
            "services",
            {"services": 1, "count/services": 1, "services.nodeports": 2},
        ),
        (
            manifest("Service", {"type": "LoadBalancer", "ports": [{}]}),
            "services",
            {"services": 1, "count/services": 1, "services.nodeports": 1, "services.loadbalancers": 1},
        ),
    ],
)
def test_what_an_object_takes(item: Manifest, plural: str, expected: dict[str, int]) -> None:
    assert quota.of_object(item, plural).amounts == expected


def test_volumes_that_are_there_aren_t_taken_again() -> None:
    template = {"metadata": {"name": "data"}, "spec": {"storageClassName": "fast", "resources": {"requests": {"storage": "1Gi"}}}}
    item = manifest("StatefulSet", {"volumeClaimTemplates": [template]}, "apps/v1")
    found = quota.of_claims(item, 2, {"data-db-0"}).amounts
    assert found["persistentvolumeclaims"] == 1
    assert found["requests.storage"] == found["fast.storageclass.storage.k8s.io/requests.storage"] == 2**30


def test_a_rollout_counts_its_old_pods() -> None:
    item = manifest("Deployment", {}, "apps/v1")
    spec = {"replicas": 2, "strategy": {"rollingUpdate": {"maxSurge": 1}}}
    wanted = {"spec": {**spec, "template": {"spec": {"a": 2}}}}
    live = {"spec": {**spec, "template": {"spec": {"a": 1}}}, "status": {"replicas": 2}}
    one = {"pods": Fraction(1)}
    assert quota.of_pods(item, wanted, live, one, one).amounts["pods"] == 1
    assert quota.of_pods(item, wanted, None, one, one).amounts["pods"] == 2
    assert quota.of_pods(item, live, live, one, one).amounts["pods"] == 0


@pytest.mark.parametrize(
    ("hooks", "upgrade", "when"),
    [
        ("post-install,pre-upgrade", True, quota.BEFORE),
        ("post-install,pre-upgrade", False, quota.MEANWHILE),
        ("post-install,post-upgrade", True, quota.MEANWHILE),
        ("test", True, None),
        ("pre-install", True, None),
    ],
)
def test_hooks_take_their_room_when_they_run(hooks: str, upgrade: bool, when: str | None) -> None:
    item = manifest("Job", {"template": {"spec": {"containers": []}}}, "batch/v1", annotations={"helm.sh/hook": hooks})
    found = quota.of_hook(item, {"pods": Fraction(1)}, upgrade)
    assert (found.when if found else None) == when
