# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Azure Kubernetes Service, by its resource manager's API."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from ansible_collections.proven.webapp.plugins.module_utils._cloud import kubeconfig
from ansible_collections.proven.webapp.plugins.module_utils._cloud.acr import Registries
from ansible_collections.proven.webapp.plugins.module_utils._cloud.asking import Asking
from ansible_collections.proven.webapp.plugins.module_utils._cloud.azure import ENVIRONMENT, Identity, endpoints
from ansible_collections.proven.webapp.plugins.module_utils._cloud.credentials import AKS_SUBSCRIPTIONS, first
from ansible_collections.proven.webapp.plugins.module_utils._cloud.http import Http
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

DEFAULT_SIZE = "Standard_D2s_v5"
VERSION = "2025-05-01"
LOCATIONS_VERSION = "2022-12-01"
"""Of the APIs."""
SERVER_APPLICATION = "6dae42f8-4368-4678-94ff-3960e28e3630"
"""Entra ID's name for every AKS cluster that logs users in by it."""

STATES: dict[str, State] = {
    "Creating": "creating",
    "Succeeded": "running",
    "Updating": "changing",
    "Upgrading": "changing",
    "Scaling": "changing",
    "Starting": "changing",
    "Deleting": "deleting",
    "Canceled": "failed",
}


def found_of(item: Mapping[str, Any]) -> Found:
    """A cluster of the API's."""
    properties = item.get("properties") or {}
    told = str(properties.get("provisioningState"))
    state = STATES.get(told, "changing")
    if told == "Failed":
        # A change that failed leaves a cluster that runs; one that was never finished has no version that it runs
        state = "degraded" if properties.get("currentKubernetesVersion") else "failed"
    reason = "" if state != "degraded" else "its last change failed"
    if (properties.get("powerState") or {}).get("code") == "Stopped":
        state, reason = "failed", "it is stopped: az aks start"
    error = ((properties.get("status") or {}).get("provisioningError") or {}).get("message")
    pools = tuple(
        Pool(
            str(pool["name"]),
            str(pool.get("vmSize") or ""),
            int(pool.get("count") or 0),
            (int(pool.get("minCount") or 0), int(pool.get("maxCount") or 0)) if pool.get("enableAutoScaling") else None,
        )
        for pool in properties.get("agentPoolProfiles") or []
    )
    return Found(
        id=str(item["id"]),
        name=str(item["name"]),
        region=str(item["location"]),
        state=state,
        reason=str(error or reason),
        made_here=MARK in (item.get("tags") or {}),
        version=str(properties.get("currentKubernetesVersion") or properties.get("kubernetesVersion") or ""),
        pools=pools,
        raw=item,
    )


def cluster_body(wish: Wish) -> dict[str, Any]:
    """A cluster as the API takes it, with network policies that are enforced; its first pool runs the system's pods."""
    pools = []
    for index, pool in enumerate(wish.pools):
        body: dict[str, Any] = {
            "name": pool.name,
            "count": pool.nodes,
            "vmSize": pool.size,
            "osType": "Linux",
            "type": "VirtualMachineScaleSets",
            "mode": "User" if index else "System",
        }
        if pool.limits:
            body |= {"enableAutoScaling": True, "minCount": pool.limits[0], "maxCount": pool.limits[1]}
        pools.append(body)
    properties: dict[str, Any] = {
        "dnsPrefix": wish.name.replace("_", "-").strip("-")[:54],
        "enableRBAC": True,
        "agentPoolProfiles": pools,
        "networkProfile": {
            "networkPlugin": "azure",
            "networkPluginMode": "overlay",
            "networkDataplane": "cilium",
            "networkPolicy": "cilium",
            "loadBalancerSku": "standard",
        },
    }
    if wish.version:
        properties["kubernetesVersion"] = wish.version
    return {"location": wish.region, "tags": {MARK: "made"}, "identity": {"type": "SystemAssigned"}, "properties": properties}


class Aks:
    """See Cloud.

    :param group: the resource group.
    :param subscription: empty is that of the environment.
    """

    title = "Azure"
    pulls_by_secret = False

    def __init__(
        self, wish: Wish, given: Mapping[str, Any], group: str, subscription: str = "", environment: Mapping[str, str] | None = None
    ) -> None:
        environment = os.environ if environment is None else environment
        subscription = subscription or first(environment, AKS_SUBSCRIPTIONS)[1]
        if not subscription:
            raise ProvenError(
                "It isn't said in which subscription the cluster is.",
                where="cluster_project",
                fix="Give its ID, or set AZURE_SUBSCRIPTION_ID.",
            )
        check_pattern(subscription, "[0-9a-fA-F-]{36}", "cluster_project", "the subscription's ID: 36 hexadecimal digits and hyphens")
        if not group:
            raise ProvenError(
                "It isn't said in which resource group the cluster is.", where="cluster_resource_group", fix="Name the group."
            )
        check_pattern(group, r"[\w.()-]{1,89}[\w()-]", "cluster_resource_group", "up to 90 letters, digits and ._()-")
        places = endpoints(environment.get(ENVIRONMENT, ""))
        self._identity = Identity(given, environment, places)
        self._wish = wish
        self._group = group
        self.place = f"resource group {group} of subscription {subscription}"
        http = Http(places.manager, self._identity.tokens(places.manager))
        where = f"cluster {wish.name} in resource group {group}"
        self._api = Asking(http, self.title, where, self._identity.source, {"api-version": VERSION})
        self._subscription = f"/subscriptions/{subscription}"
        self._clusters = f"{self._subscription}/resourceGroups/{quote(group)}/providers/Microsoft.ContainerService/managedClusters"
        self._path = f"{self._clusters}/{wish.name}"
        self._registries = Registries(self._api, self._subscription, self._identity, places.manager)

    def check_name(self) -> None:
        words = "up to 63 letters, digits, hyphens and underscores, a letter or digit at both ends"
        check_pattern(self._wish.name, "[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?", "cluster_name", words)
        for pool in self._wish.pools:
            check_pattern(pool.name, "[a-z][a-z0-9]{0,11}", "cluster_node_pools", "up to 12 lowercase letters and digits, a letter first")

    def find(self) -> Found | None:
        item = self._api.maybe(self._path, "look at its clusters")
        return found_of(item) if item else None

    def others(self) -> list[str]:
        # A group that isn't there is told of here, before anything is made
        answer = self._api.get(self._clusters, "look at its clusters")
        return [f"{item['name']} ({item['location']})" for item in answer.get("value") or []]

    def check_offer(self) -> None:
        self.others()
        locations = self._api.versioned(LOCATIONS_VERSION).get(f"{self._subscription}/locations", "see which regions it has")
        names = [str(item["name"]) for item in locations.get("value") or []]
        region = self._wish.region.replace(" ", "").lower()
        check_offered("region", region, names, "cluster_region", self.title)
        path = f"{self._subscription}/providers/Microsoft.ContainerService/locations/{region}/kubernetesVersions"
        answer = self._api.get(path, f"see what it offers in {region}")
        versions: list[str] = []
        for series in answer.get("values") or []:
            versions += [str(series["version"]), *(series.get("patchVersions") or {})]
        if self._wish.version and not any(version_matches(version, self._wish.version) for version in versions):
            check_offered("version", self._wish.version, versions, "cluster_version", f"{self.title} in {region}")

    def create(self) -> None:
        # A PUT would change a cluster that somebody has made meanwhile
        wish = replace(self._wish, region=self._wish.region.replace(" ", "").lower())
        self._api.send("PUT", self._path, "make the cluster", cluster_body(wish), headers={"If-None-Match": "*"})

    def failure(self, found: Found) -> str:
        return found.reason or "its activity log has the reason"

    def access(self, found: Found) -> Access:
        answer = self._api.send("POST", f"{self._path}/listClusterUserCredential", "give out its kubeconfig").body
        text = base64.b64decode(answer["kubeconfigs"][0]["value"]).decode()
        access = kubeconfig.parse(text, f"cluster {found.name}")
        if "exec" in access.user:
            # It asks for a program that logs in by Entra ID, as we can
            return replace(access, user={"token": self._identity.token(SERVER_APPLICATION)})
        return access

    def delete(self, found: Found) -> None:
        self._api.send("DELETE", self._path, "delete the cluster", good=(404,))

    def owns(self, registry: str) -> bool:
        return self._registries.owns(registry)

    def login(self, registry: str) -> Login:
        return self._registries.login(registry)

    def attached(self, found: Found, registry: str) -> bool:
        return self._registries.attached(registry, puller(found))

    def attach(self, found: Found, registry: str) -> None:
        self._registries.attach(registry, puller(found))


def puller(found: Found) -> str:
    """The ID of the identity that the cluster's nodes pull images with.

    :raises ProvenError: there is none.
    """
    profile = (found.raw.get("properties") or {}).get("identityProfile") or {}
    identity = str((profile.get("kubeletidentity") or {}).get("objectId") or "")
    if not identity:
        raise ProvenError(
            f"The nodes of {found.name} have no identity to pull images with.",
            where=f"cluster {found.name}",
            fix="Give the cluster a managed identity, or give images_registry_username and images_registry_password.",
        )
    return identity
