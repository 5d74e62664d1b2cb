# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""In which steps a release is applied, so that a new version is shown to hold before it gets requests, or all of them. Pure.

Each component has a version that serves, which is the component itself in the chart's values, and may have another one beside it:

- rolling, recreate: the new version takes the place of the one that serves, in whichever Deployment that is. One step.
- blue_green: the new version comes beside the one that serves, in the Deployment of the other colour. Then the Service takes the new one,
  and the old one waits beside it, as the way back, until the component's next release.
- canary: some pods of the new version come beside those that serve, and share their requests. Then it takes the place of the whole.
  Where a route leads to the component, requests are shared by its weights: the canaries have a Service of their own, which leads to them
  in a step between, once they are shown to hold.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._probes.model import STARTUP, probes_of, read_probe
from ansible_collections.proven.webapp.plugins.module_utils._probes.timing import shortest_window

LIVE, BLUE, GREEN, CANARY = "live", "blue", "green", "canary"
"""Slots: the Deployment that a version runs in. A component that was never blue or green is `live`."""
BLUE_GREEN = "blue_green"
PLACE = ("track", "beside")
"""What a component's values say of where it runs, and not of what it is."""

Values = Mapping[str, Any]
Slot = tuple[str, str]
"""(component, slot)"""
COMPONENT, TRACK, CANARIES = "app.kubernetes.io/component", "proven.webapp/track", "proven.webapp/canary"
"""Labels of pods, as the chart writes them."""
REPLAYS = 4
"""Seconds in which a probe is replayed once more after it had its time to fail."""


@dataclass(frozen=True)
class Step:
    """:ivar values: are applied once what comes is shown to hold.
    :ivar coming: what is to be shown before, and with how many pods.
    :ivar window: seconds that it is watched for; 0 where what was watched before counts.
    """

    values: dict[str, Any]
    coming: Mapping[Slot, int] = field(default_factory=dict)
    window: int = 0


@dataclass(frozen=True)
class Steps:
    """:ivar first: the values that are applied first.
    :ivar then: what follows, in this order.
    """

    first: dict[str, Any]
    then: tuple[Step, ...] = ()


def steps(wanted: Values, rollouts: Mapping[str, Values], before: Values, sound: Collection[Slot]) -> Steps:
    """From what runs to what is wanted. Nothing changed is one step with the very values that were there before.

    :param wanted: values of the chart, as `values.chart_values` makes them.
    :param rollouts: component → ``{strategy, weight}``.
    :param before: values of the release that runs; empty where there is none.
    :param sound: versions that run with all of their pods.
    """
    known = before.get("components") or {}
    ways: dict[str, list[Values]] = {}
    for name, new in wanted["components"].items():
        slots = {slot for component, slot in sound if component == name}
        ways[name] = _component(new, rollouts.get(name) or {}, known.get(name), slots)
    longest = max(map(len, ways.values()), default=1)
    # All come first, and all take over last: who has fewer steps waits beside what serves.
    first, *then = [{name: way[max(0, at - longest + len(way))] for name, way in ways.items()} for at in range(longest)]
    found, shown_before = [], first
    for components in then:
        leads = {name for name, values in shown_before.items() if (values.get("beside") or {}).get("leads")}
        coming = _coming(shown_before, leads)
        window = max((_window(shown_before[name]["beside"]["values"]) for name in leads), default=0)
        found.append(Step({**wanted, "components": components}, coming, window))
        shown_before = components
    return Steps({**wanted, "components": first}, tuple(found))


def _coming(components: Values, leads: Collection[str]) -> dict[Slot, int]:
    """What is to be shown of values that were applied: all that comes, but once some get requests these alone."""
    found = {}
    for name, values in components.items():
        beside = values.get("beside") or {}
        if beside.get("comes") and (name in leads or not leads):
            found[name, beside["track"]] = int(beside["values"].get("replicas", 1))
    return found


def _window(version: Values) -> int:
    """Seconds in which each probe of a version would tell that it doesn't stand its requests."""
    own = [read_probe(kind, raw) for kind, raw in (version.get("probes") or {}).items()]
    others = [probe for container in version.get("containers") or [] for probe in probes_of(container)]
    return max((shortest_window(probe) for probe in own + others if probe.kind != STARTUP), default=0) + REPLAYS


def _component(new: Values, rollout: Values, now: Values | None, sound: Collection[str]) -> list[Values]:
    """One component: its values in each step.

    :param now: its values as they run; None where it is new.
    :param sound: its slots that run with all of their pods.
    """
    strategy = rollout.get("strategy", "rolling")
    if "storage" in new or "storage" in (now or {}):
        return [_at(new, LIVE)]
    if now is None:
        return [_at(new, BLUE if strategy == BLUE_GREEN else LIVE)]
    slot, beside, serving = now.get("track", LIVE), now.get("beside") or {}, _version(now)
    if new == serving:
        # One that came and was given up goes; one that waits stays, unless nobody could go back to it any more.
        waits = beside and not beside.get("comes") and beside["track"] in sound
        return [now if waits else _at(serving, slot)]
    if strategy in ("rolling", "recreate") or not new.get("replicas", 1) or slot not in sound:
        # What doesn't serve with all of its pods is repaired where it is: there is nothing sound to stay with until the new one is shown.
        return [_at(new, slot)]
    if strategy == BLUE_GREEN:
        other = GREEN if slot == BLUE else BLUE
        return [_at(serving, slot, {"track": other, "comes": True, "values": new}), _at(new, other, {"track": slot, "values": serving})]
    few = math.ceil(new.get("replicas", 1) * rollout["weight"] / 100)
    canaries = {"track": CANARY, "comes": True, "values": {**new, "replicas": few}}
    shares = [_at(serving, slot, {**canaries, "leads": True})] if "canary" in (serving.get("route") or {}) else []
    return [_at(serving, slot, canaries), *shares, _at(new, slot)]


def way_back(target: Values, before: Values) -> dict[str, Any] | None:
    """What has to come up before Helm goes back to an earlier revision.

    Helm changes everything at once: a Service would lead to a slot that holds another version by now, or none.

    :param target: values of the revision to go back to.
    :param before: values of the release that runs.
    :returns: values to apply first, by which what shall serve again comes up beside what serves; None where nothing has to.
    """
    components = dict(before.get("components") or {})
    first = dict(components)
    for name, then in (target.get("components") or {}).items():
        now = components.get(name)
        if now is None or "storage" in then or "storage" in now:
            continue
        slot, beside = then.get("track", LIVE), now.get("beside") or {}
        # In the same slot it comes by rolling update.
        if slot != now.get("track", LIVE) and (beside.get("track"), beside.get("values")) != (slot, _version(then)):
            first[name] = _at(_version(now), now.get("track", LIVE), {"track": slot, "values": _version(then)})
    return {**before, "components": first} if first != components else None


def _version(values: Values) -> dict[str, Any]:
    """A component's values without where it runs."""
    return {key: value for key, value in values.items() if key not in PLACE}


def _at(version: Values, slot: str, beside: Values | None = None) -> dict[str, Any]:
    """A version in its place."""
    return {**version, **({"track": slot} if slot != LIVE else {}), **({"beside": beside} if beside else {})}


def sound_slots(deployments: Collection[Values]) -> set[Slot]:
    """Versions that run with all of their pods, from the Deployments as the API gives them."""
    found = set()
    for item in deployments:
        labels = item["spec"]["template"]["metadata"].get("labels") or {}
        status, wanted = item.get("status") or {}, int(item["spec"].get("replicas", 1))
        seen = int(status.get("observedGeneration") or 0) >= int(item["metadata"].get("generation") or 0)
        if seen and all(int(status.get(key) or 0) == wanted for key in ("replicas", "updatedReplicas", "availableReplicas")):
            found.add((str(labels.get(COMPONENT, "")), CANARY if CANARIES in labels else str(labels.get(TRACK, LIVE))))
    return found


def shown(step: Step, release: str) -> list[dict[str, Any]]:
    """What probe_verify has to be asked for before a step, one call a slot: ``[{slot, components, selectors, replicas, window}]``."""
    coming, calls = step.coming, []
    for slot in sorted({slot for _component, slot in coming}):
        replicas = {component: number for (component, own), number in coming.items() if own == slot}
        where = f"{CANARIES}=true" if slot == CANARY else f"{TRACK}={slot}"
        names = sorted(replicas)
        selectors = [f"app.kubernetes.io/instance={release}", f"{COMPONENT} in ({', '.join(names)})", where]
        calls.append(
            {"slot": slot, "components": names, "selectors": selectors, "replicas": replicas, "window": str(step.window or "auto")}
        )
    return calls
