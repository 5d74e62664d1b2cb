# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Stand-in of DigitalOcean's API v2."""

from __future__ import annotations

import base64
import uuid
from typing import Any

from .clouds import Cloud, Life, Real
from .server import Reply, Request, StandIn

TOKEN = "dop_v1_sentinel0000000000000000"
DOCKER = "sentinel-docker-password"
OPTIONS: dict[str, Any] = {
    "options": {
        "regions": [{"name": "Frankfurt 1", "slug": "fra1"}, {"name": "New York 3", "slug": "nyc3"}],
        "versions": [
            {"slug": "1.34.1-do.0", "kubernetes_version": "1.34.1", "supported_features": ["token-authentication"]},
            {"slug": "1.33.5-do.1", "kubernetes_version": "1.33.5", "supported_features": ["token-authentication"]},
        ],
        "sizes": [{"name": "s-2vcpu-4gb", "slug": "s-2vcpu-4gb"}, {"name": "s-4vcpu-8gb", "slug": "s-4vcpu-8gb"}],
    }
}


def cluster(name: str, region: str, version: str, tags: list[str], pools: list[dict[str, Any]], state: str) -> dict[str, Any]:
    """As the API describes it."""
    number = str(uuid.uuid5(uuid.NAMESPACE_DNS, name))
    return {
        "id": number,
        "name": name,
        "region": region,
        "version": version,
        "cluster_subnet": "10.244.0.0/16",
        "service_subnet": "10.245.0.0/16",
        "vpc_uuid": "c33931f2-a26a-4e61-b85c-4e95a2ec431b",
        "ipv4": "",
        "endpoint": f"https://{number}.k8s.ondigitalocean.com",
        "tags": ["k8s", f"k8s:{number}", *tags],
        "node_pools": [
            {
                "id": str(uuid.uuid4()),
                "auto_scale": False,
                "min_nodes": 0,
                "max_nodes": 0,
                "tags": [],
                "labels": None,
                "taints": [],
                "nodes": [],
                **pool,
            }
            for pool in pools
        ],
        "auto_upgrade": False,
        "status": {"state": state, "message": state},
        "created_at": "2026-01-01T10:00:00Z",
        "updated_at": "2026-01-01T10:00:00Z",
        "surge_upgrade": True,
        "registry_enabled": False,
        "ha": False,
    }


class Doks(Cloud):
    provider = "doks"
    region = "fra1"
    registry = "registry.digitalocean.com/acme"

    def __init__(self, server: StandIn, real: Real) -> None:
        super().__init__(server, real)
        self.credentials = {"token": TOKEN}
        self.environment = {"DIGITALOCEAN_TOKEN": TOKEN}
        self.address = {"DIGITALOCEAN_API_URL": server.url}
        self.secrets = [TOKEN, DOCKER, *map(str, real.user.values())]
        one = "/v2/kubernetes/clusters/(?P<id>[^/]+)"
        for method, path, route in (
            ("GET", "/v2/kubernetes/clusters", self._list),
            ("POST", "/v2/kubernetes/clusters", self._create),
            ("GET", "/v2/kubernetes/options", lambda _: Reply(200, OPTIONS)),
            ("GET", f"{one}/kubeconfig", lambda request: Reply(200, real.kubeconfig(f"do-{self.region}-{self._name(request)}"))),
            ("DELETE", one, self._delete),
            ("POST", "/v2/kubernetes/registries", self._attach),
            ("GET", "/v2/registries", lambda _: Reply(200, {"registries": [REGISTRY]})),
            ("GET", "/v2/registries/acme", lambda _: Reply(200, {"registry": REGISTRY})),
            ("GET", "/v2/registries/acme/docker-credentials", self._login),
            ("GET", "/v2/registries/[^/]+", lambda _: Reply(404, NOT_FOUND)),
        ):
            server.route(method, path, self.guarded(route))

    @property
    def token(self) -> str:
        return TOKEN

    def unauthorized(self) -> Reply:
        return Reply(401, {"id": "Unauthorized", "message": "Unable to authenticate you"})

    def _name(self, request: Request) -> str:
        return next(name for name, life in self.lives.items() if life.item["id"] == request.groups["id"])

    def finish(self, item: dict[str, Any]) -> None:
        item["status"] = {"state": "error", "message": self.dies_of} if self.dies_of else {"state": "running"}

    def set_state(self, name: str, state: str, reason: str = "") -> None:
        self.lives[name].item["status"] = {"state": state, "message": reason}

    def have(self, name: str, *, ours: bool = False) -> None:
        pool = {"name": "default", "size": "s-2vcpu-4gb", "count": 2}
        self.lives[name] = Life(cluster(name, self.region, "1.33.5-do.1", [self.mark] if ours else [], [pool], "running"))

    def _list(self, request: Request) -> Reply:
        self.age()
        items = [life.item for life in self.lives.values()]
        # One on each page, so that pages are turned
        page = int(request.query["page"])
        links = {"pages": {"next": f"{self.server.url}/v2/kubernetes/clusters?page={page + 1}"}} if page < len(items) else {}
        return Reply(200, {"kubernetes_clusters": items[page - 1 : page], "links": links, "meta": {"total": len(items)}})

    def _create(self, request: Request) -> Reply:
        body = request.body
        if body["name"] in self.lives:
            return Reply(422, {"id": "unprocessable_entity", "message": "a cluster with this name already exists"})
        version = OPTIONS["options"]["versions"][0]["slug"] if body["version"] == "latest" else body["version"]
        item = cluster(body["name"], body["region"], str(version), body["tags"], body["node_pools"], "provisioning")
        self.lives[body["name"]] = Life(item, self.looks)
        return Reply(201, {"kubernetes_cluster": item})

    def _delete(self, request: Request) -> Reply:
        life = self.lives[self._name(request)]
        life.item["status"] = {"state": "deleting", "message": ""}
        life.looks, life.goes = self.looks, True
        return Reply(204)

    def _attach(self, request: Request) -> Reply:
        for life in self.lives.values():
            if life.item["id"] in request.body["cluster_uuids"]:
                life.item |= {"registry_enabled": True, "registries": request.body["registries"]}
        return Reply(204)

    def _login(self, request: Request) -> Reply:
        assert request.query["read_write"] == "true"
        auth = base64.b64encode(f"somebody@example.com:{DOCKER}".encode()).decode()
        return Reply(200, {"auths": {"registry.digitalocean.com": {"auth": auth}}})


REGISTRY = {
    "name": "acme",
    "created_at": "2026-01-01T10:00:00Z",
    "region": "fra1",
    "storage_usage_bytes": 29393920,
    "storage_usage_bytes_updated_at": "2026-01-01T10:00:00Z",
}
NOT_FOUND = {"id": "not_found", "message": "The resource you requested could not be found."}
