# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""In which steps a release is applied."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._spec.steps import REPLAYS, Step, Steps, shown, sound_slots, steps, way_back

OTHER = {"kind": "worker", "image": "other:1"}
BLUE_GREEN = {"strategy": "blue_green", "weight": None}
CANARY = {"strategy": "canary", "weight": 20}
ROLLING = {"strategy": "rolling", "weight": None}
ALL = {("a", slot) for slot in ("live", "blue", "green", "canary")}
Values = dict[str, Any]


def version(number: int, **more: Any) -> Values:
    return {"kind": "web", "image": f"a:{number}", "replicas": 2, "migrate": {"command": ["m"]}, **more}


def app(component: Values, digest: str = "d") -> Values:
    return {"chartDigest": digest, "components": {"a": component, "other": OTHER}}


def release(wanted: Values, rollout: Values, before: Values | None, sound: set[tuple[str, str]] | None = None) -> Steps:
    """The steps to a version of the component `a`."""
    given = app(wanted), {"a": rollout}, app(before) if before else {}, ALL if sound is None else sound
    kept = copy.deepcopy(given)
    found = steps(*given)
    assert given == kept
    assert found.first["components"]["other"] == OTHER
    return found


def place(found: Steps) -> tuple[Any, Any]:
    """What becomes of the component `a`, first and then; None where there is no second step."""
    assert len(found.then) <= 1
    return found.first["components"]["a"], found.then[0].values["components"]["a"] if found.then else None


def coming(slot: str, values: Values) -> Values:
    return {"track": slot, "comes": True, "values": values}


def waiting(slot: str, values: Values) -> Values:
    return {"track": slot, "values": values}


def test_rolling_values_are_handed_on_as_they_are() -> None:
    found = release(version(2), ROLLING, version(1))
    assert (found.first, found.then) == (app(version(2)), ())
    assert release(version(1), {}, None).first == app(version(1))


def test_the_first_release_is_of_one_colour_alone() -> None:
    assert place(release(version(1), BLUE_GREEN, None)) == ({**version(1), "track": "blue"}, None)
    assert place(release(version(1), CANARY, None)) == (version(1), None)


@pytest.mark.parametrize(("serves", "comes"), [("blue", "green"), ("green", "blue"), ("live", "blue")])
def test_the_other_colour_comes_beside_and_then_they_change_places(serves: str, comes: str) -> None:
    now = version(1) if serves == "live" else {**version(1), "track": serves}
    found = release(version(2), BLUE_GREEN, now)
    first, then = place(found)
    assert first == {**now, "beside": coming(comes, version(2))}
    assert then == {**version(2), "track": comes, "beside": waiting(serves, version(1))}
    assert found.then[0].coming == {("a", comes): 2}


def test_the_old_colour_is_replaced_by_the_next_release() -> None:
    now = {**version(2), "track": "blue", "beside": waiting("green", version(1))}
    first, then = place(release(version(3), BLUE_GREEN, now))
    assert first == {**version(2), "track": "blue", "beside": coming("green", version(3))}
    assert then == {**version(3), "track": "green", "beside": waiting("blue", version(2))}


def test_after_a_rolling_component_went_blue_it_goes_green() -> None:
    now = {**version(2), "track": "blue", "beside": waiting("live", version(1))}
    assert place(release(version(3), BLUE_GREEN, now))[0]["beside"]["track"] == "green"


@pytest.mark.parametrize("rollout", [BLUE_GREEN, CANARY, ROLLING])
@pytest.mark.parametrize(
    "now",
    [
        version(1),
        {**version(1), "track": "blue"},
        {**version(1), "track": "blue", "beside": waiting("live", version(0))},
        {**version(1), "track": "green", "beside": waiting("blue", version(0))},
    ],
)
def test_nothing_changed_is_nothing_to_do_whatever_the_strategy(rollout: Values, now: Values) -> None:
    found = release(version(1), rollout, now)
    assert (found.first, found.then) == (app(now), ())


def test_an_edited_chart_is_a_release_and_no_new_version() -> None:
    now = {**version(1), "track": "green", "beside": waiting("blue", version(0))}
    found = steps(app(version(1), "new"), {"a": BLUE_GREEN}, app(now, "old"), ALL)
    assert (found.first, found.then) == (app(now, "new"), ())


@pytest.mark.parametrize("rollout", [BLUE_GREEN, CANARY])
def test_an_interrupted_release_goes_on_where_it_was(rollout: Values) -> None:
    begun = release(version(2), rollout, version(1))
    again = release(version(2), rollout, begun.first["components"]["a"])
    assert again == begun
    done = release(version(2), rollout, again.then[-1].values["components"]["a"])
    assert (done.first, done.then) == (again.then[-1].values, ())


def test_another_version_takes_the_place_of_one_that_came_and_failed() -> None:
    failed = {**version(1), "track": "blue", "beside": coming("green", version(2))}
    first, then = place(release(version(3), BLUE_GREEN, failed))
    assert first["beside"] == coming("green", version(3))
    assert then["beside"] == waiting("blue", version(1))


def test_one_that_came_and_is_given_up_goes() -> None:
    failed = {**version(1), "track": "blue", "beside": coming("green", version(2))}
    assert place(release(version(1), BLUE_GREEN, failed)) == ({**version(1), "track": "blue"}, None)


def test_rolling_after_colours_goes_on_in_the_colour_that_serves() -> None:
    now = {**version(1), "track": "green", "beside": waiting("blue", version(0))}
    assert place(release(version(2), ROLLING, now)) == ({**version(2), "track": "green"}, None)


def test_what_does_not_serve_with_all_of_its_pods_is_repaired_where_it_is() -> None:
    now = {**version(1), "track": "blue", "beside": waiting("green", version(0))}
    assert place(release(version(2), BLUE_GREEN, now, {("a", "green")})) == ({**version(2), "track": "blue"}, None)
    assert place(release(version(2), CANARY, version(1), {("other", "live")})) == (version(2), None)


def test_nobody_waits_for_an_old_version_that_fell_ill() -> None:
    now = {**version(1), "track": "blue", "beside": waiting("green", version(0))}
    assert place(release(version(1), BLUE_GREEN, now, {("a", "blue")})) == ({**version(1), "track": "blue"}, None)


def test_no_pods_need_no_second_step() -> None:
    assert place(release(version(2, replicas=0), BLUE_GREEN, version(1))) == (version(2, replicas=0), None)
    assert place(release(version(2, replicas=0), CANARY, version(1))) == (version(2, replicas=0), None)


@pytest.mark.parametrize("now", [None, version(1), version(1, storage={})])
def test_a_component_with_storage_takes_one_step(now: Values | None) -> None:
    assert place(release(version(2, storage={"size": "1Gi"}), BLUE_GREEN, now)) == (version(2, storage={"size": "1Gi"}), None)


def test_a_component_that_had_storage_takes_one_step() -> None:
    assert place(release(version(2), BLUE_GREEN, version(1, storage={}))) == (version(2), None)


@pytest.mark.parametrize(("replicas", "weight", "few"), [(2, 20, 1), (10, 20, 2), (10, 21, 3), (1, 1, 1), (3, 99, 3), (5, 40, 2)])
def test_a_canary_is_the_weight_of_the_replicas_rounded_up(replicas: int, weight: int, few: int) -> None:
    found = release(version(2, replicas=replicas), {"strategy": "canary", "weight": weight}, version(1))
    first, then = place(found)
    assert first == {**version(1), "beside": coming("canary", version(2, replicas=few))}
    assert then == version(2, replicas=replicas)
    assert found.then[0].coming == {("a", "canary"): few}


ROUTE = {"parents": [{"name": "gateway"}], "canary": 20}
PROBES = {"startup": {"periodSeconds": 100}, "liveness": {"periodSeconds": 5, "failureThreshold": 4}, "readiness": {"periodSeconds": 3}}


def test_where_a_route_shares_requests_canaries_get_theirs_once_they_are_shown_to_hold() -> None:
    old, new = version(1, route=ROUTE), version(2, route=ROUTE, replicas=10, probes=PROBES)
    found = release(new, CANARY, old)
    comes = coming("canary", {**new, "replicas": 2})
    assert found.first["components"]["a"] == {**old, "beside": comes}
    shares, takes = found.then
    assert shares.values["components"]["a"] == {**old, "beside": {**comes, "leads": True}}
    assert (shares.coming, shares.window) == ({("a", "canary"): 2}, 0)
    # By what was watched before they got any, nobody would know how they stand their requests.
    assert takes.values == app(new)
    assert (takes.coming, takes.window) == ({("a", "canary"): 2}, 20 + REPLAYS)


def test_probes_of_sidecars_have_their_time_too() -> None:
    beside = {"name": "b", "readinessProbe": {"periodSeconds": 30, "failureThreshold": 2}, "startupProbe": {"periodSeconds": 99}}
    found = release(version(2, probes=PROBES, containers=[beside]), CANARY, version(1, route=ROUTE))
    assert found.then[1].window == 60 + REPLAYS


def test_a_route_that_comes_with_this_version_has_no_part_in_it() -> None:
    assert len(release(version(2, route=ROUTE), CANARY, version(1)).then) == 1
    assert len(release(version(2), CANARY, version(1, route=ROUTE)).then) == 2


def test_who_was_killed_while_canaries_had_their_share_begins_again() -> None:
    begun = release(version(2), CANARY, version(1, route=ROUTE))
    assert release(version(2), CANARY, begun.then[0].values["components"]["a"]) == begun
    assert place(release(version(1, route=ROUTE), CANARY, begun.then[0].values["components"]["a"])) == (version(1, route=ROUTE), None)


def test_all_come_first_and_take_over_last() -> None:
    before = {"components": {"a": version(1, route=ROUTE), "b": version(1), "c": version(1)}}
    wanted = {"components": {"a": version(2), "b": version(2), "c": version(2)}}
    found = steps(wanted, {"a": CANARY, "b": BLUE_GREEN, "c": ROLLING}, before, {(name, "live") for name in "abc"})
    b = [values["components"]["b"].get("track", "live") for values in (found.first, *(step.values for step in found.then))]
    assert b == ["live", "live", "blue"]
    assert [step.coming for step in found.then] == [{("a", "canary"): 1, ("b", "blue"): 2}, {("a", "canary"): 1}]
    assert found.first["components"]["c"] == version(2)


def test_a_canary_of_a_coloured_component_stays_in_its_colour() -> None:
    first, then = place(release(version(2), CANARY, {**version(1), "track": "green", "beside": waiting("blue", version(0))}))
    assert (first["track"], then["track"]) == ("green", "green")
    assert "beside" not in then


def test_components_that_went_are_gone() -> None:
    found = steps({"components": {}}, {}, app(version(1)), ALL)
    assert found.first == {"components": {}}


def deployment(component: str, track: str, replicas: int = 2, **more: Any) -> Values:
    labels = {"app.kubernetes.io/component": component, "proven.webapp/track": track, **more.pop("labels", {})}
    numbers = {"replicas": replicas, "updatedReplicas": replicas, "availableReplicas": replicas, "observedGeneration": 3, **more}
    return {
        "metadata": {"generation": 3},
        "spec": {"replicas": replicas, "template": {"metadata": {"labels": labels}}},
        "status": {key: value for key, value in numbers.items() if value is not None},
    }


def test_sound_is_what_runs_with_all_of_its_pods() -> None:
    items = [
        deployment("a", "live"),
        deployment("b", "blue"),
        deployment("b", "live", labels={"proven.webapp/canary": "true"}),
        deployment("away", "live", replicas=0, availableReplicas=None),
        deployment("c", "live", availableReplicas=1),
        deployment("d", "live", updatedReplicas=1),
        deployment("e", "live", replicas=2, observedGeneration=2),
        {**deployment("f", "live"), "status": {}},
    ]
    assert sound_slots(items) == {("a", "live"), ("b", "blue"), ("b", "canary"), ("away", "live")}
    surging = deployment("g", "live")
    surging["status"]["replicas"] = 3
    assert sound_slots([surging]) == set()


def back(target: Values, now: Values) -> Any:
    """The component `a` before Helm goes back; None where nothing has to come first."""
    found = way_back({"components": {"a": target, "gone": OTHER}}, app(now))
    assert found is None or (found["components"]["other"], found["chartDigest"]) == (OTHER, "d")
    return found and found["components"]["a"]


@pytest.mark.parametrize(
    ("target", "now"),
    [
        (version(1), version(2)),
        ({**version(1), "track": "blue"}, {**version(2), "track": "blue", "beside": coming("green", version(3))}),
        ({**version(1), "track": "blue"}, {**version(2), "track": "green", "beside": waiting("blue", version(1))}),
        (
            {**version(1), "track": "blue", "beside": waiting("green", version(0))},
            {**version(2), "track": "green", "beside": waiting("blue", version(1))},
        ),
        (version(1, storage={}), {**version(2), "track": "green"}),
        ({**version(1), "track": "green"}, version(2, storage={})),
    ],
)
def test_what_waits_or_serves_is_gone_back_to_at_once(target: Values, now: Values) -> None:
    assert back(target, now) is None


@pytest.mark.parametrize("beside", [None, coming("green", version(3)), waiting("green", version(2)), waiting("live", version(1))])
def test_what_shall_serve_again_comes_up_first(beside: Values | None) -> None:
    """Else the Service would lead to nobody, or to the version that failed."""
    now = {**version(2), "track": "blue", **({"beside": beside} if beside else {})}
    target = {**version(1), "track": "green", "beside": waiting("blue", version(0))}
    assert back(target, now) == {**version(2), "track": "blue", "beside": waiting("green", version(1))}


def test_a_deployment_without_a_colour_comes_up_first_too() -> None:
    now = {**version(2), "track": "blue", "beside": waiting("green", version(0))}
    assert back(version(1), now) == {**version(2), "track": "blue", "beside": waiting("live", version(1))}
    assert back({**version(1), "track": "blue"}, version(2)) == {**version(2), "beside": waiting("blue", version(1))}


def test_what_comes_is_asked_for_by_slot() -> None:
    calls = shown(Step({}, {("b", "green"): 1, ("a", "green"): 2, ("c", "canary"): 1}), "todo")
    assert [call["slot"] for call in calls] == ["canary", "green"]
    assert calls[0]["selectors"][1:] == ["app.kubernetes.io/component in (c)", "proven.webapp/canary=true"]
    assert calls[1] == {
        "slot": "green",
        "components": ["a", "b"],
        "selectors": ["app.kubernetes.io/instance=todo", "app.kubernetes.io/component in (a, b)", "proven.webapp/track=green"],
        "replicas": {"a": 2, "b": 1},
        "window": "auto",
    }
    assert shown(Step({}, {("c", "canary"): 1}, window=34), "todo")[0]["window"] == "34"
