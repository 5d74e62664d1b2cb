# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Google Kubernetes Engine, by its API v1."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._cloud.asking import Asking
from ansible_collections.proven.webapp.plugins.module_utils._cloud.credentials import GKE_PROJECTS, first
from ansible_collections.proven.webapp.plugins.module_utils._cloud.google import SCOPE, google_token
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

DEFAULT_SIZE = "e2-standard-2"
ADDRESS = "CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER"
REGISTRY_ADDRESS = "CLOUDSDK_API_ENDPOINT_OVERRIDES_ARTIFACTREGISTRY"
"""Variables that name other addresses of the APIs; gcloud has them too."""

STATES: dict[str, State] = {
    "PROVISIONING": "creating",
    "RUNNING": "running",
    "RECONCILING": "changing",
    "STOPPING": "deleting",
    "ERROR": "failed",
    "DEGRADED": "degraded",
}
REPOSITORY = re.compile(r"([a-z0-9-]+)-docker\.pkg\.dev/([^/]+)/([^/]+)(/.*)?")


def found_of(item: Mapping[str, Any]) -> Found:
    """A cluster of the API's."""
    conditions = [str(entry.get("message") or entry.get("code")) for entry in item.get("conditions") or []]
    found = []
    for pool in item.get("nodePools") or []:
        scaling = pool.get("autoscaling") or {}
        limits = (int(scaling.get("minNodeCount") or 0), int(scaling.get("maxNodeCount") or 0)) if scaling.get("enabled") else None
        size = str((pool.get("config") or {}).get("machineType") or "")
        found.append(Pool(str(pool["name"]), size, int(pool.get("initialNodeCount") or 0), limits))
    return Found(
        id=f"locations/{item['location']}/clusters/{item['name']}",
        name=str(item["name"]),
        region=str(item["location"]),
        state=STATES.get(str(item.get("status")), "changing"),
        reason="; ".join(conditions) or str(item.get("statusMessage") or ""),
        made_here=MARK in (item.get("resourceLabels") or {}),
        version=str(item.get("currentMasterVersion") or ""),
        pools=tuple(found),
        raw=item,
    )


def pool_body(pool: Pool) -> dict[str, Any]:
    """A node pool as the API takes it. In a region, numbers are per zone."""
    body: dict[str, Any] = {
        "name": pool.name,
        "initialNodeCount": pool.nodes,
        "config": {
            "machineType": pool.size,
            # What the nodes' service account may do is its roles' business
            "oauthScopes": [SCOPE],
            "workloadMetadataConfig": {"mode": "GKE_METADATA"},
        },
        "management": {"autoRepair": True, "autoUpgrade": True},
    }
    if pool.limits:
        body["autoscaling"] = {"enabled": True, "minNodeCount": pool.limits[0], "maxNodeCount": pool.limits[1]}
    return body


def cluster_body(wish: Wish, project: str) -> dict[str, Any]:
    """A cluster as the API takes it: VPC-native, with network policies that are enforced and identities for workloads."""
    body: dict[str, Any] = {
        "name": wish.name,
        "resourceLabels": {MARK: "made"},
        "nodePools": [pool_body(pool) for pool in wish.pools],
        "ipAllocationPolicy": {"useIpAliases": True},
        "networkConfig": {"datapathProvider": "ADVANCED_DATAPATH"},
        "workloadIdentityConfig": {"workloadPool": f"{project}.svc.id.goog"},
    }
    if wish.version:
        body["initialClusterVersion"] = wish.version
    return body


def endpoint_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """The cluster's entry of a kubeconfig: its address, and the CA where it isn't a public one."""
    endpoints = item.get("controlPlaneEndpointsConfig") or {}
    by_name = endpoints.get("dnsEndpointConfig") or {}
    addresses = endpoints.get("ipEndpointsConfig") or {}
    private = addresses.get("enabled") is False or addresses.get("enablePublicEndpoint") is False
    if private and by_name.get("allowExternalTraffic") and by_name.get("endpoint"):
        return {"server": f"https://{by_name['endpoint']}"}
    ca = (item.get("masterAuth") or {}).get("clusterCaCertificate")
    return {"server": f"https://{item.get('endpoint', '')}", **({"certificate-authority-data": ca} if ca else {})}


class Gke:
    """See Cloud.

    :param project: empty is that of the environment, or else the credentials' own.
    """

    title = "Google Cloud"
    pulls_by_secret = False

    def __init__(self, wish: Wish, given: Mapping[str, Any], project: str = "", environment: Mapping[str, str] | None = None) -> None:
        environment = os.environ if environment is None else environment
        self._token, own_project, source = google_token(given, environment)
        self._project = project or first(environment, GKE_PROJECTS)[1] or own_project
        if not self._project:
            raise ProvenError("It isn't said in which project the cluster is.", where="cluster_project", fix="Name it, or set GCP_PROJECT.")
        check_pattern(
            self._project, "[a-z][a-z0-9.:-]{4,61}[a-z0-9]", "cluster_project", "the project's ID: lowercase letters, digits and hyphens"
        )
        self._wish = wish
        self.place = f"project {self._project}"
        where = f"cluster {wish.name} of project {self._project}"
        base = check_address(environment.get(ADDRESS) or "https://container.googleapis.com", ADDRESS)
        self._api = Asking(Http(f"{base}/v1/projects/{self._project}", self._token), self.title, where, source)
        base = check_address(environment.get(REGISTRY_ADDRESS) or "https://artifactregistry.googleapis.com", REGISTRY_ADDRESS)
        self._registries = Asking(Http(f"{base}/v1", self._token), self.title, "cluster_push_registry", source)

    def check_name(self) -> None:
        words = "up to 40 lowercase letters, digits and hyphens, a letter first"
        check_pattern(self._wish.name, "[a-z]([a-z0-9-]{0,38}[a-z0-9])?", "cluster_name", words)
        for pool in self._wish.pools:
            check_pattern(pool.name, "[a-z]([a-z0-9-]{0,38}[a-z0-9])?", "cluster_node_pools", words)

    def _clusters(self) -> list[dict[str, Any]]:
        # "-" is every region and zone
        return list(self._api.get("/locations/-/clusters", "look at its clusters").get("clusters") or [])

    def find(self) -> Found | None:
        named = [found_of(item) for item in self._clusters() if item["name"] == self._wish.name]
        here = [found for found in named if self._wish.region in ("", found.region)]
        if len(here) > 1:
            regions = ", ".join(found.region for found in here)
            raise ProvenError(
                f"{self.place} has several clusters {self._wish.name}.", where="cluster_region", fix=f"Name one of {regions}."
            )
        return next(iter(here or named), None)

    def others(self) -> list[str]:
        return [f"{item['name']} ({item['location']})" for item in self._clusters()]

    def check_offer(self) -> None:
        config = self._api.get(f"/locations/{self._wish.region}/serverConfig", f"see what it offers in {self._wish.region or 'no region'}")
        versions = [str(version) for version in config.get("validMasterVersions") or []]
        if self._wish.version and not any(version_matches(version, self._wish.version) for version in versions):
            check_offered("version", self._wish.version, versions, "cluster_version", f"{self.title} in {self._wish.region}")

    def create(self) -> None:
        body = {"cluster": cluster_body(self._wish, self._project)}
        self._api.send("POST", f"/locations/{self._wish.region}/clusters", "make the cluster", body)

    def failure(self, found: Found) -> str:
        return found.reason

    def access(self, found: Found) -> Access:
        context = f"gke_{self._project}_{found.region}_{found.name}"
        return Access(context, endpoint_of(found.raw), {"token": self._token()})

    def delete(self, found: Found) -> None:
        self._api.send("DELETE", f"/{found.id}", "delete the cluster", good=(404,))

    def owns(self, registry: str) -> bool:
        host = registry.split("/")[0]
        return host.endswith("-docker.pkg.dev") or host == "gcr.io" or host.endswith(".gcr.io")

    def login(self, registry: str) -> Login:
        host = registry.split("/")[0]
        match = REPOSITORY.fullmatch(registry)
        if host.endswith("-docker.pkg.dev") and not match:
            raise ProvenError(
                f"{registry} names no repository.",
                where="cluster_push_registry",
                fix=f"Write {host}/<project>/<repository>, and more if you like.",
            )
        if match:
            location, project, name = match[1], match[2], match[3]
            parent = f"/projects/{project}/locations/{location}/repositories"
            if self._registries.maybe(f"{parent}/{name}", "look at its repositories") is None:
                answer = self._registries.get(parent, "look at its repositories")
                there = [
                    str(item["name"]).rsplit("/", 1)[-1] for item in answer.get("repositories") or [] if item.get("format") == "DOCKER"
                ]
                raise ProvenError(
                    f"Project {project} has no repository {name} in {location}.",
                    where="cluster_push_registry",
                    fix=f"Use one of {', '.join(there)}." if there else "Make one in Google Cloud's console, of the format Docker.",
                )
        return Login("oauth2accesstoken", self._token())

    def attached(self, found: Found, registry: str) -> bool:
        # The nodes pull by their own service account, whose roles aren't this API's business: docs/clouds.md
        return True

    def attach(self, found: Found, registry: str) -> None:
        """Nothing to do: see attached."""
