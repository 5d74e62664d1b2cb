# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Stand-in of Azure's resource manager, of Entra ID's token endpoint, and of a container registry's."""

from __future__ import annotations

import base64
from typing import Any

from .clouds import Cloud, Life, Real
from .server import Reply, Request, StandIn

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
TENANT = "66666666-7777-8888-9999-000000000000"
CLIENT = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
SECRET = "sentinel~of.the-client"
ARM_TOKEN = "sentinel-arm-token"
REFRESH = "sentinel-refresh-token"
GROUP = "shop"
PULLER = "12345678-1234-1234-1234-123456789012"
VERSIONS = {
    "values": [
        {"version": "1.34", "capabilities": {"supportPlan": ["KubernetesOfficial"]}, "patchVersions": {"1.34.1": {"upgrades": []}}},
        {
            "version": "1.33",
            "isDefault": True,
            "capabilities": {"supportPlan": ["KubernetesOfficial"]},
            "patchVersions": {"1.33.5": {"upgrades": ["1.34.1"]}},
        },
    ]
}


def error(status: int, code: str, message: str) -> Reply:
    """In the form of the resource manager."""
    return Reply(status, {"error": {"code": code, "message": message}})


class Aks(Cloud):
    provider = "aks"
    region = "westeurope"

    def __init__(self, server: StandIn, real: Real) -> None:
        super().__init__(server, real)
        self.registry = f"{server.url.removeprefix('https://')}/web"
        self.credentials = {"client_id": CLIENT, "client_secret": SECRET, "tenant": TENANT}
        self.environment = {
            "AZURE_CLIENT_ID": CLIENT,
            "AZURE_SECRET": SECRET,
            "AZURE_TENANT": TENANT,
            "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
        }
        self.address = {"AZURE_CLOUD_ENVIRONMENT": server.url}
        self.arguments = {"project": SUBSCRIPTION, "resource_group": GROUP}
        self.secrets = [SECRET, ARM_TOKEN, REFRESH, real.token, *map(str, real.user.values())]
        self.entra = False
        self.pullers: dict[str, dict[str, Any]] = {}
        subscription = f"/subscriptions/{SUBSCRIPTION}"
        self.group = f"{subscription}/resourceGroups/{GROUP}"
        clusters = f"{self.group}/providers/Microsoft.ContainerService/managedClusters"
        self.acr = f"{self.group}/providers/Microsoft.ContainerRegistry/registries/acme"
        one = f"{clusters}/(?P<name>[^/]+)"
        server.route("GET", "/metadata/endpoints", self._metadata)
        server.route("GET", f"/{TENANT}/v2.0/.well-known/openid-configuration", self._openid)
        server.route("POST", f"/{TENANT}/oauth2/v2.0/token", self._token)
        server.route("POST", "/oauth2/exchange", self._exchange)
        for method, path, route in (
            ("GET", clusters, lambda _: Reply(200, {"value": [life.item for life in self.lives.values()]})),
            ("GET", one, self._get),
            ("PUT", one, self._create),
            ("DELETE", one, self._delete),
            ("POST", f"{one}/listClusterUserCredential", self._credential),
            (
                "GET",
                f"{subscription}/locations",
                lambda _: Reply(200, {"value": [location(name) for name in ("westeurope", "northeurope")]}),
            ),
            (
                "GET",
                f"{subscription}/providers/Microsoft.ContainerService/locations/[a-z]+/kubernetesVersions",
                lambda _: Reply(200, VERSIONS),
            ),
            (
                "GET",
                f"{subscription}/providers/Microsoft.ContainerRegistry/registries",
                lambda _: Reply(200, {"value": [self.registry_item()]}),
            ),
            (
                "GET",
                f"{self.acr}/providers/Microsoft.Authorization/roleAssignments",
                lambda _: Reply(200, {"value": list(self.pullers.values())}),
            ),
            ("PUT", f"{self.acr}/providers/Microsoft.Authorization/roleAssignments/(?P<name>[0-9a-f-]+)", self._assign),
            (
                "GET",
                f"{subscription}/resourceGroups/.*",
                lambda _: error(404, "ResourceGroupNotFound", "Resource group 'none' could not be found."),
            ),
        ):
            server.route(method, path, self.guarded(route))

    @property
    def token(self) -> str:
        return ARM_TOKEN

    def unauthorized(self) -> Reply:
        return error(401, "InvalidAuthenticationToken", "The access token is invalid.")

    def _metadata(self, _: Request) -> Reply:
        return Reply(
            200,
            {
                "galleryEndpoint": "",
                "graphEndpoint": self.server.url,
                "portalEndpoint": self.server.url,
                "authentication": {"loginEndpoint": f"{self.server.url}/", "audiences": [self.server.url]},
            },
        )

    def _openid(self, _: Request) -> Reply:
        base = f"{self.server.url}/{TENANT}"
        return Reply(
            200,
            {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
            },
        )

    def _token(self, request: Request) -> Reply:
        if request.body["client_secret"] != SECRET:
            words = f"AADSTS7000215: Invalid client secret provided. Ensure the secret being sent is for app '{CLIENT}'."
            return Reply(401, {"error": "invalid_client", "error_description": words, "error_codes": [7000215]})
        token = ARM_TOKEN if request.body["scope"] == f"{self.server.url}/.default" else self.real.token
        return Reply(200, {"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": token})

    def _exchange(self, request: Request) -> Reply:
        if request.body["access_token"] != ARM_TOKEN:
            return Reply(401, {"errors": [{"code": "UNAUTHORIZED", "message": "authentication required"}]})
        return Reply(200, {"refresh_token": REFRESH})

    def registry_item(self) -> dict[str, Any]:
        return {
            "id": self.acr,
            "name": "acme",
            "type": "Microsoft.ContainerRegistry/registries",
            "location": self.region,
            "sku": {"name": "Basic", "tier": "Basic"},
            "properties": {"loginServer": self.registry.split("/")[0], "provisioningState": "Succeeded", "adminUserEnabled": False},
        }

    def finish(self, item: dict[str, Any]) -> None:
        properties = item["properties"]
        if self.dies_of:
            properties |= {"provisioningState": "Failed", "status": {"provisioningError": {"code": "Failed", "message": self.dies_of}}}
        else:
            properties |= {"provisioningState": "Succeeded", "currentKubernetesVersion": properties["kubernetesVersion"]}

    def set_state(self, name: str, state: str, reason: str = "") -> None:
        self.lives[name].item["properties"] |= {
            "provisioningState": state,
            **({"status": {"provisioningError": {"code": "Failed", "message": reason}}} if reason else {}),
        }

    def have(self, name: str, *, ours: bool = False) -> None:
        pool = {"name": "default", "count": 2, "vmSize": "Standard_D2s_v5", "mode": "System", "osType": "Linux"}
        body = {"location": self.region, "tags": {self.mark: "made"} if ours else {}, "properties": {"agentPoolProfiles": [pool]}}
        self.lives[name] = Life(self._described(name, body, "Succeeded"))
        self.finish(self.lives[name].item)

    def _described(self, name: str, body: dict[str, Any], state: str) -> dict[str, Any]:
        """As the API describes a cluster."""
        agent = {
            "clientId": CLIENT,
            "objectId": PULLER,
            "resourceId": f"{self.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}-agentpool",
        }
        return {
            **body,
            "id": f"{self.group}/providers/Microsoft.ContainerService/managedClusters/{name}",
            "name": name,
            "type": "Microsoft.ContainerService/ManagedClusters",
            "properties": {
                "kubernetesVersion": "1.33",
                **body["properties"],
                "provisioningState": state,
                "powerState": {"code": "Running"},
                "fqdn": f"{name}-0000.hcp.westeurope.azmk8s.io",
                "identityProfile": {"kubeletidentity": agent},
            },
        }

    def _get(self, request: Request) -> Reply:
        self.age()
        name = request.groups["name"]
        if name not in self.lives:
            return error(404, "ResourceNotFound", f"The Resource 'Microsoft.ContainerService/managedClusters/{name}' was not found.")
        return Reply(200, self.lives[name].item)

    def _create(self, request: Request) -> Reply:
        name = request.groups["name"]
        if name in self.lives and request.headers.get("if-none-match") == "*":
            return error(412, "PreconditionFailed", "The resource exists already.")
        self.lives[name] = Life(self._described(name, request.body, "Creating"), self.looks)
        return Reply(201, self.lives[name].item)

    def _delete(self, request: Request) -> Reply:
        life = self.lives[request.groups["name"]]
        life.item["properties"]["provisioningState"] = "Deleting"
        life.looks, life.goes = self.looks, True
        return Reply(202)

    def _credential(self, request: Request) -> Reply:
        name = request.groups["name"]
        login = {"exec": {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "kubelogin", "args": ["get-token"]}}
        real = Real(self.real.server, self.real.ca, login) if self.entra else self.real
        value = base64.b64encode(real.kubeconfig(name).encode()).decode()
        return Reply(200, {"kubeconfigs": [{"name": "clusterUser", "value": value}]})

    def _assign(self, request: Request) -> Reply:
        item = {
            "id": request.path,
            "name": request.groups["name"],
            "type": "Microsoft.Authorization/roleAssignments",
            "properties": {**request.body["properties"], "scope": self.acr},
        }
        self.pullers[request.groups["name"]] = item
        return Reply(201, item)


def location(name: str) -> dict[str, Any]:
    return {"id": f"/subscriptions/{SUBSCRIPTION}/locations/{name}", "name": name, "displayName": name.title()}
