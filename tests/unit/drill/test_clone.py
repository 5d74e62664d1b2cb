# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a clone is like: who may select it, what it is told to call the proxy by, and what it must not have."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._drill.clone import TOOLBOX, Order, Subject, clone
from ansible_collections.proven.webapp.plugins.module_utils._drill.depends import find_dependencies
from ansible_collections.proven.webapp.plugins.module_utils._drill.labels import Selector, clone_labels, lost_policies
from ansible_collections.proven.webapp.plugins.module_utils._drill.model import DEGRADED, UNREADY, Dependency
from ansible_collections.proven.webapp.plugins.module_utils._drill.plan import Estate, Wish, plan
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

OURS = {
    "app.kubernetes.io/instance": "todo",
    "app.kubernetes.io/component": "backend",
    "proven.webapp/track": "live",
    "pod-template-hash": "abc",
}
OWN = {"proven.webapp/drill": "r1"}


def service(name: str, selector: dict[str, str] | None, port: int = 5432, **labels: str) -> dict[str, Any]:
    prefixed = {f"app.kubernetes.io/{key}": value for key, value in labels.items()}
    return {
        "metadata": {"name": name, "labels": prefixed},
        "spec": {"selector": selector, "ports": [{"port": port}], "clusterIP": "10.0.0.1"},
    }


def workload(kind: str = "Deployment", name: str = "todo-backend", component: str = "backend", **spec: Any) -> dict[str, Any]:
    container = {
        "name": component,
        "image": "x",
        "ports": [{"name": "http", "containerPort": 8000}],
        "readinessProbe": {"httpGet": {"path": "/readyz", "port": "http"}, "timeoutSeconds": 3},
        "livenessProbe": {"httpGet": {"path": "/livez", "port": "http"}},
    }
    return {
        "kind": kind,
        "metadata": {
            "name": name,
            "namespace": "todo",
            "uid": f"uid-{name}",
            "labels": {"app.kubernetes.io/instance": "todo", "app.kubernetes.io/component": component},
            "annotations": {"proven.webapp/depends-on": '{"database": "unready"}'},
        },
        "spec": {
            "selector": {"matchLabels": {"app.kubernetes.io/component": component}},
            "template": {
                "metadata": {"labels": {**OURS, "app.kubernetes.io/component": component}},
                "spec": {"containers": [container], **spec},
            },
        },
    }


# --- labels

LIVE_SERVICE = Selector("Service/todo-backend", (("app.kubernetes.io/component", "backend"), ("proven.webapp/track", "live")), traffic=True)


def test_our_chart_loses_no_label_but_the_track() -> None:
    made = clone_labels(OURS, [LIVE_SERVICE], OWN)
    assert made.labels == {
        "app.kubernetes.io/instance": "todo",
        "app.kubernetes.io/component": "backend",
        "proven.webapp/track": "drill",
        **OWN,
    }
    assert not made.dropped
    assert not made.still


def test_of_other_charts_labels_go_until_nobody_selects_it() -> None:
    selectors = [
        Selector("Service/shop", (("app", "shop"),), traffic=True),
        Selector("Deployment/shop", (("app", "shop"), ("tier", "web"))),
        Selector("ReplicaSet/shop-1", (), ({"key": "tier", "operator": "In", "values": ["web"]},)),
        Selector("Service/other", (("app", "other"),), traffic=True),
    ]
    made = clone_labels({"app": "shop", "tier": "web", "team": "a"}, selectors, OWN)
    assert made.labels == {"team": "a", **OWN}
    assert set(made.dropped) == {"app", "tier"}
    assert "Service/shop" in made.dropped["app"]
    assert not any(selector.matches(made.labels) for selector in selectors)


def test_who_selects_by_what_is_not_there_can_not_be_escaped() -> None:
    greedy = Selector("Service/all", (), ({"key": "canary", "operator": "DoesNotExist"},), traffic=True)
    assert clone_labels(OURS, [greedy], OWN).still == (greedy,)


@pytest.mark.parametrize(
    ("expression", "labels", "matches"),
    [
        ({"operator": "In", "values": ["a", "b"]}, {"k": "a"}, True),
        ({"operator": "In", "values": ["a", "b"]}, {"k": "c"}, False),
        ({"operator": "In", "values": ["a"]}, {}, False),
        ({"operator": "NotIn", "values": ["a"]}, {"k": "a"}, False),
        ({"operator": "NotIn", "values": ["a"]}, {}, True),
        ({"operator": "Exists"}, {"k": ""}, True),
        ({"operator": "Exists"}, {}, False),
        ({"operator": "DoesNotExist"}, {}, True),
        ({"operator": "DoesNotExist"}, {"k": "a"}, False),
    ],
)
def test_expressions_match_as_in_kubernetes(expression: dict[str, Any], labels: dict[str, str], matches: bool) -> None:
    assert Selector("x", (), ({"key": "k", **expression},)).matches(labels) is matches


def test_policies_that_no_longer_hold_are_told() -> None:
    policies = [Selector("NetworkPolicy/a", (("app", "shop"),)), Selector("NetworkPolicy/all"), Selector("NetworkPolicy/b", (("x", "y"),))]
    assert lost_policies({"app": "shop"}, {}, policies) == ["NetworkPolicy/a"]


# --- dependencies

DATABASE = service("todo-database", {"a": "b"}, instance="todo", component="database")
HEADLESS = {**service("todo-database-headless", {"a": "b"}, instance="todo", component="database")}
HEADLESS["spec"] = {**HEADLESS["spec"], "clusterIP": "None"}


def test_a_component_is_called_by_its_service() -> None:
    found = find_dependencies(workload(), {}, [HEADLESS, DATABASE], [8000])
    (dependency,) = found.dependencies
    assert dependency.hosts == ("todo-database", "todo-database.todo", "todo-database.todo.svc", "todo-database.todo.svc.cluster.local")
    assert dependency.ports == (5432,)
    assert dependency.on_loss == UNREADY
    assert not found.not_shown


@pytest.mark.parametrize("host", ["todo-database", "todo-database.todo.svc", "todo-database.todo.svc.cluster.local"])
def test_a_service_given_by_any_of_its_names_stands_for_all(host: str) -> None:
    given = {"database": {"host": host, "aliases": ["pg"], "on_loss": "degraded"}}
    (dependency,) = find_dependencies(workload(), given, [DATABASE], []).dependencies
    assert dependency.hosts[0] == host
    assert {"todo-database", "todo-database.todo.svc.cluster.local", "pg"} <= set(dependency.hosts)
    assert dependency.ports == (5432,)
    assert dependency.on_loss == DEGRADED


def test_a_host_of_elsewhere_stands_for_itself() -> None:
    given = {"database": {"host": "todo-database.example.com", "port": 6432}}
    (dependency,) = find_dependencies(workload(), given, [DATABASE], []).dependencies
    assert dependency.hosts == ("todo-database.example.com",)
    assert dependency.ports == (6432,)


@pytest.mark.parametrize(
    ("given", "services", "reason"),
    [
        ({}, [], "its host isn't known"),
        ({"database": {"host": "db.example.com"}}, [], "its port isn't known"),
        ({"database": {"host": "10.0.0.7", "port": 5432}}, [], "is an address"),
        ({"database": {"host": "fd00::1", "port": 5432}}, [], "is an address"),
        ({"database": {"host": "db.example.com", "port": 8000}}, [], "listens on port 8000 itself"),
        ({}, [service("database", {"a": "b"}, instance="other", component="database")], "its host isn't known"),
    ],
)
def test_what_can_not_be_taken_away_is_told_with_the_reason(given: Any, services: Any, reason: str) -> None:
    found = find_dependencies(workload(), given, services, [8000])
    assert not found.dependencies
    (told,) = found.not_shown
    assert told.startswith("database: ")
    assert reason in told


@pytest.mark.parametrize("raw", [{"hots": "x"}, {"on_loss": "ready"}, {"host": "x", "port": "five"}])
def test_nonsense_is_refused(raw: dict[str, Any]) -> None:
    with pytest.raises(ProvenError) as caught:
        find_dependencies(workload(), {"database": raw}, [], [])
    assert "depends_on.database" in str(caught.value)


def test_an_annotation_that_is_no_json_is_refused() -> None:
    broken = workload()
    broken["metadata"]["annotations"]["proven.webapp/depends-on"] = "database"
    with pytest.raises(ProvenError, match="no map"):
        find_dependencies(broken, {}, [], [])


# --- the clone

DEPENDENCIES = (
    Dependency("database", ("todo-database",), (5432,), UNREADY),
    Dependency("search", ("search.example.com",), (443, 9200), DEGRADED),
)


def order(**more: Any) -> Order:
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": "g", "uid": "u"}
    return Order("c", "r1", {"a": "b"}, owner, "toolbox@sha256:1", 300, **{"dependencies": DEPENDENCIES, **more})


def made(spec: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return clone(Subject.of(workload(**(spec or {})), "backend"), order(**more))


def test_the_proxy_stands_between_the_application_and_what_it_calls() -> None:
    spec = made()["spec"]
    assert spec["hostAliases"] == [
        {"ip": "127.0.0.2", "hostnames": ["todo-database"]},
        {"ip": "127.0.0.3", "hostnames": ["search.example.com"]},
    ]
    toolbox = spec["initContainers"][0]
    assert toolbox["name"] == TOOLBOX
    assert toolbox["restartPolicy"] == "Always"
    assert "--mode=pass" in toolbox["args"]
    assert [arg for arg in toolbox["args"] if arg.startswith("--target")] == [
        "--target=database=127.0.0.2:5432=todo-database:5432",
        "--target=search-443=127.0.0.3:443=search.example.com:443",
        "--target=search-9200=127.0.0.3:9200=search.example.com:9200",
    ]
    assert spec["securityContext"]["sysctls"] == [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}]


def test_it_is_there_before_any_other_init_container() -> None:
    spec = made({"initContainers": [{"name": "wait"}], "hostAliases": [{"ip": "1.1.1.1", "hostnames": ["x"]}]})["spec"]
    assert [item["name"] for item in spec["initContainers"]] == [TOOLBOX, "wait"]
    assert spec["hostAliases"][0]["ip"] == "1.1.1.1"


def test_ports_that_anybody_may_use_need_no_right() -> None:
    assert "securityContext" not in made(dependencies=DEPENDENCIES[:1])["spec"]


def test_nothing_of_the_live_pods_is_mounted() -> None:
    volumes = [
        {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
        {"name": "host", "hostPath": {"path": "/srv"}},
        {"name": "share", "nfs": {"server": "x", "path": "/"}},
        {"name": "scratch", "ephemeral": {}},
        {"name": "tmp", "emptyDir": {}},
        {"name": "settings", "configMap": {"name": "s"}},
        {"name": "keys", "secret": {"secretName": "k"}},
    ]
    spec = made({"volumes": volumes})["spec"]
    kept = {volume["name"]: set(volume) - {"name"} for volume in spec["volumes"]}
    assert kept == {
        **{name: {"emptyDir"} for name in ("data", "host", "share", "scratch", "tmp")},
        "settings": {"configMap"},
        "keys": {"secret"},
    }


def test_claims_of_a_stateful_set_are_empty_too() -> None:
    stateful = workload("StatefulSet")
    stateful["spec"]["volumeClaimTemplates"] = [{"metadata": {"name": "data"}}]
    spec = clone(Subject.of(stateful, "backend"), order())["spec"]
    assert spec["volumes"] == [{"name": "data", "emptyDir": {}}]


def test_it_pushes_nobody_aside_and_ends_by_itself() -> None:
    tied = {
        "priorityClassName": "high",
        "nodeName": "n",
        "subdomain": "s",
        "hostname": "h",
        "readinessGates": [{"conditionType": "x"}],
        "topologySpreadConstraints": [{}],
        "affinity": {"podAntiAffinity": {"x": 1}, "nodeAffinity": {"y": 1}},
        "terminationGracePeriodSeconds": 60,
    }
    pod = made(tied)
    assert not {"priorityClassName", "nodeName", "subdomain", "hostname", "readinessGates", "topologySpreadConstraints"} & set(pod["spec"])
    assert pod["spec"]["affinity"] == {"nodeAffinity": {"y": 1}}
    assert pod["spec"]["activeDeadlineSeconds"] == 300
    assert pod["spec"]["terminationGracePeriodSeconds"] == 60
    assert pod["metadata"]["ownerReferences"][0]["kind"] == "Job"
    assert pod["metadata"]["labels"] == {"a": "b", "proven.webapp/drill": "r1", "proven.webapp/drill-of": "uid-todo-backend"}


def test_overrides_reach_its_container_and_the_template_stays_as_it_is() -> None:
    source = workload()
    source["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    before = copy.deepcopy(source)
    pod = clone(Subject.of(source, "backend"), order(overrides={"env": {"A": "$x"}, "command": ["run"], "args": [1]}))
    container = pod["spec"]["containers"][0]
    assert container["env"] == [{"name": "B", "value": "2"}, {"name": "A", "value": "$$x"}]
    assert (container["command"], container["args"]) == (["run"], ["1"])
    assert source == before


@pytest.mark.parametrize(("spec", "reason"), [({"hostNetwork": True}, "node's network"), ({}, "")])
def test_what_keeps_a_clone_from_showing_anything(spec: dict[str, Any], reason: str) -> None:
    told = Subject.of(workload(**spec), "backend").obstacle()
    assert reason in told
    assert bool(told) is bool(reason)


def test_the_container_with_a_readiness_probe_counts() -> None:
    two = workload()
    two["spec"]["template"]["spec"]["containers"].insert(0, {"name": "sidecar"})
    subject = Subject.of(two, "backend")
    assert (subject.container, subject.port, subject.readiness_path, subject.health_paths) == (
        "backend",
        8000,
        "/readyz",
        ("/livez", "/readyz"),
    )


# --- the plan

SERVICES = [service("todo-backend", {"app.kubernetes.io/component": "backend"}, 8000), DATABASE]


def estate(*workloads: dict[str, Any], selectors: Any = (LIVE_SERVICE,), **more: Any) -> Estate:
    return Estate(workloads or (workload(),), SERVICES, selectors, **more)


def test_all_drills_of_what_serves() -> None:
    planned = plan(estate(), Wish("x"))
    (cast,) = planned.casts
    assert [task.scenario for task in cast.tasks] == ["refused", "blackholed", "slow", "cold_start", "sigterm"]
    assert [task.mode for task in cast.tasks] == ["refuse", "blackhole", "slow:6000", "refuse", "pass"]
    assert not planned.not_shown
    assert cast.tasks[0].requests.paths == ("/readyz",)
    assert planned.seconds(1) > planned.seconds(5)


def test_of_two_versions_the_one_is_drilled_that_serves() -> None:
    waiting = workload(name="todo-backend-green")
    waiting["spec"]["template"]["metadata"]["labels"]["proven.webapp/track"] = "green"
    for order in ((workload(), waiting), (waiting, workload())):
        (cast,) = plan(estate(*order), Wish("x")).casts
        assert cast.subject.name == "todo-backend"


def test_names_of_clones_fit_and_differ() -> None:
    long = workload(name="a" * 60)
    (cast,) = plan(estate(long), Wish("x")).casts
    names = [cast.clone_name(task, "r1") for task in cast.tasks]
    assert len(set(names)) == len(names)
    assert all(len(name) <= 63 and name[0].isalnum() for name in names)


def test_what_acts_by_itself_is_drilled_by_name_and_with_overrides_only() -> None:
    worker = workload(name="todo-worker", component="worker")
    planned = plan(estate(workload(), worker), Wish("x"))
    assert [cast.subject.component for cast in planned.casts] == ["backend"]
    assert any(note.startswith("worker: not drilled") for note in planned.notes)
    with pytest.raises(ProvenError, match="No Service leads to worker"):
        plan(estate(worker), Wish("x", components=("worker",)))
    (cast,) = plan(estate(worker), Wish("x", components=("worker",), overrides={"worker": {"env": {"DRY": "1"}}})).casts
    assert cast.subject.component == "worker"


def test_a_clone_that_would_get_traffic_is_not_made() -> None:
    greedy = Selector("Service/all", (), ({"key": "canary", "operator": "DoesNotExist"},), traffic=True)
    with pytest.raises(ProvenError, match="would be taken by Service/all"):
        plan(estate(selectors=(LIVE_SERVICE, greedy)), Wish("x"))


def test_a_budget_for_every_pod_is_only_told() -> None:
    everything = Selector("PodDisruptionBudget/all")
    planned = plan(estate(selectors=(LIVE_SERVICE, everything)), Wish("x"))
    assert any("PodDisruptionBudget/all counts its clones" in note for note in planned.notes)


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (Wish("x", components=("frontend",)), "no such component: frontend"),
        (Wish("x", requests={"frontend": ["/"]}), "no such component: frontend"),
        (Wish("x", scenarios=("fire",)), "unknown: fire"),
    ],
)
def test_wishes_that_make_no_sense_are_refused(wish: Wish, words: str) -> None:
    with pytest.raises(ProvenError, match=words):
        plan(estate(), wish)


def test_nothing_to_drill_is_an_error() -> None:
    with pytest.raises(ProvenError, match="nothing to drill"):
        plan(estate(workload("StatefulSet")), Wish("x"))


def test_an_unknown_host_is_not_shown_and_never_a_pass() -> None:
    lonely = workload()
    lonely["metadata"]["annotations"]["proven.webapp/depends-on"] = '{"mail": "degraded"}'
    planned = plan(estate(lonely), Wish("x"))
    assert planned.not_shown == ("backend, mail: its host isn't known: no component of the release has that name, and none was given",)


def test_without_a_path_it_is_told_that_requests_are_not_looked_at() -> None:
    mute = workload()
    mute["spec"]["template"]["spec"]["containers"][0]["readinessProbe"] = {"exec": {"command": ["true"]}}
    planned = plan(estate(mute), Wish("x", scenarios=("sigterm",)))
    assert any("no path is known" in gap for gap in planned.not_shown)
