# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Works out in which steps a release is applied, from what Helm and the cluster hold of it."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._release import claim, history
from ansible_collections.proven.webapp.plugins.module_utils._spec.steps import shown, sound_slots, steps

with suppress(ImportError):
    # Ansible loads this file once, and runs each task in a fork of itself: what is imported here is imported once.
    import kubernetes  # noqa: F401


def deployed_values(place: claim.Place) -> dict[str, Any]:
    """The values that Helm was given for the revision that runs; empty where there is none."""
    query = {"labelSelector": f"{history.selector(place.release)},status=deployed"}
    records = place.api.items(f"/api/v1/namespaces/{place.namespace}/secrets", query)
    if not records:
        return {}
    newest = max(records, key=lambda secret: int(secret["metadata"]["labels"]["version"]))
    return dict(history.decode(newest).get("config") or {})


class ActionModule(ActionBase):
    _supports_check_mode = True
    _supports_async = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        _validation, args = self.validate_argument_spec(
            {
                **claim.RELEASE_ARGUMENTS,
                "values": {"type": "dict", "required": True},
                "components": {"type": "dict", "required": True},
            }
        )
        # A trip through JSON makes plain types of Ansible's, which don't equal what Helm keeps in every case.
        wanted = json.loads(json.dumps(args["values"]))
        rollouts = {name: component.get("rollout") or {} for name, component in args["components"].items()}
        try:
            place = claim.Place(Api(args["kubeconfig"], args["context"]), args["release"], args["namespace"])
            before = deployed_values(place)
            query = {"labelSelector": f"app.kubernetes.io/instance={place.release}"}
            deployments = place.api.items(f"/apis/apps/v1/namespaces/{place.namespace}/deployments", query) if before else []
            found = steps(wanted, rollouts, before, sound_slots(deployments))
        except ProvenError as error:
            return {"failed": True, "changed": False, "msg": str(error)}
        return {
            "changed": False,
            "values": found.first,
            "switch": found.then or {},
            "coming": shown(found.coming, place.release),
        }
