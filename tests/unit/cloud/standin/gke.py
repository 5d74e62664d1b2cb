# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Stand-in of Google's APIs: container v1, artifactregistry v1, and OAuth's token endpoint."""

from __future__ import annotations

import json
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .clouds import Cloud, Life, Real
from .server import Reply, Request, StandIn

PROJECT = "acme-shop"
VERSIONS = ["1.34.1-gke.1829001", "1.33.5-gke.1308000"]
CONFIG = {
    "defaultClusterVersion": VERSIONS[1],
    "validNodeVersions": VERSIONS,
    "defaultImageType": "COS_CONTAINERD",
    "validImageTypes": ["COS_CONTAINERD"],
    "validMasterVersions": VERSIONS,
}


def error(status: int, word: str, message: str) -> Reply:
    """In the form of all Google APIs."""
    return Reply(status, {"error": {"code": status, "message": message, "status": word}})


class Gke(Cloud):
    provider = "gke"
    region = "europe-west3"
    registry = f"europe-west3-docker.pkg.dev/{PROJECT}/web"

    def __init__(self, server: StandIn, real: Real) -> None:
        super().__init__(server, real)
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
        self.public = key.public_key()
        account = {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key": pem,
            "client_email": f"deployer@{PROJECT}.iam.gserviceaccount.com",
            "token_uri": f"{server.url}/token",
        }
        self.credentials = {"service_account": json.dumps(account)}
        file = server.ca.parent / "service-account.json"
        file.write_text(json.dumps(account))
        self.environment = {"GOOGLE_APPLICATION_CREDENTIALS": str(file), "GCP_PROJECT": PROJECT}
        self.address = {f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{name}": f"{server.url}/" for name in ("CONTAINER", "ARTIFACTREGISTRY")}
        self.secrets = [pem.splitlines()[1], real.token]
        parent = f"/v1/projects/{PROJECT}/locations/{self.region}"
        server.route("POST", "/token", self._token)
        for method, path, route in (
            ("GET", f"/v1/projects/{PROJECT}/locations/-/clusters", self._list),
            ("GET", f"{parent}/serverConfig", lambda _: Reply(200, CONFIG)),
            ("POST", f"{parent}/clusters", self._create),
            ("DELETE", f"{parent}/clusters/(?P<name>[^/]+)", self._delete),
            ("GET", f"{parent}/repositories/web", lambda _: Reply(200, REPOSITORY)),
            ("GET", f"{parent}/repositories", lambda _: Reply(200, {"repositories": [REPOSITORY]})),
            ("GET", f"{parent}/repositories/[^/]+", lambda _: error(404, "NOT_FOUND", "Requested entity was not found.")),
            (
                "GET",
                "/v1/projects/[^/]+/locations/[^/]+/serverConfig",
                lambda request: error(400, "INVALID_ARGUMENT", f'Location "{request.path.split("/")[5]}" does not exist.'),
            ),
        ):
            server.route(method, path, self.guarded(route))

    def unauthorized(self) -> Reply:
        return error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")

    def _token(self, request: Request) -> Reply:
        from google.auth import jwt

        pem = self.public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        try:
            claims = jwt.decode(request.body["assertion"], certs=pem, audience="https://oauth2.googleapis.com/token")
        except ValueError:
            return Reply(400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."})
        assert claims["scope"] == "https://www.googleapis.com/auth/cloud-platform"
        return Reply(200, {"access_token": self.real.token, "expires_in": 3599, "token_type": "Bearer"})

    def finish(self, item: dict[str, Any]) -> None:
        item |= (
            {"status": "ERROR", "conditions": [{"code": "GCE_QUOTA_EXCEEDED", "message": self.dies_of}]}
            if self.dies_of
            else {"status": "RUNNING"}
        )

    def set_state(self, name: str, state: str, reason: str = "") -> None:
        self.lives[name].item |= {"status": state, "statusMessage": reason}

    def have(self, name: str, *, ours: bool = False) -> None:
        pool = {"name": "default", "initialNodeCount": 2, "config": {"machineType": "e2-standard-2"}}
        item = {"name": name, "nodePools": [pool], "resourceLabels": {self.mark: "made"} if ours else {}}
        self.lives[name] = Life(self._described(item, VERSIONS[1], "RUNNING"))

    def _described(self, item: dict[str, Any], version: str, status: str) -> dict[str, Any]:
        """As the API describes a cluster."""
        return {
            **item,
            "location": self.region,
            "zone": self.region,
            "endpoint": self.real.server.removeprefix("https://"),
            "currentMasterVersion": version,
            "status": status,
            "masterAuth": {"clusterCaCertificate": self.real.ca},
            "controlPlaneEndpointsConfig": {"ipEndpointsConfig": {"enabled": True, "enablePublicEndpoint": True}},
            "selfLink": f"{self.server.url}/v1/projects/{PROJECT}/locations/{self.region}/clusters/{item['name']}",
            "createTime": "2026-01-01T10:00:00+00:00",
        }

    def _operation(self, kind: str, name: str) -> Reply:
        link = f"{self.server.url}/v1/projects/123456789012/locations/{self.region}"
        return Reply(
            200,
            {
                "name": "operation-1767261600000-00000000",
                "operationType": kind,
                "status": "RUNNING",
                "location": self.region,
                "zone": self.region,
                "selfLink": f"{link}/operations/operation-1767261600000-00000000",
                "targetLink": f"{link}/clusters/{name}",
                "startTime": "2026-01-01T10:00:00Z",
            },
        )

    def _list(self, request: Request) -> Reply:
        self.age()
        items = [life.item for life in self.lives.values()]
        return Reply(200, {"clusters": items} if items else {})

    def _create(self, request: Request) -> Reply:
        item = request.body["cluster"]
        if item["name"] in self.lives:
            return error(409, "ALREADY_EXISTS", f"Already exists: projects/{PROJECT}/locations/{self.region}/clusters/{item['name']}.")
        self.lives[item["name"]] = Life(self._described(item, item.get("initialClusterVersion") or VERSIONS[1], "PROVISIONING"), self.looks)
        return self._operation("CREATE_CLUSTER", item["name"])

    def _delete(self, request: Request) -> Reply:
        life = self.lives[request.groups["name"]]
        life.item["status"] = "STOPPING"
        life.looks, life.goes = self.looks, True
        return self._operation("DELETE_CLUSTER", request.groups["name"])


REPOSITORY = {
    "name": f"projects/{PROJECT}/locations/europe-west3/repositories/web",
    "format": "DOCKER",
    "createTime": "2026-01-01T10:00:00Z",
    "updateTime": "2026-01-01T10:00:00Z",
    "mode": "STANDARD_REPOSITORY",
    "sizeBytes": "1024",
}
