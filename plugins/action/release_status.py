# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shows what runs of a release: components, probes, the last verdict, where it is reached, and who works on it."""

from __future__ import annotations

import json
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._exposure import urls
from ansible_collections.proven.webapp.plugins.module_utils._release import claim, lease
from ansible_collections.proven.webapp.plugins.module_utils._rollout.watch import exposed
from ansible_collections.proven.webapp.plugins.plugin_utils import status

display = Display()


class ActionModule(ActionBase):
    _supports_check_mode = True
    _supports_async = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        _validation, args = self.validate_argument_spec(
            {
                **claim.RELEASE_ARGUMENTS,
                "port_map": {"type": "dict", "default": {}},
                "node_address": {"type": "str", "default": "127.0.0.1"},
            }
        )
        try:
            place = claim.Place(Api(args["kubeconfig"], args["context"]), args["release"], args["namespace"])
            answer = self._look(place, args)
        except ProvenError as error:
            return {"failed": True, "changed": False, "msg": str(error)}
        text = status.render(args["release"], answer["components"], answer["verdict"], list(answer["urls"].values()), answer["holder"])
        display.display(f"\n{text}\n")
        return {"changed": False, **answer}

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
