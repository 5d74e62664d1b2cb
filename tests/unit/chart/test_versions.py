# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two versions of a component side by side: what serves, what comes, what waits."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._audit.documents import Document
from ansible_collections.proven.webapp.plugins.module_utils._audit.engine import audit
from ansible_collections.proven.webapp.plugins.module_utils._spec.steps import CANARIES, COMPONENT, TRACK, Steps, sound_slots, steps

from .conftest import CHART, DIGEST, FULL, Manifest, Render, Rendered

Make = Callable[..., Steps]
OLD = FULL["backend"]
NEW = {**OLD, "image": OLD["image"].replace("/x@", "/new@"), "env": {"LOG_LEVEL": "debug"}, "secretName": "todo-backend-2"}


def version(now: dict[str, Any] | None, new: dict[str, Any], strategy: str) -> Steps:
    before = {"components": {"backend": now}} if now else {}
    every = {("backend", slot) for slot in ("live", "blue", "green")}
    return steps({"chartDigest": DIGEST, "components": {"backend": new}}, {"backend": {"strategy": strategy, "weight": 20}}, before, every)


def rendered(render: Render, values: dict[str, Any]) -> Rendered:
    return render(values["components"], "--is-upgrade")


def by_name(objects: Rendered) -> dict[tuple[str, str], Manifest]:
    return {(item["kind"], item["metadata"]["name"]): item for item in objects}


def selected(objects: Rendered, name: str) -> set[str]:
    """Names of the Deployments whose pods a Service leads to."""
    wants = objects.one("Service", name)["spec"]["selector"].items()
    found = {item["metadata"]["name"] for item in objects.of("Deployment") if wants <= template(item)["metadata"]["labels"].items()}
    others = [pod for kind, pod in objects.pods() if kind in ("Job", "Pod") and wants <= pod["metadata"]["labels"].items()]
    assert others == []
    return found


def template(item: Manifest) -> Manifest:
    return dict(item["spec"]["template"])


def image(objects: Rendered, name: str) -> str:
    return str(template(objects.one("Deployment", name))["spec"]["containers"][0]["image"])


@pytest.fixture(params=["live", "blue", "green"])
def slots(request: pytest.FixtureRequest) -> tuple[str, str]:
    """(slot that serves, slot that comes)"""
    return request.param, "green" if request.param == "blue" else "blue"


@pytest.fixture
def now(slots: tuple[str, str]) -> dict[str, Any]:
    return OLD if slots[0] == "live" else {**OLD, "track": slots[0]}


def name(slot: str) -> str:
    return "todo-backend" if slot == "live" else f"todo-backend-{slot}"


def test_the_first_step_leaves_all_that_serves_as_it_was(render: Render, now: dict[str, Any], slots: tuple[str, str]) -> None:
    before = by_name(render({"backend": now}, "--is-upgrade"))
    after = by_name(rendered(render, version(now, NEW, "blue_green").first))
    added = {(kind, name(slots[1])) for kind in ("Deployment", "PodDisruptionBudget")} | {
        ("ConfigMap", f"{name(slots[1])}-{what}") for what in ("env", "files")
    }
    assert after.keys() - before.keys() == added
    hook = ("Job", "todo-backend-migrate")
    assert {key for key in before if before[key] != after.get(key)} == {hook}
    assert template(after[hook])["spec"]["containers"][0]["image"] == NEW["image"]


def test_the_switch_is_a_patch_of_the_service_alone(render: Render, now: dict[str, Any], slots: tuple[str, str]) -> None:
    found = version(now, NEW, "blue_green")
    first, then = (by_name(rendered(render, values)) for values in (found.first, found.then[-1].values))
    # The migration was part of the first step, and `helm test` asks by the image of the version that serves.
    hooks = {("Job", "todo-backend-migrate"), ("Pod", "todo-backend-test")}
    assert {key for key in first.keys() | then.keys() if first.get(key) != then.get(key)} - hooks == {("Service", "todo-backend")}
    assert hooks - then.keys() == {("Job", "todo-backend-migrate")}
    assert selected(rendered(render, found.first), "todo-backend") == {name(slots[0])}
    assert selected(rendered(render, found.then[-1].values), "todo-backend") == {name(slots[1])}


def test_each_version_keeps_its_own(render: Render, now: dict[str, Any], slots: tuple[str, str]) -> None:
    objects = rendered(render, version(now, NEW, "blue_green").then[-1].values)
    assert {slot: image(objects, name(slot)) for slot in slots} == {slots[0]: OLD["image"], slots[1]: NEW["image"]}
    for slot, values in zip(slots, (OLD, NEW), strict=True):
        container = template(objects.one("Deployment", name(slot)))["spec"]["containers"][0]
        assert container["envFrom"] == [{"configMapRef": {"name": f"{name(slot)}-env"}}, {"secretRef": {"name": values["secretName"]}}]
        assert objects.one("ConfigMap", f"{name(slot)}-env")["data"] == values["env"]


@pytest.mark.parametrize("strategy", ["blue_green", "canary"])
def test_no_pod_is_selected_by_two_who_would_fight_for_it(render: Render, now: dict[str, Any], strategy: str) -> None:
    # Of ten pods two are canaries, enough for a budget of their own.
    objects = rendered(render, version({**now, "replicas": 10}, {**NEW, "replicas": 10}, strategy).first)
    for item in objects.of("Deployment"):
        labels = template(item)["metadata"]["labels"].items()
        assert item["spec"]["selector"]["matchLabels"].items() <= labels
        budgets = [one for one in objects.of("PodDisruptionBudget") if one["spec"]["selector"]["matchLabels"].items() <= labels]
        assert len(budgets) == 1, item["metadata"]["name"]
        for constraint in template(item)["spec"].get("topologySpreadConstraints", []):
            assert constraint["labelSelector"]["matchLabels"] == item["spec"]["selector"]["matchLabels"]


def test_colours_are_told_apart_by_the_track(render: Render) -> None:
    objects = rendered(render, version({**OLD, "track": "blue"}, NEW, "blue_green").then[-1].values)
    tracks = {item["metadata"]["name"]: template(item)["metadata"]["labels"][TRACK] for item in objects.of("Deployment")}
    assert tracks == {"todo-backend-blue": "blue", "todo-backend-green": "green"}


def test_canaries_share_the_requests_and_then_give_way(render: Render, now: dict[str, Any], slots: tuple[str, str]) -> None:
    found = version(now, {**NEW, "replicas": 10}, "canary")
    first, then = rendered(render, found.first), rendered(render, found.then[-1].values)
    assert selected(first, "todo-backend") == {name(slots[0]), "todo-backend-canary"}
    assert first.one("Deployment", "todo-backend-canary")["spec"]["replicas"] == 2
    assert (image(first, name(slots[0])), image(first, "todo-backend-canary")) == (OLD["image"], NEW["image"])
    assert first.one("Deployment", name(slots[0])) == render({"backend": now}).one("Deployment", name(slots[0]))
    assert [item["metadata"]["name"] for item in then.of("Deployment")] == [name(slots[0])]
    assert image(then, name(slots[0])) == NEW["image"]


ROUTED = {"route": {"parents": [{"name": "gateway"}], "canary": 20}}


def shares(objects: Rendered) -> list[tuple[str, int]]:
    return [(item["name"], item["weight"]) for item in objects.one("HTTPRoute", "todo-backend")["spec"]["rules"][0]["backendRefs"]]


def test_where_a_route_shares_requests_the_service_of_the_canaries_alone_is_led_to_them(
    render: Render, now: dict[str, Any], slots: tuple[str, str]
) -> None:
    found = version({**now, **ROUTED}, {**NEW, **ROUTED, "replicas": 10}, "canary")
    before = render({"backend": {**now, **ROUTED}}, "--is-upgrade")
    first, shared, then = (rendered(render, values) for values in (found.first, *(step.values for step in found.then)))
    serving, canaries = {name(slots[0])}, {"todo-backend-canary"}
    for objects, to in ((before, serving), (first, serving), (shared, canaries), (then, serving)):
        assert selected(objects, "todo-backend") == serving
        assert selected(objects, "todo-backend-canary") == to
        assert shares(objects) == [("todo-backend", 80), ("todo-backend-canary", 20)]
    one, two = by_name(first), by_name(shared)
    hooks = {("Job", "todo-backend-migrate")}
    assert {key for key in one.keys() | two.keys() if one.get(key) != two.get(key)} - hooks == {("Service", "todo-backend-canary")}
    assert image(shared, "todo-backend-canary") == NEW["image"]


def test_no_pod_is_measured_twice(render: Render) -> None:
    old = {**OLD, **ROUTED, "monitoring": {"port": OLD["ports"][0]["name"]}}
    found = version(old, {**NEW, **ROUTED}, "canary")
    for values, measured in ((found.first, ["todo-backend"]), (found.then[0].values, ["todo-backend", "todo-backend-canary"])):
        objects = rendered(render, values)
        wants = objects.one("ServiceMonitor", "todo-backend")["spec"]["selector"]
        out = wants["matchExpressions"][0]
        named = [
            item["metadata"]["name"]
            for item in objects.of("Service")
            if wants["matchLabels"].items() <= item["metadata"]["labels"].items()
            and item["metadata"]["labels"].get(out["key"]) not in out["values"]
        ]
        assert sorted(named) == measured


def test_what_was_rendered_is_what_the_steps_look_for(render: Render) -> None:
    """The labels that say which version a Deployment holds are the chart's."""
    objects = [
        *rendered(render, version(OLD, NEW, "canary").first),
        *rendered(render, version({**OLD, "track": "blue"}, NEW, "blue_green").first),
    ]
    ready = []
    for item in objects:
        if item["kind"] == "Deployment":
            wanted = item["spec"]["replicas"]
            ready.append({**item, "status": {"replicas": wanted, "updatedReplicas": wanted, "availableReplicas": wanted}})
    assert sound_slots(ready) == {("backend", slot) for slot in ("live", "canary", "blue", "green")}
    assert {label for item in ready for label in template(item)["metadata"]["labels"]} >= {COMPONENT, TRACK, CANARIES}


def test_the_migration_of_an_upgrade_goes_by_the_version_that_serves(render: Render) -> None:
    """`helm template` has no cluster, so that nothing serves; the name that would be looked up is in the template alone."""
    assert not rendered(render, version({**OLD, "track": "blue"}, NEW, "blue_green").then[-1].values).of("Job")
    assert render({"backend": {**OLD, "track": "blue"}}).one("Job", "todo-backend-migrate")


def test_helm_test_uses_the_configuration_of_the_version_that_serves(render: Render) -> None:
    pod = rendered(render, version(OLD, NEW, "blue_green").then[-1].values).one("Pod", "todo-backend-test")
    assert json.dumps(pod).count("todo-backend-blue-env") == 1
    assert pod["spec"]["containers"][0]["env"] == [{"name": "SERVICE_URL", "value": "http://todo-backend:8000"}]


@pytest.mark.parametrize("strategy", ["blue_green", "canary"])
@pytest.mark.parametrize("step", ["first", "then"])
def test_the_audit_finds_nothing_that_rolling_has_not(render: Render, strategy: str, step: str) -> None:
    def found(objects: Rendered) -> set[str]:
        return {item.rule.id for item in audit([Document(item) for item in objects]).findings}

    # Enough for two canaries: of one the audit would say that it is but one.
    old, new = {**OLD, "replicas": 10}, {**NEW, "replicas": 10}
    made = version(old, new, strategy)
    objects = rendered(render, made.first if step == "first" else made.then[-1].values)
    assert found(objects) == found(render({"backend": old}))


@pytest.mark.parametrize(
    "change",
    [
        {"track": "live"},
        {"track": "canary"},
        {"beside": {"track": "blue"}},
        {"beside": {"values": OLD}},
        {"beside": {"track": "red", "values": OLD}},
        {"beside": {"track": "blue", "values": {**OLD, "track": "green"}}},
        {"beside": {"track": "blue", "values": {**OLD, "beside": {"track": "green", "values": OLD}}}},
        {"beside": {"track": "blue", "values": {**OLD, "storage": {"path": "/x", "size": "1Gi"}}}},
        {"beside": {"track": "blue", "values": OLD, "serves": True}},
        {"route": {"parents": [{"name": "gateway"}], "canary": 100}},
        {"track": "blue", "storage": {"path": "/x", "size": "1Gi"}, "replicas": 1},
    ],
)
def test_schema_refuses(helm: Any, change: dict[str, Any]) -> None:
    done = helm("template", "todo", str(CHART), values={"components": {"backend": {**copy.deepcopy(OLD), **change}}})
    assert done.returncode != 0
    assert "schema" in done.stderr, done.stderr


@pytest.mark.parametrize(("track", "beside"), [({}, "live"), ({"track": "blue"}, "blue")])
def test_a_version_beside_itself_is_refused(helm: Any, track: dict[str, str], beside: str) -> None:
    done = helm(
        "template", "todo", str(CHART), values={"components": {"backend": {**OLD, **track, "beside": {"track": beside, "values": OLD}}}}
    )
    assert done.returncode != 0
    assert "components.backend.beside.track" in done.stderr
