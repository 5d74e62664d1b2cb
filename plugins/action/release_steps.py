# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Works out in which steps a release is applied, from what Helm and the cluster hold of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from ansible_collections.proven.webapp.plugins.module_utils._release import claim, history
from ansible_collections.proven.webapp.plugins.module_utils._spec.steps import shown, sound_slots, steps, way_back
from ansible_collections.proven.webapp.plugins.plugin_utils.controller import ControllerAction

RUNS = "status=deployed"
"""What Helm calls the revision that runs."""


def values_of(place: claim.Place, which: str) -> dict[str, Any]:
    """The values that Helm was given for a revision; empty where there is none.

    :param which: a label of its record, such as ``version=3``. Of several the newest counts.
    """
    query = {"labelSelector": f"{history.selector(place.release)},{which}"}
    records = place.api.items(f"/api/v1/namespaces/{place.namespace}/secrets", query)
    if not records:
        return {}
    newest = max(records, key=lambda secret: int(secret["metadata"]["labels"]["version"]))
    return dict(history.decode(newest).get("config") or {})


def forward(place: claim.Place, values: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    """To new values."""
    # A trip through JSON makes plain types of Ansible's, which don't equal what Helm keeps in every case.
    wanted = json.loads(json.dumps(values))
    rollouts = {name: component.get("rollout") or {} for name, component in components.items()}
    before = values_of(place, RUNS)
    query = {"labelSelector": f"app.kubernetes.io/instance={place.release}"}
    deployments = place.api.items(f"/apis/apps/v1/namespaces/{place.namespace}/deployments", query) if before else []
    found = steps(wanted, rollouts, before, sound_slots(deployments))
    return {"values": found.first, "then": [{"values": step.values, "coming": shown(step, place.release)} for step in found.then]}


def back(place: claim.Place, revision: int) -> dict[str, Any]:
    """To an earlier revision."""
    return {"values": way_back(values_of(place, f"version={revision}"), values_of(place, RUNS)) or {}, "then": []}


class ActionModule(ControllerAction):
    ARGUMENTS: ClassVar[dict[str, Any]] = {
        **claim.RELEASE_ARGUMENTS,
        "values": {"type": "dict"},
        "components": {"type": "dict"},
        "back_to": {"type": "int"},
    }
    RULES: ClassVar[dict[str, Any]] = {
        "mutually_exclusive": [("values", "back_to")],
        "required_one_of": [("values", "back_to")],
        "required_together": [("values", "components")],
    }

    def work(self, args: dict[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        place = claim.place_of(args)
        return back(place, args["back_to"]) if args["back_to"] else forward(place, args["values"], args["components"])
