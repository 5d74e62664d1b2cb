"""The preview as a whole, on a stand-in for the API server (standin.py): what it asks, what it says, and that it makes nothing."""

from __future__ import annotations

import base64
import copy
import json
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.plugins.module_utils._audit.exceptions import Ignore
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._preview.fault import Refused
from ansible_collections.proven.webapp.plugins.module_utils._preview.helm import Helm
from ansible_collections.proven.webapp.plugins.module_utils._preview.run import Preview, Request, preview
from ansible_collections.proven.webapp.plugins.module_utils._release import claim
from ansible_collections.proven.webapp.plugins.module_utils._spec.digest import chart_digest

from .standin import Chart, Server, failure, path_of

CHART = Path(__file__).parents[3] / "roles/release/files/chart"
VALUES = {"chartDigest": chart_digest(CHART), "components": {}}
SENTINEL = "s3ntinel-pa55word"
PROBE = {"httpGet": {"path": "/", "port": 80}}


def named(kind: str, name: str, version: str = "v1", **parts: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "todo", "labels": {"app.kubernetes.io/component": "backend"}}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **parts}


def deployment(**spec: Any) -> dict[str, Any]:
    container = {
        "name": "a",
        "image": "x",
        "envFrom": [{"secretRef": {"name": "words"}}],
        "env": [{"name": "LEVEL", "value": "info"}],
        "ports": [{"containerPort": 80}],
        "resources": {"requests": {"memory": "100Mi"}},
        "startupProbe": PROBE,
        "livenessProbe": PROBE,
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 80}},
    }
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [container]}}
    selector = {"matchLabels": {"a": "b"}}
    rolling = {"rollingUpdate": {"maxSurge": 1}}
    return named(
        "Deployment", "web", "apps/v1", spec={"replicas": 2, "selector": selector, "strategy": rolling, "template": template, **spec}
    )


def secret(name: str = "words", value: str = SENTINEL) -> dict[str, Any]:
    return named("Secret", name, data={"PASSWORD": base64.b64encode(value.encode()).decode()})


OBJECTS = (named("ServiceAccount", "todo"), named("ConfigMap", "settings", data={"LEVEL": "info"}), deployment())


def run(server: Server, *objects: dict[str, Any], **options: Any) -> Preview:
    place = claim.Place(cast(Api, server), "todo", "todo")
    text = yaml.safe_dump_all(objects or OBJECTS)
    chart = Chart(lambda: text, options.pop("objection", ""))
    result = preview(Request(place, cast(Helm, chart), str(CHART), options.pop("values", VALUES), **options))
    assert server.written == []
    return result


def faults(server: Server, *objects: dict[str, Any], **options: Any) -> list[str]:
    with pytest.raises(Refused) as refused:
        run(server, *objects, **options)
    assert server.written == []
    assert "nothing was changed" in str(refused.value)
    return [str(fault) for fault in refused.value.faults]


@pytest.fixture
def server() -> Server:
    """With the Secret that the stage before makes."""
    server = Server()
    server.add(secret())
    return server


@pytest.fixture
def released(server: Server) -> Server:
    """With the release as it would be again."""
    for item in OBJECTS:
        server.add(item, owned=True)
    server.store(7, "deployed", config=VALUES, manifest=yaml.safe_dump_all(OBJECTS), hooks=[])
    return server


def test_a_first_installation_passes(server: Server) -> None:
    result = run(server)
    assert (result.unchanged, result.objects, result.not_checked) == (False, 3, ())
    dry = [path for method, path, mode in server.asked if mode == "All" and method == "POST"]
    assert len(dry) == 4, "each object, and a pod"


def test_where_nothing_changed_it_looks_no_further(released: Server) -> None:
    assert run(released).unchanged
    assert len(released.asked) == 5, "the records' list, the newest of them, and a list of each kind"
    assert {method for method, _path, _dry in released.asked} == {"GET"}


def test_what_somebody_removed_is_missed(released: Server) -> None:
    del released.objects[f"{path_of(deployment())}/web"]
    result = run(released)
    assert (result.unchanged, result.missing) == (False, ("Deployment/web",))


def test_what_is_being_deleted_is_missed_too(released: Server) -> None:
    released.objects[f"{path_of(deployment())}/web"]["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert run(released).missing == ("Deployment/web",)


@pytest.mark.parametrize("state", ["failed", "pending-upgrade", "superseded"])
def test_after_a_newer_revision_that_failed_nothing_is_unchanged(released: Server, state: str) -> None:
    released.store(8, state, config={"other": 1}, manifest="")
    assert not run(released).unchanged


def test_all_faults_are_told_at_once(server: Server) -> None:
    route = named("HTTPRoute", "web", "gateway.networking.k8s.io/v1")
    server.refuse["ConfigMap"] = failure(400, 'strict decoding error: unknown field "date"')
    server.refuse["Pod"] = failure(403, 'pods "x" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true')
    del server.objects[f"{path_of(secret())}/words"]
    found = faults(server, *OBJECTS, route, recreate=["frontend"])
    for part in (
        "ConfigMap/settings, date: the cluster's API knows no such field",
        "HTTPRoute/web, kind: the cluster doesn't know",
        "Deployment/web, spec.template.spec.containers[0].envFrom[0].secretRef.name: needs the Secret words",
        "Deployment/web: its pods break the Pod Security Standard",
        "release_recreate: there is no component frontend",
    ):
        assert [fault for fault in found if fault.startswith(part)], f"{part} is not in {found}"
    assert len(found) == 5


def test_the_audit_s_errors_refuse_and_its_exceptions_hold(server: Server) -> None:
    bad = deployment()
    bad["spec"]["template"]["spec"]["containers"][0]["livenessProbe"] = {"httpGet": {"path": "/", "port": 80}, "periodSeconds": -1}
    (fault,) = [fault for fault in faults(server, bad) if "PV1" in fault]
    assert "Deployment/web, container a, liveness: PV" in fault
    assert run(server, bad, fail_on="never").objects == 1
    rule = fault.partition(": ")[2][:5]
    assert run(server, bad, ignores=[Ignore(rule, "a test of exceptions")]).objects == 1


def test_a_milder_finding_refuses_where_that_is_asked_for(server: Server) -> None:
    bad = deployment()
    del bad["spec"]["template"]["spec"]["containers"][0]["startupProbe"]
    bad["spec"]["template"]["spec"]["containers"][0]["livenessProbe"] = bad["spec"]["template"]["spec"]["containers"][0]["readinessProbe"]
    assert run(server, bad, fail_on="error").objects == 1
    assert "PV1" in faults(server, bad, fail_on="info")[0]


@pytest.mark.parametrize("phase", ["Terminating", None])
def test_a_namespace_that_goes_or_isn_t_there_is_told_alone(phase: str | None) -> None:
    (fault,) = faults(Server(namespace=phase))
    assert fault.startswith("Namespace/todo: it is")


def test_check_mode_works_without_the_namespace() -> None:
    server = Server(namespace=None)
    result = run(server, check=True)
    assert any("there is no namespace todo yet" in reason for reason in result.not_checked)
    assert all("/namespaces/default/" in path for method, path, _dry in server.asked if method == "POST")
    server.refuse["Deployment"] = failure(403, "a policy of the namespace default")
    assert any("a policy of" in reason for reason in run(server, check=True).not_checked)
    server.refuse["Deployment"] = failure(400, 'strict decoding error: unknown field "spec.x"')
    assert "spec.x" in faults(server, check=True)[0]


def test_in_check_mode_alone_a_secret_counts_that_the_stage_before_makes() -> None:
    assert run(Server(), check=True, made_earlier=["words"]).objects == 3
    assert "needs the Secret words" in faults(Server(), made_earlier=["words"])[0]
    assert "needs the Secret words" in faults(Server(), check=True)[0]


IMMUTABLE = failure(422, 'Deployment.apps "web" is invalid: field is immutable', ("spec.selector", "field is immutable"))


@pytest.fixture
def selecting() -> dict[str, Any]:
    changed = deployment(selector={"matchLabels": {"a": "c"}})
    changed["spec"]["template"]["metadata"]["labels"] = {"a": "c"}
    return changed


def test_a_field_that_can_t_be_changed_leaves_the_choice(released: Server, selecting: dict[str, Any]) -> None:
    released.refuse["Deployment"] = IMMUTABLE
    (fault,) = faults(released, *OBJECTS[:2], selecting, values={})
    assert fault.startswith("Deployment/web, spec.selector: can't be changed once the Deployment is there; keep the old value, or say")
    result = run(released, *OBJECTS[:2], selecting, values={}, recreate=["backend"])
    (doomed,) = result.recreate
    assert (doomed.object, doomed.uid, doomed.propagation) == ("Deployment/web", "uid-of-web", "Background")
    assert doomed.path == "/apis/apps/v1/namespaces/todo/deployments/web"


def test_a_right_that_is_missing_is_told_by_its_object(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    get = server.get
    words = failure(403, 'configmaps "settings" is forbidden: User "ann" cannot get resource "configmaps" in API group ""')

    def refuse(path: str, *more: Any, **options: Any) -> tuple[int, bytes]:
        return (words[0], json.dumps(words[1]).encode()) if path.endswith("/configmaps/settings") else get(path, *more, **options)

    monkeypatch.setattr(server, "get", refuse)
    (fault,) = faults(server)
    assert fault.startswith("ConfigMap/settings: the user ann may not get configmaps; give")


def test_what_belongs_to_somebody_else_is_refused(server: Server) -> None:
    server.add(OBJECTS[1])
    (fault,) = faults(server)
    assert fault.startswith("ConfigMap/settings: there is one of this name already, which wasn't made by Helm")


def test_a_taken_node_port_is_told_with_its_owner(server: Server) -> None:
    ports = [{"port": 80, "nodePort": 30080}]
    server.refuse["Service"] = failure(
        422, "invalid", ("spec.ports[0].nodePort", "Invalid value: 30080: provided port is already allocated")
    )
    server.objects["/api/v1/services/x"] = {"metadata": {"namespace": "shop", "name": "web"}, "spec": {"ports": ports}}
    service = named("Service", "web", spec={"type": "NodePort", "ports": ports})
    assert "taken by the Service shop/web" in faults(server, *OBJECTS, service)[0]


def quota(**numbers: tuple[str, str]) -> dict[str, Any]:
    hard = {name.replace("_", "."): pair[0] for name, pair in numbers.items()}
    used = {name.replace("_", "."): pair[1] for name, pair in numbers.items()}
    return named("ResourceQuota", "small", spec={"hard": hard}, status={"hard": hard, "used": used})


def test_a_quota_without_room_is_told_with_numbers(server: Server) -> None:
    server.add(quota(requests_memory=("250Mi", "100Mi"), pods=("10", "1")))
    (fault,) = faults(server)
    assert fault.startswith(
        "ResourceQuota/small, requests.memory: the change needs 200Mi more at its peak (Deployment/web 200Mi), and 150Mi of 250Mi are free"
    )


def test_a_rollout_needs_room_beside_its_old_pods(released: Server) -> None:
    live = released.objects[f"{path_of(deployment())}/web"]
    live["status"] = {"replicas": 2}
    changed = copy.deepcopy(OBJECTS[2])
    changed["spec"]["template"]["spec"]["containers"][0]["image"] = "other"
    released.add(quota(requests_memory=("250Mi", "200Mi")))
    (fault,) = faults(released, *OBJECTS[:2], changed, values={})
    assert "needs 100Mi more at its peak" in fault
    released.add(quota(requests_memory=("300Mi", "200Mi")))
    assert run(released, *OBJECTS[:2], changed, values={}).objects == 3


def test_one_pod_too_many_for_the_quota_is_no_fault_of_its_own(server: Server) -> None:
    server.refuse["Pod"] = failure(403, "exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2")
    assert run(server).objects == 3


def test_the_difference_is_shown_without_secrets(released: Server) -> None:
    changed = copy.deepcopy(list(OBJECTS))
    changed[1]["data"] = {"LEVEL": "debug", "COPY": f"it is {SENTINEL}", "PASSWORD": "other-s3ntinel"}
    changed[2]["spec"]["template"]["spec"]["containers"][0]["env"] += [{"name": "API_TOKEN", "value": "third-s3ntinel"}]
    assert run(released, *changed, values={}).diff == ""
    text = run(released, *changed, values={}, diff=True).diff
    assert "+++ ConfigMap/settings (after)" in text
    assert "-  LEVEL: info\n" in text
    assert "+  LEVEL: debug\n" in text
    assert "API_TOKEN" in text
    assert "s3ntinel" not in text
    assert base64.b64encode(SENTINEL.encode()).decode() not in text


def test_what_is_left_out_is_shown_as_going(released: Server) -> None:
    text = run(released, OBJECTS[0], OBJECTS[2], values={}, diff=True).diff
    assert "--- ConfigMap/settings (now)\n+++ /dev/null" in text


def test_a_hook_is_compared_with_the_one_before(released: Server) -> None:
    def hook(image: str) -> dict[str, Any]:
        job = named("Job", "migrate", "batch/v1", spec={"template": {"spec": {"containers": [{"name": "a", "image": image}]}}})
        job["metadata"]["annotations"] = {"helm.sh/hook": "pre-upgrade"}
        return job

    released.add(hook("old"))
    released.store(7, "deployed", config={}, manifest=yaml.safe_dump_all(OBJECTS), hooks=[{"manifest": yaml.safe_dump(hook("old"))}])
    text = run(released, *OBJECTS, hook("new"), diff=True).diff
    assert "--- Job/migrate, a hook (now)" in text
    assert "-      - image: old" in text
    assert "+      - image: new" in text


def test_a_refusal_that_quotes_a_secret_shows_none(server: Server) -> None:
    server.refuse["ConfigMap"] = failure(403, f'admission webhook "w" denied the request: {SENTINEL} is weak')
    (fault,) = faults(server)
    assert "admission webhook w refuses it" in fault
    assert SENTINEL not in fault


def test_a_chart_that_can_t_be_rendered_is_told_without_secrets(server: Server) -> None:
    def fail() -> str:
        raise ProvenError(f"The chart can't be rendered: {SENTINEL}", where="chart", fix="x")

    request = Request(claim.Place(cast(Api, server), "todo", "todo"), cast(Helm, Chart(fail)), str(CHART), VALUES)
    with pytest.raises(ProvenError, match="can't be rendered") as error:
        preview(request)
    assert SENTINEL not in str(error.value)


def test_what_helm_alone_has_against_it_is_told_where_nothing_else_is(server: Server) -> None:
    with pytest.raises(ProvenError, match="Helm refuses the chart: it belongs to somebody") as error:
        run(server, objection=f"it belongs to somebody, {SENTINEL}")
    assert SENTINEL not in str(error.value)
    widget = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "x"}}
    assert any("Widget" in fault for fault in faults(server, *OBJECTS, widget, objection="no matches for kind"))


def test_where_secrets_can_t_be_known_no_difference_is_shown(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise ProvenError("The cluster refuses: status 403")

    monkeypatch.setattr(server, "items", refuse)
    result = run(server, diff=True)
    assert result.diff == ""
    assert any("the difference isn't shown" in reason for reason in result.not_checked)


@pytest.mark.parametrize(
    ("version", "remedy"),
    [
        ("example.com/v1", "bring back the CustomResourceDefinition"),
        ("apps/v1beta1", "have Helm's record say apps/v1 by its plugin mapkubeapis"),
    ],
)
def test_a_kind_that_is_gone_since_the_revision_that_runs_is_told_by_its_object(server: Server, version: str, remedy: str) -> None:
    """Helm would refuse every upgrade, whatever is rendered now."""
    old = named("Deployment", "old", version)
    server.store(7, "deployed", config={}, manifest=yaml.safe_dump_all((*OBJECTS, old)), hooks=[])
    (fault,) = faults(server)
    assert fault.startswith("Deployment/old, apiVersion: Helm can't go on from the revision that runs: ")
    assert remedy in fault
    # Where it is rendered just so, that is what is told.
    assert "Helm can't go on" not in "".join(faults(server, *OBJECTS, old))
