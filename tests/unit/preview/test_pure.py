"""The preview's rules, each by examples: immutable fields, references, refusals, what is hidden, what Helm has stored."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._preview import diff, helm, immutable, references, refusals, stored
from ansible_collections.proven.webapp.plugins.module_utils._preview.again import read
from ansible_collections.proven.webapp.plugins.module_utils._preview.cluster import merge_patch
from ansible_collections.proven.webapp.plugins.module_utils._preview.kinds import Kinds
from ansible_collections.proven.webapp.plugins.module_utils._preview.manifests import Manifest, parse
from ansible_collections.proven.webapp.plugins.module_utils._preview.masking import Masker, sounds_secret
from ansible_collections.proven.webapp.plugins.module_utils._release import history
from ansible_collections.proven.webapp.plugins.module_utils._spec.digest import chart_digest

CHART = Path(__file__).parents[3] / "roles/release/files/chart"


def manifest(kind: str = "Deployment", component: str = "backend", **parts: Any) -> Manifest:
    labels = {"app.kubernetes.io/component": component} if component else {}
    version = {"Deployment": "apps/v1", "StatefulSet": "apps/v1", "Job": "batch/v1"}.get(kind, "v1")
    return Manifest({"apiVersion": version, "kind": kind, "metadata": {"name": "todo", "labels": labels}, **parts}, "todo")


def status(code: int, message: str, *causes: tuple[str, str]) -> bytes:
    """A v1.Status, as the API server writes it."""
    details = {"causes": [{"field": field, "message": text} for field, text in causes]} if causes else {}
    return json.dumps({"kind": "Status", "code": code, "message": message, "details": details}).encode()


def claims(size: str) -> list[dict[str, Any]]:
    return [{"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": size}}}}]


# --- fields that can't be changed

STATEFUL = status(
    422, "StatefulSet.apps \"todo\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden"
)


@pytest.mark.parametrize(
    ("code", "body", "expected"),
    [
        (422, STATEFUL, True),
        (422, status(422, 'Deployment.apps "x" is invalid: spec.selector: Invalid value: {}: field is immutable'), True),
        (422, status(422, 'Service "x" is invalid: spec.clusterIPs[0]: Invalid value: ["None"]: may not change once set'), True),
        (422, status(422, "spec: Forbidden: spec is immutable after creation except resources.requests"), True),
        (422, status(422, 'Service "x" is invalid: spec.ports[0].port: Invalid value: 0'), False),
        (403, status(403, "field is immutable"), False),
        (422, b"no JSON", False),
    ],
)
def test_the_servers_words_for_it_are_known(code: int, body: bytes, expected: bool) -> None:
    assert immutable.refuses(code, body) is expected


@pytest.mark.parametrize(
    ("kind", "live", "wanted", "field", "propagation"),
    [
        (
            "Deployment",
            {"selector": {"matchLabels": {"a": "1"}}},
            {"selector": {"matchLabels": {"a": "2"}}},
            "spec.selector",
            "Background",
        ),
        (
            "StatefulSet",
            {"volumeClaimTemplates": claims("1Gi")},
            {"volumeClaimTemplates": claims("2Gi")},
            "spec.volumeClaimTemplates",
            "Orphan",
        ),
        ("StatefulSet", {"serviceName": "a"}, {"serviceName": "b"}, "spec.serviceName", "Orphan"),
        ("StatefulSet", {"podManagementPolicy": "OrderedReady"}, {"podManagementPolicy": "Parallel"}, "spec.podManagementPolicy", "Orphan"),
        (
            "StatefulSet",
            {"serviceName": "a", "selector": {"matchLabels": {"a": "1"}}},
            {"serviceName": "b", "selector": {"matchLabels": {"a": "2"}}},
            "spec.selector, spec.serviceName",
            "Background",
        ),
        ("Job", {"template": {"spec": {"x": 1}}}, {"template": {"spec": {"x": 2}}}, "spec.template", "Background"),
        ("Service", {"clusterIP": "10.0.0.1"}, {"clusterIP": "None"}, "spec.clusterIP", "Background"),
        ("PersistentVolumeClaim", {"storageClassName": "a"}, {"storageClassName": "b"}, "spec.storageClassName", ""),
        ("Gateway", {"a": 1}, {"a": 2}, "spec", "Background"),
    ],
)
def test_the_field_is_named_with_what_its_change_takes(kind: str, live: Any, wanted: Any, field: str, propagation: str) -> None:
    change = immutable.change(manifest(kind, spec=wanted), {"spec": live}, None)
    assert change.fault().field == field
    assert change.propagation == propagation
    assert ("release_recreate: [backend]" in change.fault().fix) is bool(propagation)


def test_defaults_of_the_api_are_no_change() -> None:
    live = claims("1Gi")[0]
    live["spec"]["volumeMode"] = "Filesystem"
    wanted = {"volumeClaimTemplates": claims("1Gi"), "serviceName": "b"}
    change = immutable.change(manifest("StatefulSet", spec=wanted), {"spec": {"volumeClaimTemplates": [live], "serviceName": "a"}}, None)
    assert [item.field for item in change.fields] == ["spec.serviceName"]


def test_one_more_volume_is_a_change() -> None:
    change = immutable.change(
        manifest("StatefulSet", spec={"volumeClaimTemplates": claims("1Gi") * 2}), {"spec": {"volumeClaimTemplates": claims("1Gi")}}, None
    )
    assert [item.field for item in change.fields] == ["spec.volumeClaimTemplates"]


def test_a_label_that_is_left_out_of_a_selector_is_a_change() -> None:
    before = manifest(spec={"selector": {"matchLabels": {"a": "1", "b": "1"}}})
    change = immutable.change(manifest(spec={"selector": {"matchLabels": {"a": "1"}}}), before.content, before)
    assert [item.field for item in change.fields] == ["spec.selector"]


def test_what_belongs_to_no_component_is_left_to_the_user() -> None:
    change = immutable.change(manifest("Service", component="", spec={"clusterIP": "None"}), {"spec": {}}, None)
    assert "release_recreate" not in change.fault().fix


def test_a_volume_is_never_deleted() -> None:
    item = {"object": "x", "uid": "1", "propagation": "Background", "path": "/api/v1/namespaces/a/persistentvolumeclaims/data"}
    with pytest.raises(ProvenError, match="A volume is never deleted"):
        read([item])
    with pytest.raises(ProvenError, match="isn't what release_preview returned"):
        read([{"object": "x"}])


# --- references


def pod(**spec: Any) -> Manifest:
    return manifest(spec={"template": {"spec": {"containers": [], **spec}}})


def container(**parts: Any) -> dict[str, Any]:
    return {"containers": [{"name": "a", **parts}]}


PREFIX = "spec.template.spec."


@pytest.mark.parametrize(
    ("spec", "kind", "field"),
    [
        ({"serviceAccountName": "x"}, "ServiceAccount", "serviceAccountName"),
        ({"imagePullSecrets": [{"name": "x"}]}, "Secret", "imagePullSecrets[0]"),
        (
            {"volumes": [{"persistentVolumeClaim": {"claimName": "x"}}]},
            "PersistentVolumeClaim",
            "volumes[0].persistentVolumeClaim.claimName",
        ),
        ({"volumes": [{"emptyDir": {}}, {"secret": {"secretName": "x"}}]}, "Secret", "volumes[1].secret.secretName"),
        ({"volumes": [{"configMap": {"name": "x"}}]}, "ConfigMap", "volumes[0].configMap.name"),
        ({"volumes": [{"projected": {"sources": [{"secret": {"name": "x"}}]}}]}, "Secret", "volumes[0].projected.sources[0].secret.name"),
        (container(envFrom=[{"secretRef": {"name": "x"}}]), "Secret", "containers[0].envFrom[0].secretRef.name"),
        (container(envFrom=[{"configMapRef": {"name": "x"}}]), "ConfigMap", "containers[0].envFrom[0].configMapRef.name"),
        (
            container(env=[{"name": "A", "valueFrom": {"secretKeyRef": {"name": "x", "key": "k"}}}]),
            "Secret",
            "containers[0].env[0].valueFrom.secretKeyRef.name",
        ),
        ({"initContainers": [{"envFrom": [{"secretRef": {"name": "x"}}]}]}, "Secret", "initContainers[0].envFrom[0].secretRef.name"),
    ],
)
def test_what_pods_need_is_found(spec: dict[str, Any], kind: str, field: str) -> None:
    (found,) = references.references(pod(**spec))
    assert (found.kind, found.name, found.field) == (kind, "x", PREFIX + field)
    (fault,) = references.missing([pod(**spec)], set())
    assert f"needs the {kind} x" in fault.what
    assert references.missing([pod(**spec)], {(kind, "todo", "x")}) == []


@pytest.mark.parametrize(
    "spec",
    [
        {"serviceAccountName": "default"},
        {"volumes": [{"secret": {"secretName": "x", "optional": True}}]},
        {"volumes": [{"configMap": {"name": "x", "optional": True}}]},
        {"volumes": [{"projected": {"sources": [{"configMap": {"name": "x", "optional": True}}, {"serviceAccountToken": {}}]}}]},
        container(envFrom=[{"secretRef": {"name": "x", "optional": True}}]),
        container(env=[{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "x", "key": "k", "optional": True}}}]),
        container(env=[{"name": "A", "value": "x"}, {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]),
    ],
)
def test_what_is_optional_isn_t_needed(spec: dict[str, Any]) -> None:
    assert references.references(pod(**spec)) == []


# --- the server's words


@pytest.mark.parametrize(
    ("code", "message", "causes", "field", "says"),
    [
        (400, 'strict decoding error: unknown field "spec.replica"', (), "spec.replica", "no such field"),
        (400, 'strict decoding error: duplicate field "spec.x"', (), "spec.x", "is given twice"),
        (422, "is invalid", (("spec.replicas", "Invalid value: -1: must be greater"),), "spec.replicas", "must be greater"),
        (
            403,
            'deployments.apps is forbidden: User "ann" cannot patch resource "deployments" in API group',
            (),
            "",
            "the user ann may not patch",
        ),
        (
            403,
            'pods "x" is forbidden: violates PodSecurity "restricted:latest": host namespaces (hostNetwork=true)',
            (),
            "",
            "hostNetwork=true",
        ),
        (403, 'pods "x" is forbidden: failed quota: q: must specify limits.cpu for: a', (), "", "the ResourceQuota q wants"),
        (
            403,
            "exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2",
            (),
            "",
            "has no room: it needs pods=1, pods=2 of pods=2",
        ),
        (403, 'pods "x" is forbidden: [maximum memory usage per Container is 64Mi, but limit is 512Mi]', (), "", "maximum memory usage"),
        (403, 'admission webhook "w.example" denied the request: no', (), "", "the admission webhook w.example refuses it: no"),
        (500, 'Internal error occurred: failed calling webhook "w.example": dial tcp', (), "", "doesn't answer"),
        (
            403,
            "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: too many",
            (),
            "",
            "ValidatingAdmissionPolicy p refuses it: too many",
        ),
        (403, 'pods "x" is forbidden: no PriorityClass with name high was found', (), "", "no PriorityClass high"),
        (403, "forbidden: unable to create new content in namespace a because it is being terminated", (), "", "being deleted"),
        (418, "I am\n  a teapot.", (), "", "the cluster refuses it: I am a teapot"),
    ],
)
def test_each_refusal_is_told_with_a_remedy(code: int, message: str, causes: tuple[tuple[str, str], ...], field: str, says: str) -> None:
    (fault,) = refusals.faults("Deployment/todo", code, status(code, message, *causes))
    assert fault.object == "Deployment/todo"
    assert fault.field == field
    assert says in fault.what
    assert fault.fix


def test_every_unknown_field_is_told() -> None:
    body = status(400, 'strict decoding error: unknown field "spec.a", unknown field "spec.b"')
    assert [fault.field for fault in refusals.faults("x", 400, body)] == ["spec.a", "spec.b"]


def test_an_answer_that_is_no_json_is_told_too() -> None:
    (fault,) = refusals.faults("x", 502, b"<html>")
    assert "status 502" in fault.what


def test_a_webhook_without_dry_runs_refuses_nothing() -> None:
    assert refusals.unchecked(400, status(400, 'admission webhook "w.example" does not support dry run'))
    assert not refusals.unchecked(400, status(400, "something else"))


def test_a_taken_node_port_is_told_with_its_owner() -> None:
    body = status(422, "is invalid", ("spec.ports[0].nodePort", "Invalid value: 30080: provided port is already allocated"))
    content = {"spec": {"ports": [{"nodePort": 30080}]}}
    assert refusals.node_ports(422, body, content) == [("spec.ports[0].nodePort", 30080)]
    owner = {"metadata": {"namespace": "shop", "name": "web"}, "spec": {"ports": [{"nodePort": 30080}]}}
    fault = refusals.node_port_fault("Service/todo", "spec.ports[0].nodePort", 30080, [{"metadata": {}, "spec": {}}, owner])
    assert "taken by the Service shop/web" in fault.what
    assert "another Service" in refusals.node_port_fault("x", "y", 30080, None).what


# --- kinds

DISCOVERY = {
    "kind": "APIGroupDiscoveryList",
    "items": [
        {
            "metadata": {"name": "gateway.networking.k8s.io"},
            "versions": [
                {
                    "version": "v1beta1",
                    "resources": [{"resource": "httproutes", "responseKind": {"kind": "HTTPRoute"}, "scope": "Namespaced"}],
                }
            ],
        },
        {
            "metadata": {},
            "versions": [{"version": "v1", "resources": [{"resource": "nodes", "responseKind": {"kind": "Node"}, "scope": "Cluster"}]}],
        },
    ],
}


@pytest.mark.parametrize(
    ("version", "kind", "what", "fix"),
    [
        ("gateway.networking.k8s.io/v1", "HTTPRoute", "no HTTPRoute in", "it has gateway.networking.k8s.io/v1beta1"),
        ("keda.sh/v1alpha1", "ScaledObject", "its CustomResourceDefinition is missing", "install KEDA"),
        ("example.com/v1", "Widget", "its CustomResourceDefinition is missing", "the CustomResourceDefinition of Widget in example.com"),
    ],
)
def test_a_kind_that_the_cluster_hasn_t_got_is_told(version: str, kind: str, what: str, fix: str) -> None:
    kinds = Kinds([json.dumps(DISCOVERY).encode()])
    item = Manifest({"apiVersion": version, "kind": kind, "metadata": {"name": "x"}}, "todo")
    assert kinds.get(item) is None
    assert what in kinds.missing(item).what
    assert fix in kinds.missing(item).fix


def test_paths_and_names_are_the_apis_own() -> None:
    kinds = Kinds([json.dumps(DISCOVERY).encode()])
    route = Manifest({"apiVersion": "gateway.networking.k8s.io/v1beta1", "kind": "HTTPRoute", "metadata": {"name": "x"}}, "todo")
    assert kinds.path(route) == "/apis/gateway.networking.k8s.io/v1beta1/namespaces/todo/httproutes"
    assert kinds.path(Manifest({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "x"}}, "todo")) == "/api/v1/nodes"
    assert kinds.names == ["gateway.networking.k8s.io/v1beta1", "gateway.networking.k8s.io/v1beta1/HTTPRoute", "v1", "v1/Node"]


def test_an_old_cluster_is_told() -> None:
    with pytest.raises(ProvenError, match=r"1\.30 or newer"):
        Kinds([b'{"kind": "APIVersions"}'])


# --- what is hidden

SENTINEL = "s3ntinel-pa55word"


@pytest.mark.parametrize(
    "content",
    [
        {"kind": "Secret", "data": {"A": base64.b64encode(SENTINEL.encode()).decode()}, "stringData": {"B": SENTINEL}},
        {"kind": "ConfigMap", "data": {"DB_PASSWORD": SENTINEL}},
        {"kind": "ConfigMap", "data": {"app.ini": f"[db]\npassword = {SENTINEL}\n"}},
        {"kind": "ConfigMap", "data": {"app.yml": f"db:\n  apiKey: '{SENTINEL}'\n"}},
        {"kind": "ConfigMap", "data": {"URL": f"postgresql://todo:{SENTINEL}@db:5432/todo"}},
        {"kind": "Pod", "spec": {"containers": [{"env": [{"name": "SMTP_PASSWD", "value": SENTINEL}]}]}},
        {"kind": "Pod", "spec": {"containers": [{"env": [{"name": "URL", "value": f"amqp://u:{SENTINEL}@q/"}]}]}},
        {"kind": "Pod", "spec": {"containers": [{"args": [f"--admin-password={SENTINEL}"]}]}},
        {"kind": "Pod", "spec": {"containers": [{"command": ["serve", "--api-token", SENTINEL]}]}},
        {"kind": "Pod", "metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": f'{{"a": "{SENTINEL}"}}'}}},
    ],
    ids=lambda content: json.dumps(content)[:60],
)
def test_no_secret_is_shown_and_its_change_is(content: dict[str, Any]) -> None:
    other = json.loads(json.dumps(content).replace(SENTINEL, "another-one").replace(base64.b64encode(SENTINEL.encode()).decode(), "YW4="))
    text = diff.render([diff.Difference("x", {"metadata": {}, **content}, {"metadata": {}, **other})], Masker())
    for form in (SENTINEL, base64.b64encode(SENTINEL.encode()).decode(), "another-one"):
        assert form not in text
    assert "-" in {line[0] for line in text.splitlines()[2:]}
    assert "+" in {line[0] for line in text.splitlines()[2:]}


def test_the_same_value_looks_the_same_in_one_run_alone() -> None:
    one, other = Masker(), Masker()
    assert one.hidden("a") == one.hidden("a") != one.hidden("b")
    assert len({one.hidden("a"), other.hidden("a"), Masker().hidden("a")}) > 1


def test_values_that_are_known_are_hidden_wherever_they_are() -> None:
    masker = Masker([SENTINEL])
    content = {"kind": "Pod", "spec": {"containers": [{"command": ["echo", f"<{SENTINEL}>"]}]}, "metadata": {"name": "x"}}
    assert SENTINEL not in json.dumps(masker.object(content))
    assert SENTINEL not in masker.text(f"why: {base64.b64encode(SENTINEL.encode()).decode()} {SENTINEL}")


def test_values_of_a_chart_are_shown_without_secrets() -> None:
    env = {"API_TOKEN": SENTINEL, "URL": f"amqp://u:{SENTINEL}@q/", "LEVEL": "info"}
    values = {"components": {"a": {"env": env, "secretName": "a-1", "command": ["x", "--password", SENTINEL], "replicas": 2}}}
    shown = Masker().values(values)
    assert SENTINEL not in json.dumps(shown)
    assert shown["components"]["a"]["env"]["LEVEL"] == "info"
    assert (shown["components"]["a"]["secretName"], shown["components"]["a"]["replicas"]) == ("a-1", 2)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("POSTGRES_PASSWORD", True),
        ("API_KEY", True),
        ("aws-secret-access-key", True),
        ("SESSION_TOKEN", True),
        ("SENTRY_DSN", True),
        ("LOG_LEVEL", False),
        ("SECRET_NAME", False),
        ("POSTGRES_PASSWORD_FILE", False),
        ("TOKEN_TTL", False),
        ("KEYBOARD", False),
    ],
)
def test_names_that_sound_secret(name: str, expected: bool) -> None:
    assert sounds_secret(name) is expected


def test_plain_values_are_shown() -> None:
    content = {
        "kind": "ConfigMap",
        "metadata": {"name": "x"},
        "data": {"LOG_LEVEL": "debug", "SECRET_NAME": "todo-1", "URL": "http://a:80/"},
    }
    assert Masker().object(content) == content


# --- the difference


def test_what_the_server_writes_is_no_difference() -> None:
    old = {"metadata": {"name": "x", "resourceVersion": "1", "managedFields": [1]}, "spec": {"a": 1}, "status": {"b": 1}}
    new = {"metadata": {"name": "x", "resourceVersion": "2", "generation": 5}, "spec": {"a": 1}}
    assert diff.render([diff.Difference("x", old, new)], Masker()) == ""


def test_new_changed_and_removed_objects() -> None:
    a, b = {"metadata": {"name": "x"}, "spec": 1}, {"metadata": {"name": "x"}, "spec": 2}
    lines = diff.render([diff.Difference("A", None, a), diff.Difference("B", a, b), diff.Difference("C", a, None)], Masker()).splitlines()
    assert [line for line in lines if line.startswith(("---", "+++"))] == [
        *("--- /dev/null", "+++ A (after)"),
        *("--- B (now)", "+++ B (after)"),
        *("--- C (now)", "+++ /dev/null"),
    ]
    assert "-spec: 1" in lines
    assert "+spec: 2" in lines


@pytest.mark.parametrize(
    ("new", "before", "expected"),
    [
        ({"a": 1}, None, {"a": 1}),
        ({"a": 1}, {"a": 1, "b": 2}, {"a": 1, "b": None}),
        ({"a": {"x": 1}}, {"a": {"x": 1, "y": 2}}, {"a": {"x": 1, "y": None}}),
        ({"a": [1]}, {"a": [1, 2]}, {"a": [1]}),
        ({"a": {"x": 1}}, {"a": "text"}, {"a": {"x": 1}}),
    ],
)
def test_what_is_left_out_is_removed(new: Any, before: Any, expected: Any) -> None:
    assert merge_patch(new, before) == expected


# --- what Helm has stored


def values(**more: Any) -> dict[str, Any]:
    return {"chartDigest": chart_digest(CHART), "components": {"a": {"replicas": 2}}, **more}


def revision(config: Any, state: str = "deployed") -> stored.Stored:
    return stored.Stored(3, state, {"config": config})


@pytest.mark.parametrize(
    ("held", "wanted", "expected"),
    [
        (revision(values()), values(), True),
        (revision(values()), values(components={"a": {"replicas": 3}}), False),
        (revision(values()), values(extra=1), False),
        (revision(values(chartDigest="sha256:0")), values(chartDigest="sha256:0"), False),
        (revision({"components": {}}), {"components": {}}, False),
        (revision(values(), "failed"), values(), False),
        (revision(values(), "pending-upgrade"), values(), False),
        (revision(None), values(), False),
        (None, values(), False),
    ],
)
def test_only_the_very_same_is_unchanged(held: stored.Stored | None, wanted: dict[str, Any], expected: bool) -> None:
    assert stored.same(held, wanted, CHART) is expected


def test_a_record_is_read_as_helm_wrote_it() -> None:
    """base64 twice and gzip (helm.sh/helm/v3/pkg/storage/driver/util.go)."""
    text = json.dumps({"config": {"a": 1}, "manifest": "---\n"}).encode()
    data = base64.b64encode(base64.b64encode(gzip.compress(text))).decode()
    assert history.decode({"data": {"release": data}})["config"] == {"a": 1}


def test_manifests_are_parsed_and_junk_is_told() -> None:
    (item,) = parse(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: x, annotations: {helm.sh/hook: 'pre-install, test'}}\n---\n# none\n", "todo"
    )
    assert (item.hooks, item.namespace, item.key) == (("pre-install", "test"), "todo", ("", "Pod", "todo", "x"))
    with pytest.raises(ProvenError, match="is no object"):
        parse("a: 1\n", "todo")


# --- helm


def test_awx_credential_goes_to_helm_by_its_environment() -> None:
    given = {"K8S_AUTH_HOST": "https://a", "K8S_AUTH_API_KEY": "t", "K8S_AUTH_VERIFY_SSL": "false", "PATH": "/bin"}
    found = helm.environment(given, None)
    assert (found["HELM_KUBEAPISERVER"], found["HELM_KUBETOKEN"], found["HELM_KUBEINSECURE_SKIP_TLS_VERIFY"]) == ("https://a", "t", "true")
    assert "HELM_KUBETOKEN" not in helm.environment(given, "/kubeconfig")


def test_helms_warnings_aren_t_its_error() -> None:
    assert (
        helm.said("WARNING: group-readable\nI0101 x\nError: execution error at (a.yaml:1:2): no\n") == "execution error at (a.yaml:1:2): no"
    )
