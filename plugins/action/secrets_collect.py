# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Removes the Secrets of former releases that no revision can go back to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from ansible_collections.proven.webapp.plugins.module_utils._api import KUBECONFIG_ARGUMENTS, Api
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._release import history
from ansible_collections.proven.webapp.plugins.module_utils._secrets.collect import names_in, old
from ansible_collections.proven.webapp.plugins.module_utils._secrets.manifests import selector
from ansible_collections.proven.webapp.plugins.plugin_utils.controller import ControllerAction

METADATA_ONLY = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json"
USERS = (
    "api/v1/{}/pods",
    "apis/apps/v1/{}/deployments",
    "apis/apps/v1/{}/replicasets",
    "apis/apps/v1/{}/statefulsets",
    "apis/apps/v1/{}/daemonsets",
    "apis/apps/v1/{}/controllerrevisions",
    "apis/batch/v1/{}/jobs",
    "apis/batch/v1/{}/cronjobs",
)
"""What may mention a Secret; old ReplicaSets and ControllerRevisions are what a rollback without Helm goes to."""


class Unknown(Exception):
    """Something can't be looked at, so that nothing may go."""


class ActionModule(ControllerAction):
    """Where anything can't be looked at, nothing is removed, and that is said: it is no reason for a release to fail."""

    ARGUMENTS: ClassVar[dict[str, Any]] = {
        "app": {"type": "str", "required": True},
        "namespace": {"type": "str", "required": True},
        "keep": {"type": "list", "elements": "str", "default": []},
        "min_age": {"type": "int", "default": 3600},
        **KUBECONFIG_ARGUMENTS,
    }

    def work(self, args: dict[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return self._collect(Api(args["kubeconfig"], args["context"]), args)
        except Unknown as unknown:
            return {"removed": [], "reason": str(unknown)}
        except ProvenError as error:  # a cluster that is away for a moment, a record of Helm's that can't be read
            return {"removed": [], "reason": error.what}

    def _collect(self, api: Api, args: dict[str, Any]) -> dict[str, Any]:
        namespace, app = args["namespace"], args["app"]
        path = f"/api/v1/namespaces/{namespace}/secrets"
        mine = _items(api, path, {"labelSelector": selector(app)}, METADATA_ONLY)
        candidates = old(mine, args["keep"], namespace=namespace, now=datetime.now(UTC), min_age=args["min_age"])
        if not candidates:
            return {"removed": [], "reason": ""}
        releases = _items(api, path, {"labelSelector": history.selector(app)})
        texts = [json.dumps(history.decode(release)) for release in releases]
        texts += [json.dumps(_items(api, f"/{users.format(f'namespaces/{namespace}')}", {})) for users in USERS]
        needed = names_in(texts)
        gone = [one for one in candidates if one.name not in needed]
        if not self._task.check_mode:
            for one in gone:
                status, _body = api.request("DELETE", one.path)
                if status not in (200, 202, 404):
                    raise Unknown(f"The cluster doesn't let {one.name} be removed (status {status}).")
        return {"changed": bool(gone), "removed": [one.name for one in gone], "reason": ""}


def _items(api: Api, path: str, query: dict[str, str], accept: str = "application/json") -> list[Any]:
    status, body = api.get(path, query, {"Accept": accept})
    if status != 200:
        raise Unknown(f"The cluster doesn't show {path} (status {status}).")
    return list(json.loads(body).get("items") or [])
