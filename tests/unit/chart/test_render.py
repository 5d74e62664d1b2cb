# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the chart renders."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import FULL, IMAGE, Manifest, Render, Rendered, web


@pytest.fixture
def full(render: Render) -> Rendered:
    return render(FULL)


def container(item: Manifest) -> Manifest:
    """The one container of a workload or pod."""
    spec = item["spec"]["template"]["spec"] if "template" in item["spec"] else item["spec"]
    assert len(spec["containers"]) == 1
    return dict(spec["containers"][0])


def selects(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    return selector.items() <= labels.items()


def test_workloads_by_storage(full: Rendered) -> None:
    assert [item["metadata"]["name"] for item in full.of("Deployment")] == ["todo-backend", "todo-frontend", "todo-mailer"]
    assert [item["metadata"]["name"] for item in full.of("StatefulSet")] == ["todo-database"]
    assert all(item["metadata"]["namespace"] == "space" for item in full)


def test_same_values_render_the_same(render: Render) -> None:
    again = {name: copy.deepcopy(FULL[name]) for name in reversed(list(FULL))}
    assert render(again) == render(FULL)


def test_every_pod_keeps_to_the_restricted_standard(full: Rendered) -> None:
    kinds = [kind for kind, _pod in full.pods()]
    assert sorted(kinds) == ["Deployment", "Deployment", "Deployment", "Job", "Pod", "StatefulSet"]
    for _kind, pod in full.pods():
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False
        assert spec["enableServiceLinks"] is False
        assert spec["serviceAccountName"] == "todo"
        assert spec["securityContext"] == {
            "runAsNonRoot": True,
            "runAsUser": 1001,
            "runAsGroup": 1001,
            "fsGroup": 1001,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        }
        (only,) = spec["containers"]
        assert only["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {"name": "tmp", "mountPath": "/tmp"} in only["volumeMounts"]
        assert only["resources"]["requests"]
        assert only["image"] == IMAGE


def test_no_other_volumes_than_the_standard_allows(full: Rendered) -> None:
    for _kind, pod in full.pods():
        assert {key for volume in pod["spec"]["volumes"] for key in volume} <= {"name", "emptyDir", "configMap"}
        mounted = [mount["name"] for mount in pod["spec"]["containers"][0]["volumeMounts"]]
        there = {volume["name"] for volume in pod["spec"]["volumes"]} | {"data"}
        assert set(mounted) <= there


def test_service_account_has_no_token(full: Rendered) -> None:
    assert full.one("ServiceAccount", "todo")["automountServiceAccountToken"] is False


def test_selectors_select_live_pods_and_nothing_else(full: Rendered) -> None:
    labels = {(kind, pod["metadata"]["labels"]["app.kubernetes.io/component"]): pod["metadata"]["labels"] for kind, pod in full.pods()}
    for item in (*full.of("Service"), *full.of("PodDisruptionBudget"), *full.of("Deployment"), *full.of("StatefulSet")):
        selector = item["spec"]["selector"].get("matchLabels", item["spec"]["selector"])
        assert selector["proven.webapp/track"] == "live"
        selected = [key for key, value in labels.items() if selects(selector, value)]
        assert len(selected) == 1, item["metadata"]["name"]
        assert selected[0][0] in ("Deployment", "StatefulSet")
    assert labels["Job", "backend"]["proven.webapp/track"] == "migrate"
    assert labels["Pod", "backend"]["proven.webapp/track"] == "test"


def test_new_version_of_the_chart_restarts_nothing(full: Rendered) -> None:
    """What changes with the chart alone must stay out of pod templates, selectors and volume claims."""
    for item in full:
        claims = item["spec"].get("volumeClaimTemplates", []) if "spec" in item else []
        for inner in [*claims, *([item["spec"]["template"]] if "template" in item.get("spec", {}) else [])]:
            assert "helm.sh/chart" not in inner["metadata"]["labels"]
            assert "proven.webapp/chart-digest" not in inner["metadata"].get("annotations", {})


def test_rolling_update_loses_nothing(full: Rendered) -> None:
    spec = full.one("Deployment", "todo-backend")["spec"]
    assert spec["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    assert spec["minReadySeconds"] > 0
    assert spec["progressDeadlineSeconds"] > 0
    pod = spec["template"]["spec"]
    sleep = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] == 40 > sleep


def test_who_gets_no_traffic_or_has_no_sibling_does_not_sleep(full: Rendered) -> None:
    assert "lifecycle" not in container(full.one("Deployment", "todo-mailer"))
    assert "lifecycle" not in container(full.one("StatefulSet", "todo-database"))


def test_probes(full: Rendered) -> None:
    backend = container(full.one("Deployment", "todo-backend"))
    wanted = FULL["backend"]["probes"]
    assert (backend["startupProbe"], backend["livenessProbe"], backend["readinessProbe"]) == (
        wanted["startup"],
        wanted["liveness"],
        wanted["readiness"],
    )
    assert not [key for key in container(full.one("Deployment", "todo-frontend")) if key.endswith("Probe")]


def test_command_and_ports(full: Rendered) -> None:
    backend = container(full.one("Deployment", "todo-backend"))
    assert (backend["command"], backend["args"]) == (["serve"], ["--fast"])
    assert [(port["name"], port["containerPort"]) for port in backend["ports"]] == [("http", 8000), ("metrics", 9000)]


def test_environment_comes_from_config_map_and_secret(full: Rendered) -> None:
    backend = container(full.one("Deployment", "todo-backend"))
    assert backend["envFrom"] == [{"configMapRef": {"name": "todo-backend-env"}}, {"secretRef": {"name": "todo-backend-1"}}]
    assert full.one("ConfigMap", "todo-backend-env")["data"] == FULL["backend"]["env"]
    assert not full.of("Secret")


def test_files_are_mounted(full: Rendered) -> None:
    data = full.one("ConfigMap", "todo-backend-files")["data"]
    mounts = [mount for mount in container(full.one("Deployment", "todo-backend"))["volumeMounts"] if mount["name"] == "files"]
    assert {mount["mountPath"]: data[mount["subPath"]] for mount in mounts} == FULL["backend"]["files"]
    assert all(re.fullmatch(r"[-._a-zA-Z0-9]+", key) for key in data)
    assert all(mount["readOnly"] for mount in mounts)


def test_writable_paths(full: Rendered) -> None:
    spec = full.one("Deployment", "todo-backend")["spec"]["template"]["spec"]
    assert {"name": "writable-0", "mountPath": "/var/cache/app"} in spec["containers"][0]["volumeMounts"]
    assert "emptyDir" in next(volume for volume in spec["volumes"] if volume["name"] == "writable-0")


@pytest.mark.parametrize(("key", "value"), [("env", {"A": "2"}), ("files", {"/x": "2"})])
def test_changed_config_restarts_the_pods(render: Render, key: str, value: dict[str, str]) -> None:
    def template(config: object) -> Any:
        return render({"a": web(**{key: config})}).one("Deployment", "todo-a")["spec"]["template"]["metadata"]["annotations"]

    assert template(value) != template(dict.fromkeys(value, "1"))


def test_changed_secret_restarts_the_pods(render: Render) -> None:
    def template(name: str) -> Any:
        return render({"a": web(secretName=name)}).one("Deployment", "todo-a")["spec"]["template"]

    assert template("a-1") != template("a-2")


def test_budget_from_two_replicas(full: Rendered) -> None:
    (budget,) = full.of("PodDisruptionBudget")
    assert budget["metadata"]["name"] == "todo-backend"
    assert budget["spec"]["maxUnavailable"] == 1


def test_spread_is_soft_and_only_where_there_is_something_to_spread(full: Rendered) -> None:
    constraints = full.one("Deployment", "todo-backend")["spec"]["template"]["spec"]["topologySpreadConstraints"]
    assert {item["whenUnsatisfiable"] for item in constraints} == {"ScheduleAnyway"}
    assert "topologySpreadConstraints" not in full.one("Deployment", "todo-frontend")["spec"]["template"]["spec"]


def test_replicas(full: Rendered, render: Render) -> None:
    assert full.one("Deployment", "todo-mailer")["spec"]["replicas"] == 0
    unsaid = {key: value for key, value in web().items() if key != "replicas"}
    assert render({"a": unsaid}).one("Deployment", "todo-a")["spec"]["replicas"] == 1


def test_stateful_set(full: Rendered) -> None:
    spec = full.one("StatefulSet", "todo-database")["spec"]
    headless = full.one("Service", "todo-database-headless")["spec"]
    assert spec["serviceName"] == "todo-database-headless"
    assert headless["clusterIP"] == "None"
    assert spec["podManagementPolicy"] == "Parallel"
    (claim,) = spec["volumeClaimTemplates"]
    assert claim["spec"]["resources"]["requests"]["storage"] == "1Gi"
    assert claim["spec"]["storageClassName"] == "fast"
    assert {"name": "data", "mountPath": "/var/lib/data"} in spec["template"]["spec"]["containers"][0]["volumeMounts"]


def test_services(full: Rendered) -> None:
    names = sorted(item["metadata"]["name"] for item in full.of("Service"))
    assert names == ["todo-backend", "todo-database", "todo-database-headless", "todo-frontend"]
    backend = full.one("Service", "todo-backend")["spec"]
    assert backend["type"] == "ClusterIP"
    assert [(port["name"], port["port"], port["targetPort"]) for port in backend["ports"]] == [
        ("http", 8000, "http"),
        ("metrics", 9000, "metrics"),
    ]
    frontend = full.one("Service", "todo-frontend")["spec"]
    assert frontend["type"] == "NodePort"
    assert frontend["ports"] == [{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP", "nodePort": 30080}]


@pytest.mark.parametrize("kind", ["NodePort", "LoadBalancer"])
def test_only_the_main_port_is_reached_from_outside(render: Render, kind: str) -> None:
    ports = [{"name": "http", "port": 8000}, {"name": "metrics", "port": 9000}]
    objects = render({"a": web(ports=ports, service={"type": kind, "port": 80})})
    assert [port["name"] for port in objects.one("Service", "todo-a")["spec"]["ports"]] == ["http"]
    internal = objects.one("Service", "todo-a-internal")["spec"]
    assert internal["type"] == "ClusterIP"
    assert [port["name"] for port in internal["ports"]] == ["metrics"]


def test_migration_is_a_hook_that_needs_nothing_new(full: Rendered) -> None:
    job = full.one("Job", "todo-backend-migrate")
    assert {key: value for key, value in job["metadata"]["annotations"].items() if key.startswith("helm.sh/")} == {
        "helm.sh/hook": "post-install,pre-upgrade",
        "helm.sh/hook-delete-policy": "before-hook-creation",
    }
    assert job["spec"]["activeDeadlineSeconds"] == 120
    assert job["spec"]["backoffLimit"] > 0
    only = container(job)
    assert only["command"] == ["alembic", "upgrade", "head"]
    assert "args" not in only
    assert job["spec"]["template"]["spec"]["restartPolicy"] == "Never"
    # Before an upgrade the ConfigMaps are still the old ones; the Secret is there by its name.
    assert only["envFrom"] == [{"secretRef": {"name": "todo-backend-1"}}]
    assert "configMap" not in json.dumps(job)


def test_a_migration_whose_node_is_drained_has_not_failed_and_there_are_never_two(full: Rendered) -> None:
    spec = full.one("Job", "todo-backend-migrate")["spec"]
    assert spec["podReplacementPolicy"] == "Failed"
    (rule,) = spec["podFailurePolicy"]["rules"]
    assert rule == {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}


def test_inlined_environment_means_the_same(full: Rendered) -> None:
    """Kubernetes expands $(NAME) in `env`, and not in a ConfigMap: what is inlined must be protected from it."""
    inlined = {item["name"]: item["value"] for item in container(full.one("Job", "todo-backend-migrate"))["env"]}
    assert inlined["PRICE"] == "$$(HOME) costs $$5"
    assert {key: value.replace("$$", "$") for key, value in inlined.items()} == FULL["backend"]["env"]


def test_upgrade_of_what_serves_nothing_migrates_afterwards(render: Render) -> None:
    """`helm template` has no cluster to look at, so it finds no pod that serves."""
    job = render(FULL, "--is-upgrade").one("Job", "todo-backend-migrate")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "post-install,post-upgrade"


def test_helm_test_asks_the_service_from_the_components_own_image(full: Rendered) -> None:
    pod = full.one("Pod", "todo-backend-test")
    assert pod["metadata"]["annotations"]["helm.sh/hook"] == "test"
    only = container(pod)
    assert only["command"] == ["check"]
    assert only["env"] == [{"name": "SERVICE_URL", "value": "http://todo-backend:8000"}]
    assert pod["spec"]["activeDeadlineSeconds"] == 30


def test_digest_and_dependencies_are_annotations(full: Rendered) -> None:
    annotations = full.one("Deployment", "todo-backend")["metadata"]["annotations"]
    assert annotations["proven.webapp/chart-digest"].startswith("sha256:")
    assert json.loads(annotations["proven.webapp/depends-on"]) == {"database": "unready"}


def test_what_the_watch_shall_tolerate_is_an_annotation_of_the_workload(render: Render) -> None:
    rollout = {"restartsTolerated": 0, "readyWithin": 1000000}
    database = {**FULL["database"], "rollout": rollout}
    objects = render({"a": web(rollout=rollout, migrate={"command": ["m"]}), "b": web(), "database": database})
    for workload in (
        objects.one("Deployment", "todo-a"),
        objects.one("StatefulSet", "todo-database"),
        objects.one("Job", "todo-a-migrate"),
    ):
        assert json.loads(workload["metadata"]["annotations"]["proven.webapp/rollout"]) == rollout
        assert "1e+06" not in workload["metadata"]["annotations"]["proven.webapp/rollout"]
        assert "proven.webapp/rollout" not in workload["spec"]["template"]["metadata"].get("annotations", {})
    assert "proven.webapp/rollout" not in objects.one("Deployment", "todo-b")["metadata"]["annotations"]


def test_rolling_components_render_as_they_always_did(full: Rendered) -> None:
    """A new version of the collection must not restart anybody's pods: rolling.yaml is what the first one rendered.

    What changes here on purpose, and outside of pod templates, selectors and claims alone, may be changed there.
    """
    assert full == list(yaml.safe_load_all((Path(__file__).parent / "rolling.yaml").read_text()))


def test_no_image_is_made_up(full: Rendered) -> None:
    text = json.dumps(full)
    assert "latest" not in text
    assert set(re.findall(r'"image": "([^"]*)"', text)) == {IMAGE}


def test_longest_names_fit(render: Render) -> None:
    component = "c" * 25
    release = "r" * (52 - 1 - len(component))
    for item in render({component: FULL["backend"] | {"dependsOn": {}}}, release=release):
        assert len(item["metadata"]["name"]) <= 63
