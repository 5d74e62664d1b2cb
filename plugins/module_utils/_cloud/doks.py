# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DigitalOcean Kubernetes, by its API v2."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._cloud import kubeconfig
from ansible_collections.proven.webapp.plugins.module_utils._cloud.asking import Asking
from ansible_collections.proven.webapp.plugins.module_utils._cloud.credentials import doks_token
from ansible_collections.proven.webapp.plugins.module_utils._cloud.http import Http, check_address
from ansible_collections.proven.webapp.plugins.module_utils._cloud.model import (
    MARK,
    Access,
    Found,
    Login,
    Pool,
    State,
    Wish,
    check_offered,
    check_pattern,
    version_matches,
)
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

DEFAULT_SIZE = "s-2vcpu-4gb"
REGISTRY = "registry.digitalocean.com"
ADDRESS = "DIGITALOCEAN_API_URL"
"""Variable that names another API; doctl and Terraform have it too."""

STATES: dict[str, State] = {
    "running": "running",
    "provisioning": "creating",
    "degraded": "degraded",
    "error": "failed",
    "deleted": "deleting",
    "upgrading": "changing",
    "deleting": "deleting",
}
KUBECONFIG_SECONDS = 24 * 3600
LOGIN_SECONDS = 6 * 3600
"""How long what is given out can be used. Each run asks anew."""


def found_of(item: Mapping[str, Any]) -> Found:
    """A cluster of the API's."""
    status = item.get("status") or {}
    return Found(
        id=str(item["id"]),
        name=str(item["name"]),
        region=str(item["region"]),
        state=STATES.get(str(status.get("state")), "changing"),
        reason=str(status.get("message") or ""),
        made_here=MARK in (item.get("tags") or []),
        version=str(item.get("version") or ""),
        pools=tuple(
            Pool(
                str(pool["name"]),
                str(pool["size"]),
                int(pool["count"]),
                (int(pool.get("min_nodes") or 0), int(pool.get("max_nodes") or 0)) if pool.get("auto_scale") else None,
            )
            for pool in item.get("node_pools") or []
        ),
        raw=item,
    )


def pool_body(pool: Pool) -> dict[str, Any]:
    """A node pool as the API takes it."""
    body: dict[str, Any] = {"name": pool.name, "size": pool.size, "count": pool.nodes}
    if pool.limits:
        body |= {"auto_scale": True, "min_nodes": pool.limits[0], "max_nodes": pool.limits[1]}
    return body


def name_of(registry: str) -> str:
    """The registry's name among DigitalOcean's; empty where none is given."""
    return registry.partition("/")[2].partition("/")[0]


class Doks:
    """See Cloud."""

    title = "DigitalOcean"
    pulls_by_secret = True

    def __init__(self, wish: Wish, given: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> None:
        environment = os.environ if environment is None else environment
        token, source = doks_token(given, environment)
        self._wish = wish
        self.place = "this account"
        base = check_address(environment.get(ADDRESS) or "https://api.digitalocean.com", ADDRESS)
        self._api = Asking(Http(base, lambda: token), self.title, f"cluster {wish.name} at DigitalOcean", source)

    def check_name(self) -> None:
        words = "lowercase letters, digits and hyphens, a letter first"
        check_pattern(self._wish.name, "[a-z]([a-z0-9-]{0,61}[a-z0-9])?", "cluster_name", words)
        for pool in self._wish.pools:
            check_pattern(pool.name, "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", "cluster_node_pools", "lowercase letters, digits and hyphens")

    def _clusters(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for page in range(1, 51):
            answer = self._api.get("/v2/kubernetes/clusters", "look at its clusters", {"page": str(page), "per_page": "200"})
            found += answer.get("kubernetes_clusters") or []
            if not ((answer.get("links") or {}).get("pages") or {}).get("next"):
                break
        return found

    def find(self) -> Found | None:
        return next((found_of(item) for item in self._clusters() if item["name"] == self._wish.name), None)

    def others(self) -> list[str]:
        return [f"{item['name']} ({item['region']})" for item in self._clusters()]

    def check_offer(self) -> None:
        options = self._api.get("/v2/kubernetes/options", "see what it offers")["options"]
        slugs = {key: [str(item["slug"]) for item in options.get(key) or []] for key in ("regions", "versions", "sizes")}
        check_offered("region", self._wish.region, slugs["regions"], "cluster_region", self.title)
        for pool in self._wish.pools:
            check_offered("size", pool.size, slugs["sizes"], f"size of the node pool {pool.name}", self.title)
        if self._wish.version and not self._slug(options):
            check_offered("version", self._wish.version, slugs["versions"], "cluster_version", self.title)

    def _slug(self, options: Mapping[str, Any]) -> str:
        """The version that is wanted, by the API's name; the newest first."""
        return next(
            (str(item["slug"]) for item in options.get("versions") or [] if version_matches(str(item["slug"]), self._wish.version)), ""
        )

    def create(self) -> None:
        wish = self._wish
        version = "latest"
        if wish.version:
            version = self._slug(self._api.get("/v2/kubernetes/options", "see what it offers")["options"]) or wish.version
        body = {
            "name": wish.name,
            "region": wish.region,
            "version": version,
            "tags": [MARK],
            "node_pools": [pool_body(pool) for pool in wish.pools],
        }
        self._api.send("POST", "/v2/kubernetes/clusters", "make the cluster", body)

    def failure(self, found: Found) -> str:
        return found.reason

    def access(self, found: Found) -> Access:
        path = f"/v2/kubernetes/clusters/{found.id}/kubeconfig"
        text = self._api.get(path, "give out its kubeconfig", {"expiry_seconds": str(KUBECONFIG_SECONDS)})
        return kubeconfig.parse(str(text), f"cluster {found.name}")

    def delete(self, found: Found) -> None:
        self._api.send("DELETE", f"/v2/kubernetes/clusters/{found.id}", "delete the cluster", good=(404,))

    def owns(self, registry: str) -> bool:
        return registry.split("/")[0] == REGISTRY

    def _registry(self, registry: str) -> str:
        """The registry's name; it is seen to be there."""
        name = name_of(registry)
        if name and self._api.maybe(f"/v2/registries/{name}", "look at its registries"):
            return name
        answer = self._api.get("/v2/registries", "look at its registries")
        there = ", ".join(f"{REGISTRY}/{item['name']}" for item in answer.get("registries") or [])
        raise ProvenError(
            f"There is no registry {name!r} in this account.",
            where="cluster_push_registry",
            fix=f"Use one of {there}." if there else "Make one in DigitalOcean's console, and write registry.digitalocean.com/<its name>.",
        )

    def login(self, registry: str) -> Login:
        path = f"/v2/registries/{self._registry(registry)}/docker-credentials"
        answer = self._api.get(path, "log in to the registry", {"read_write": "true", "expiry_seconds": str(LOGIN_SECONDS)})
        username, _colon, password = base64.b64decode(answer["auths"][REGISTRY]["auth"]).decode().partition(":")
        return Login(username, password.strip())

    def attached(self, found: Found, registry: str) -> bool:
        names = found.raw.get("registries")
        # Where it isn't told which, there is one
        return bool(found.raw.get("registry_enabled")) and (names is None or name_of(registry) in names)

    def attach(self, found: Found, registry: str) -> None:
        body = {"cluster_uuids": [found.id], "registries": [self._registry(registry)]}
        self._api.send("POST", "/v2/kubernetes/registries", "let the cluster pull from the registry", body)
