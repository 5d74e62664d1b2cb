# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whatever a real cluster would refuse is refused before, by name, and nothing was touched. All cases run once, side by side."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from ansible_collections.proven.webapp.molecule.support import Cluster, until
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._preview.run import Preview

from .cases import SETTINGS, WEB, Case, cases, thing
from .lab import Lab

AT_THE_SAME_TIME = 3
NAMES = list(cases(0))


@dataclass(frozen=True)
class Seen:
    """What came of a case.

    :ivar said: the message; empty where nothing was refused.
    """

    said: str
    result: Preview | None
    before: dict[str, str]
    after: dict[str, str]


def namespaces(cluster: Cluster, wanted: dict[str, dict[str, str]]) -> None:
    """Make them: name → labels."""
    items = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}} for name, labels in wanted.items()]
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))


def look(lab: Lab, case: Case) -> Seen:
    if case.there:
        lab.cluster.kubectl("apply", "-n", lab.namespace, "-f", "-", stdin="\n---\n".join(json.dumps(item) for item in case.there))
    if case.released:
        lab.release(case.released)
    pods = sum(item["spec"].get("replicas", 0) for item in case.released if item["kind"] == "Deployment")
    until(lambda: len(lab.get("pods")) == pods, 60)
    if case.there and case.there[0]["kind"] == "ResourceQuota":
        until(lambda: "used" in lab.get("resourcequota", "small").get("status", {}), 30)
        until(lambda: lab.get("resourcequota", "small")["status"]["used"].get("pods", str(pods)) == str(pods), 30)
    before, said, result = lab.versions(), "", None
    try:
        result = lab.preview(case.wanted, recreate=case.recreate, diff=True)
    except ProvenError as error:
        said = str(error)
    return Seen(said, result, before, lab.versions())


@pytest.fixture(scope="module")
def seen(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Seen]]:
    services = cluster.get("services", "-n", "todo")
    taken = next(port["nodePort"] for item in services for port in item["spec"]["ports"] if "nodePort" in port)
    run = uuid.uuid4().hex[:6]
    found = cases(taken)
    labs = {name: Lab(cluster, f"preview-{run}-{index}", tmp_path_factory.mktemp("chart")) for index, name in enumerate(found)}
    namespaces(cluster, {lab.namespace: dict(found[name].labels or {}) for name, lab in labs.items()})
    try:
        with ThreadPoolExecutor(AT_THE_SAME_TIME) as pool:
            yield dict(zip(found, pool.map(lambda name: look(labs[name], found[name]), found), strict=True))
    finally:
        cluster.kubectl("delete", "namespace", *(lab.namespace for lab in labs.values()), "--wait=false")


@pytest.mark.parametrize("name", NAMES)
def test_it_is_refused_by_name_and_nothing_is_touched(seen: dict[str, Seen], cluster: Cluster, name: str) -> None:
    item = seen[name]
    services = cluster.get("services", "-n", "todo")
    taken = next(port["nodePort"] for one in services for port in one["spec"]["ports"] if "nodePort" in port)
    says = cases(taken)[name].says
    assert item.after == item.before
    assert bool(item.said) is bool(says), item.said
    for part in says:
        assert part in item.said
    if says:
        assert "nothing was changed" in item.said


def test_each_object_to_be_made_again_keeps_its_pods_where_it_can(seen: dict[str, Seen]) -> None:
    result = seen["what may be made again"].result
    assert result is not None
    assert {item.object: item.propagation for item in result.recreate} == {"StatefulSet/database": "Orphan", "Deployment/web": "Background"}


def test_all_is_well_means_that_all_was_looked_at(seen: dict[str, Seen]) -> None:
    result = seen["all is well"].result
    assert result is not None
    assert (result.objects, result.not_checked) == (5, ())
    assert result.diff.count("--- /dev/null") == 5


@pytest.fixture
def lab(cluster: Cluster, tmp_path: Path) -> Iterator[Lab]:
    namespace = f"preview-{uuid.uuid4().hex[:8]}"
    namespaces(cluster, {namespace: {"proven.webapp/preview": namespace}})
    yield Lab(cluster, namespace, tmp_path / "chart")
    cluster.kubectl("delete", "namespace", namespace, "--wait=false", "--ignore-not-found")


def test_a_namespace_that_is_being_deleted_is_refused(lab: Lab) -> None:
    held = thing("ConfigMap", "held")
    held["metadata"]["finalizers"] = ["example.com/held"]
    lab.cluster.kubectl("apply", "-n", lab.namespace, "-f", "-", stdin=json.dumps(held))
    lab.cluster.kubectl("delete", "namespace", lab.namespace, "--wait=false")
    try:
        with pytest.raises(ProvenError, match="it is being deleted; wait until it is gone"):
            lab.preview((SETTINGS,))
    finally:
        lab.cluster.kubectl("patch", "configmap", "held", "-n", lab.namespace, "--type=merge", "-p", '{"metadata": {"finalizers": null}}')


def test_a_namespace_that_isn_t_there_can_be_looked_at_in_check_mode_alone(cluster: Cluster, tmp_path: Path) -> None:
    lab = Lab(cluster, "preview-not-there", tmp_path / "chart")
    with pytest.raises(ProvenError, match="it isn't there"):
        lab.preview((WEB,))
    result = lab.preview((WEB, SETTINGS), check=True, diff=True)
    assert any("there is no namespace" in reason for reason in result.not_checked)
    assert result.diff.count("--- /dev/null") == 2
    with pytest.raises(ProvenError, match=r"spec\.replica: the cluster's API knows no such field"):
        lab.preview(({**WEB, "spec": {**WEB["spec"], "replica": 1}},), check=True)
    assert "preview-not-there" not in [item["metadata"]["name"] for item in cluster.get("namespaces")]


def policy(name: str, namespace: str) -> list[dict[str, object]]:
    """Refuses ConfigMaps, in one namespace; and a webhook that nobody answers, for Services there."""
    here = {"matchLabels": {"proven.webapp/preview": namespace}}

    def rule(plural: str) -> list[dict[str, object]]:
        return [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": [plural]}]

    group = "admissionregistration.k8s.io/v1"
    webhook = {
        "name": "nobody.example.com",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "timeoutSeconds": 2,
        "namespaceSelector": here,
        "clientConfig": {"service": {"namespace": namespace, "name": "nobody"}},
        "rules": rule("services"),
    }
    return [
        {
            "apiVersion": group,
            "kind": "ValidatingAdmissionPolicy",
            "metadata": {"name": name},
            "spec": {
                "matchConstraints": {"resourceRules": rule("configmaps"), "namespaceSelector": here},
                "validations": [{"expression": "!object.metadata.name.startsWith('set')", "message": "no settings here"}],
            },
        },
        {
            "apiVersion": group,
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": name},
            "spec": {"policyName": name, "validationActions": ["Deny"]},
        },
        {"apiVersion": group, "kind": "ValidatingWebhookConfiguration", "metadata": {"name": name}, "webhooks": [webhook]},
    ]


def test_what_admission_refuses_is_told_in_its_own_words(lab: Lab) -> None:
    items = policy(lab.namespace, lab.namespace)
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    lab.cluster.kubectl("apply", "-f", "-", stdin=text)
    try:

        def said() -> str:
            try:
                lab.preview((SETTINGS, thing("Service", "web", spec={"ports": [{"port": 80}]})))
            except ProvenError as error:
                return str(error)
            return ""

        # The API server reads its policies now and then.
        message = until(lambda: ("no settings here" in (text := said()) and "doesn't answer" in text) and text, 60)
    finally:
        lab.cluster.kubectl("delete", "-f", "-", "--wait=false", stdin=text)
    assert f"the ValidatingAdmissionPolicy {lab.namespace} refuses it: no settings here" in message
    assert "Service/web: the admission webhook nobody.example.com doesn't answer" in message
