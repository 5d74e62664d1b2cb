# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shows what runs of a release: components, probes, the last verdict, where it is reached, and who works on it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from ansible.utils.display import Display
from ansible_collections.proven.webapp.plugins.module_utils._exposure import EXPOSURE_ARGUMENTS, urls
from ansible_collections.proven.webapp.plugins.module_utils._release import claim, lease
from ansible_collections.proven.webapp.plugins.module_utils._rollout.watch import exposed
from ansible_collections.proven.webapp.plugins.plugin_utils import status
from ansible_collections.proven.webapp.plugins.plugin_utils.controller import ControllerAction

display = Display()


class ActionModule(ControllerAction):
    ARGUMENTS: ClassVar[dict[str, Any]] = {
        **claim.RELEASE_ARGUMENTS,
        **EXPOSURE_ARGUMENTS,
    }

    def work(self, args: dict[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        place = claim.place_of(args)
        answer = self._look(place, args)
        text = status.render(args["release"], answer["components"], answer["verdict"], list(answer["urls"].values()), answer["holder"])
        display.display(f"\n{text}\n")
        return answer

    def _look(self, place: claim.Place, args: dict[str, Any]) -> dict[str, Any]:
        query = {"labelSelector": f"app.kubernetes.io/instance={place.release}"}

        def items(group: str, plural: str) -> list[Any]:
            return place.api.items(f"/{group}/namespaces/{place.namespace}/{plural}", query)

        pods, services = items("api/v1", "pods"), items("api/v1", "services")
        workloads = [
            {**item, "kind": kind}
            for kind, plural in (("Deployment", "deployments"), ("StatefulSet", "statefulsets"))
            for item in items("apis/apps/v1", plural)
        ]
        said = claim.recorded(place)
        revisions = [
            {
                "revision": item.number,
                "status": item.status,
                "verdict": said[item.number].verdict if item.number in said else "",
                "when": said[item.number].when if item.number in said else "",
            }
            for item in claim.revisions(place)
        ]
        code, body = place.api.get(lease.path(place.namespace, place.release))
        held = lease.read(json.loads(body)) if code == 200 else None
        return {
            "components": sorted(
                (status.row(item, pods, services) for item in workloads), key=lambda item: (str(item["component"]), str(item["waits"]))
            ),
            "revisions": revisions,
            "verdict": status.verdict_line(revisions),
            "urls": urls(exposed(services), args["port_map"], args["node_address"]),
            "holder": held.words if held else "",
        }
