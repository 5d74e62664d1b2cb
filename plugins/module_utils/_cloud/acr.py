# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Azure Container Registry: Docker's login, and the right of a cluster's nodes to pull."""

from __future__ import annotations

import uuid
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._cloud.asking import Asking
from ansible_collections.proven.webapp.plugins.module_utils._cloud.azure import Identity
from ansible_collections.proven.webapp.plugins.module_utils._cloud.http import TIMEOUT, fault_of, unreachable
from ansible_collections.proven.webapp.plugins.module_utils._cloud.model import Login
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

VERSION = "2023-07-01"
ROLES_VERSION = "2022-04-01"
"""Of the APIs."""
ACR_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
"""The role that may pull; the same everywhere."""
USERNAME = "00000000-0000-0000-0000-000000000000"
"""Says to the registry that the password is a token."""


class Registries:
    """The registries of a subscription.

    :param subscription: its path.
    :param manager: address of the resource manager, which the registries take tokens for.
    """

    def __init__(self, api: Asking, subscription: str, identity: Identity, manager: str) -> None:
        self._api = api.versioned(VERSION)
        self._subscription = subscription
        self._identity = identity
        self._manager = manager
        self._known: list[dict[str, Any]] | None = None

    def _all(self) -> list[dict[str, Any]]:
        if self._known is None:
            path = f"{self._subscription}/providers/Microsoft.ContainerRegistry/registries"
            self._known = list(self._api.get(path, "look at its registries").get("value") or [])
        return self._known

    def _hosts(self) -> dict[str, dict[str, Any]]:
        return {str(item["properties"].get("loginServer")): item for item in self._all()}

    def owns(self, registry: str) -> bool:
        host = registry.split("/")[0]
        # Azure's clouds have domains of their own, and private ones any; other registries are known by their names
        return ".azurecr." in host or (host not in ("docker.io", "ghcr.io", "quay.io") and host in self._hosts())

    def _one(self, registry: str) -> dict[str, Any]:
        """
        :raises ProvenError: the subscription has no such registry.
        """
        hosts = self._hosts()
        host = registry.split("/")[0]
        if host not in hosts:
            raise ProvenError(
                f"This subscription has no registry {host}.",
                where="cluster_push_registry",
                fix=f"Use one of {', '.join(hosts)}." if hosts else "Make one, or name another registry.",
            )
        return hosts[host]

    def login(self, registry: str) -> Login:
        """A token for the registry, which it gives for one of the resource manager's."""
        import requests

        self._one(registry)
        host = registry.split("/")[0]
        form = {"grant_type": "access_token", "service": host, "access_token": self._identity.token(self._manager)}
        if self._identity.tenant:
            form["tenant"] = self._identity.tenant
        url = f"https://{host}/oauth2/exchange"
        try:
            answer = requests.post(url, data=form, timeout=TIMEOUT, allow_redirects=False)
            body: Any = answer.json() if answer.ok else answer.text
        except (requests.RequestException, ValueError) as error:
            raise unreachable(url, error) from None
        if not answer.ok:
            raise self._api.words(fault_of(answer.status_code, body), "log in to the registry")
        return Login(USERNAME, str(body["refresh_token"]))

    def _assignments(self, registry: str) -> str:
        return f"{self._one(registry)['id']}/providers/Microsoft.Authorization/roleAssignments"

    def attached(self, registry: str, principal: str) -> bool:
        """Whether an identity may pull."""
        path = self._assignments(registry)
        answer = self._api.versioned(ROLES_VERSION).get(path, "look at who may pull", {"$filter": f"principalId eq '{principal}'"})
        return any(str(item["properties"]["roleDefinitionId"]).lower().endswith(ACR_PULL) for item in answer.get("value") or [])

    def attach(self, registry: str, principal: str) -> None:
        """Let an identity pull. The assignment's name follows from what it says, so that a second run finds the first one's."""
        path = self._assignments(registry)
        name = uuid.uuid5(uuid.NAMESPACE_URL, f"{path}/{principal}/{ACR_PULL}")
        role = f"{self._subscription}/providers/Microsoft.Authorization/roleDefinitions/{ACR_PULL}"
        body = {"properties": {"roleDefinitionId": role, "principalId": principal, "principalType": "ServicePrincipal"}}
        self._api.versioned(ROLES_VERSION).send("PUT", f"{path}/{name}", "let the cluster pull from the registry", body, good=(409,))
