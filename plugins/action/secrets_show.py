# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shows which secrets are set, where they come from and since when they are in the cluster; never a value."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from ansible.utils.display import Display
from ansible_collections.proven.webapp.plugins.action.secrets_check import SecretsAction, used_keys
from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._secrets.manifests import selector
from ansible_collections.proven.webapp.plugins.module_utils._secrets.overview import render, rows
from ansible_collections.proven.webapp.plugins.module_utils._secrets.resolve import resolve
from ansible_collections.proven.webapp.plugins.module_utils._secrets.schema import parse_schema

display = Display()


class ActionModule(SecretsAction):
    """Prints a table, and returns it."""

    ARGUMENTS: ClassVar[dict[str, Any]] = {
        **SecretsAction.ARGUMENTS,
        "app": {"type": "str", "required": True},
        "namespace": {"type": "str", "required": True},
    }

    def work(self, args: dict[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        used = used_keys(args["components"])
        rules, _faults = parse_schema(args["schema"])
        if self.out_of_reach(args):
            raise ProvenError("The secrets are in a cluster that isn't there.", where="secrets_source", fix="Make the cluster first.")
        source = self.source(args, variables)
        resolved = resolve(source, rules, used, may_generate=False)
        held, note = self._held(args) if args["cluster_present"] else ([], "")
        shown = rows(source, resolved, used, held, now=datetime.now(UTC))
        text = render(f"Secrets of {args['app']}, from {args['source']}", shown, note)
        display.display(f"\n{text}\n")
        return {"changed": False, "secrets": shown}

    def _held(self, args: Mapping[str, Any]) -> tuple[list[dict[str, Any]], str]:
        """The Secrets in the cluster, and why there are none to be seen."""
        try:
            api = Api(args["kubeconfig"], args["context"])
            status, body = api.get(f"/api/v1/namespaces/{args['namespace']}/secrets", {"labelSelector": selector(args["app"])})
        except ProvenError as error:
            return [], f"The cluster isn't looked at: {error.what}"
        if status != 200:
            return [], f"The cluster doesn't show its Secrets (status {status})."
        held = []
        for item in json.loads(body).get("items") or []:
            data = {key: base64.b64decode(value).decode(errors="replace") for key, value in (item.get("data") or {}).items()}
            held.append({"name": item["metadata"]["name"], "created": item["metadata"].get("creationTimestamp", ""), "data": data})
        return held, ""
