# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which objects are looked at, and which belong together."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._audit.documents import Document, expand
from ansible_collections.proven.webapp.plugins.module_utils._audit.estate import survey
from ansible_collections.proven.webapp.plugins.module_utils._audit.model import Selector

from .conftest import LABELS, broken, budget, container, deployment, found, report, scaler, service, workload


def named(manifest: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {**manifest, "metadata": {**manifest["metadata"], **metadata}}


def bad(kind: str = "Deployment", **metadata: Any) -> dict[str, Any]:
    """A workload that breaks a rule of its own."""
    return named(workload(kind, container(image="shop:1")), **metadata)


@pytest.mark.parametrize(
    ("labels", "terms", "matches"),
    [
        ({}, [], True),
        ({"a": "1"}, [], True),
        ({"a": "1", "b": "2"}, [], True),
        ({"a": "2"}, [], False),
        ({"c": "1"}, [], False),
        ({}, [{"key": "a", "operator": "In", "values": ["1", "9"]}], True),
        ({}, [{"key": "a", "operator": "In", "values": ["9"]}], False),
        ({}, [{"key": "c", "operator": "In", "values": ["9"]}], False),
        ({}, [{"key": "a", "operator": "NotIn", "values": ["1"]}], False),
        ({}, [{"key": "a", "operator": "NotIn", "values": ["9"]}], True),
        ({}, [{"key": "c", "operator": "NotIn", "values": ["9"]}], True),
        ({}, [{"key": "a", "operator": "Exists"}], True),
        ({}, [{"key": "c", "operator": "Exists"}], False),
        ({}, [{"key": "a", "operator": "DoesNotExist"}], False),
        ({}, [{"key": "c", "operator": "DoesNotExist"}], True),
        ({}, [{"key": "a", "operator": "Like"}], False),
        ({"a": "1"}, [{"key": "b", "operator": "Exists"}, {"key": "c", "operator": "Exists"}], False),
    ],
)
def test_selectors(labels: dict[str, str], terms: list[dict[str, Any]], matches: bool) -> None:
    assert Selector(labels, terms).matches({"a": "1", "b": "2"}) is matches


def test_budgets_select_by_expressions_and_everything() -> None:
    term = {"key": "app", "operator": "In", "values": ["shop"]}
    assert broken(deployment(), budget(minAvailable=2, selector={"matchExpressions": [term]})) == ["PV134"]
    assert broken(deployment(), budget(minAvailable=2, selector={})) == ["PV134"]


def test_services_that_share_a_label_are_told_apart() -> None:
    def shop(number: int) -> list[dict[str, Any]]:
        labels = {"app": "shop", "number": str(number)}
        made = named(deployment(readiness=None), name=f"shop-{number}")
        made["spec"]["template"]["metadata"]["labels"] = labels
        return [made, service(f"service-{number}", selector=labels)]

    seen = found(*shop(1), *shop(2), *shop(3))
    assert [what.split()[0] for _rule, what in seen] == ["Service/service-1", "Service/service-2", "Service/service-3"]


def test_namespaces() -> None:
    def rules(one: str | None, other: str | None) -> list[str]:
        return broken(named(deployment(readiness=None), namespace=one), named(service(), namespace=other))

    assert rules("a", "a") == ["PV113"]
    assert rules("a", "b") == []
    assert rules(None, "a") == ["PV113"]
    assert rules("a", None) == ["PV113"]
    assert broken(named(deployment(), namespace="a"), named(budget(minAvailable=2), namespace="b")) == []
    assert broken(named(deployment(), namespace="a"), service(), named(scaler(1), namespace="b")) == []
    assert report(named(bad(), namespace="a")).findings[0].namespace == "a"


@pytest.mark.parametrize(
    ("version", "kind", "skipped"),
    [
        ("apps/v1", "Deployment", ""),
        ("extensions/v1beta1", "Deployment", ""),
        ("argoproj.io/v1alpha1", "Rollout", "Rollout"),
        ("example.com/v1", "Deployment", "Deployment"),
        ("v1", "Deployment", "Deployment"),
        ("v1", "ConfigMap", "ConfigMap"),
        (None, "Deployment", "no kind"),
        ("apps/v1", None, "no kind"),
        ("apps/v1", ["Deployment"], "no kind"),
    ],
)
def test_kinds(version: Any, kind: Any, skipped: str) -> None:
    made = report({**bad(), "apiVersion": version, "kind": kind})
    assert (made.workloads, dict(made.skipped)) == ((0, {skipped: 1}) if skipped else (1, {}))
    assert len(made.findings) == made.workloads


def test_another_service_is_none_of_ours() -> None:
    assert broken({**service(publishNotReadyAddresses=True), "apiVersion": "serving.knative.dev/v1"}) == []


@pytest.mark.parametrize("content", ["text", 5, ["list"], [], {}, True])
def test_what_is_no_object_is_counted(content: Any) -> None:
    assert dict(report(content).skipped) == {"no kind": 1}


def owned(kind: str, name: str, owner: tuple[str, str], controller: bool = True, **spec: Any) -> dict[str, Any]:
    reference = {"kind": owner[0], "name": owner[1], "controller": controller}
    return named(workload(kind, container(image="shop:1"), **spec), name=name, ownerReferences=[reference])


def test_what_an_audited_workload_owns_is_left_out() -> None:
    made = report(
        bad(),
        owned("ReplicaSet", "shop-1", ("Deployment", "shop")),
        owned("Pod", "shop-1-x", ("ReplicaSet", "shop-1")),
        owned("Pod", "job-1", ("Job", "job")),
    )
    assert (made.workloads, made.owned, len(made.findings)) == (1, 3, 1)


def test_what_somebody_else_owns_is_looked_at_once() -> None:
    made = report(
        owned("ReplicaSet", "roll-1", ("Rollout", "roll")),
        owned("ReplicaSet", "roll-0", ("Rollout", "roll"), replicas=0),
        owned("Pod", "roll-1-x", ("ReplicaSet", "roll-1")),
        owned("Pod", "other", ("Deployment", "shop"), controller=False),
    )
    assert [finding.name for finding in made.findings] == ["roll-1", "other"]
    assert made.owned == 2
    assert report(named(workload("ReplicaSet", container(image="shop:1"), replicas=0))).workloads == 1
    elsewhere = named(owned("Pod", "x", ("Deployment", "shop")), namespace="b")
    assert report(named(bad(), namespace="a"), elsewhere).workloads == 2


def test_lists() -> None:
    items = [bad(name="a"), bad(name="b")]
    for kind in ("List", "DeploymentList"):
        expanded = list(expand(Document({"apiVersion": "v1", "kind": kind, "items": items}, "f", 7), [8, 40]))
        assert [(document.content["metadata"]["name"], document.line) for document in expanded] == [("a", 8), ("b", 40)]
    bare = [{key: value for key, value in item.items() if key not in ("apiVersion", "kind")} for item in items]
    answer = {"apiVersion": "apps/v1", "kind": "DeploymentList", "items": bare}
    assert survey(expand(Document(answer))).workloads[1].subject.name == "b"
    assert next(iter(expand(Document({"kind": "List", "items": "none"})))).content["items"] == "none"
    assert report({"apiVersion": "v1", "kind": "List", "items": None}).skipped == {"List": 1}


def test_labels_and_names() -> None:
    pod = workload("Pod", container(readiness=None))
    assert broken(pod, service()) == ["PV113"]
    assert pod["metadata"]["labels"] == LABELS
    generated = named(bad(), name=None, generateName="shop-")
    assert report(generated).findings[0].name == "shop-"
    cron = workload("CronJob", container(liveness={"successThreshold": 2}))
    assert [finding.place for finding in report(cron).findings] == ["CronJob/shop, container web, liveness"]


def test_wrong_types_have_a_place() -> None:
    changed = deployment(readiness={"periodSeconds": "5"})
    (finding,) = report(changed).findings
    assert (finding.container, finding.probe) == ("web", "readiness")
    assert finding.what.startswith("spec.template.spec.containers[0].readinessProbe.periodSeconds is text")
    (finding,) = report(service(ports=[{"port": "80"}])).findings
    assert (finding.kind, finding.container, finding.what) == (
        "Service",
        "",
        "spec.ports[0].port is text, and has to be a whole number of 32 bits",
    )


@pytest.mark.parametrize(
    ("value", "rule"),
    [(5, None), (5.0, None), (5.5, "PV101"), (True, "PV101"), ("5", "PV101"), (2**31, "PV101"), ([], "PV101"), ({}, "PV101"), (None, None)],
)
def test_numbers(value: Any, rule: str | None) -> None:
    assert broken(deployment(readiness={"periodSeconds": value}, liveness={"failureThreshold": 9})) == ([rule] if rule else [])


def test_bounds_of_numbers() -> None:
    assert broken(deployment(readiness={"initialDelaySeconds": 2**31 - 1})) == []
    assert broken(deployment(readiness={"initialDelaySeconds": float(2**31)})) == ["PV101"]
    assert broken(deployment(readiness={"initialDelaySeconds": -(2**31)})) == ["PV108"]
    assert broken(deployment(readiness={"initialDelaySeconds": -(2**31) - 1})) == ["PV101"]
    assert broken(deployment(readiness={"initialDelaySeconds": -float(2**31) - 1})) == ["PV101"]


def test_names_that_there_are_not() -> None:
    assert broken({**deployment(), "spec": {**deployment()["spec"], "whatever": 1}}) == []
    assert broken(deployment(readinessprobe={}, lifeprobe={}, probes={})) == ["PV102", "PV102"]
    assert broken(deployment(readiness={"httpGet": {"port": "http", "paths": "/"}})) == ["PV102"]
    (finding,) = report(deployment(livenessprobe={})).findings
    assert finding.what.endswith("livenessprobe is no field: there are startupProbe, livenessProbe, readinessProbe")
