# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The stand-ins keep to what the clouds publish, and so does what they are asked: both are read by the clouds' own libraries.

Google's are strict (protobuf's JSON form refuses an unknown field or word). Azure's models, and the description that DigitalOcean's
library gives of each operation, are walked for fields that they don't have.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.modules import cloud_registry

from .conftest import Run
from .standin.aks import Aks
from .standin.clouds import Cloud
from .standin.doks import Doks
from .standin.gke import Gke
from .test_clouds import make

Exchange = tuple[str, str, Any, Any]
"""(method, path, what was sent, what was answered)"""


@pytest.fixture
def exchanges(cloud: Cloud, run: Run) -> list[Exchange]:
    """All that is ever said: a cluster is made, used, pulled for, looked at and deleted."""
    for result in (
        run(**make(cloud, version="1.34")),
        run(cloud_registry.run, registry=cloud.registry),
        run(),
        run(name="none"),
        run(state="absent"),
    ):
        assert "msg" not in result or "There is no cluster none" in result["msg"], result["msg"]
    return [(request.method, request.path, request.body, reply.body) for request, reply in cloud.server.exchanges if reply.status < 300]


def of(exchanges: list[Exchange], method: str, pattern: str) -> list[tuple[Any, Any]]:
    found = [(sent, answered) for verb, path, sent, answered in exchanges if verb == method and re.search(pattern, path)]
    assert found, f"nobody asked for {method} {pattern}"
    return found


@pytest.mark.parametrize("cloud", [Gke], indirect=True)
def test_google(exchanges: list[Exchange]) -> None:
    from google.cloud import container_v1
    from google.protobuf import json_format

    def strict(kind: Any, data: Any) -> None:
        json_format.ParseDict(data, kind.pb()())

    for sent, answered in of(exchanges, "POST", "/clusters$"):
        strict(container_v1.CreateClusterRequest, sent)
        strict(container_v1.Operation, answered)
    for _, answered in of(exchanges, "GET", "/locations/-/clusters$"):
        strict(container_v1.ListClustersResponse, answered)
    for _, answered in of(exchanges, "GET", "/serverConfig$"):
        strict(container_v1.ServerConfig, answered)
    for _, answered in of(exchanges, "DELETE", "/clusters/prod$"):
        strict(container_v1.Operation, answered)
    with pytest.raises(json_format.ParseError):
        strict(container_v1.CreateClusterRequest, {"cluster": {"nme": "prod"}})


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def unknown(model: Any, data: Any, path: str = "") -> Iterator[str]:
    """Fields of a JSON document that Azure's model of it doesn't have."""
    if isinstance(data, list):
        for item, entry in zip(model, data, strict=True):
            yield from unknown(item, entry, f"{path}[]")
    elif isinstance(data, Mapping):
        for key, value in data.items():
            if hasattr(model, "as_dict"):
                if not hasattr(model, snake(key)):
                    yield f"{path}.{key}"
                    continue
                child = getattr(model, snake(key))
                # A name that a map has a method of
                child = getattr(model, f"{snake(key)}_property") if callable(child) else child
            else:
                child = model[key]
            yield from unknown(child, value, f"{path}.{key}")


@pytest.mark.parametrize("cloud", [Aks], indirect=True)
def test_azure(exchanges: list[Exchange]) -> None:
    from azure.mgmt.authorization import models as roles
    from azure.mgmt.containerregistry import models as registries
    from azure.mgmt.containerservice import models

    def faults(kind: Any, data: Any) -> list[str]:
        return list(unknown(kind(data), data))

    for sent, answered in of(exchanges, "PUT", "/managedClusters/prod$"):
        assert faults(models.ManagedCluster, sent) == []
        assert faults(models.ManagedCluster, answered) == []
    for _, answered in of(exchanges, "GET", "/managedClusters/prod$"):
        assert faults(models.ManagedCluster, answered) == []
    for _, answered in of(exchanges, "POST", "/listClusterUserCredential$"):
        assert faults(models.CredentialResults, answered) == []
    for _, answered in of(exchanges, "GET", "/kubernetesVersions$"):
        assert faults(models.KubernetesVersionListResult, answered) == []
    for _, answered in of(exchanges, "GET", "/registries$"):
        for item in answered["value"]:
            assert faults(registries.Registry, item) == []
    for sent, _ in of(exchanges, "PUT", "/roleAssignments/"):
        assert roles.RoleAssignmentCreateParameters.from_dict(sent) is not None
        assert set(sent["properties"]) <= {"roleDefinitionId", "principalId", "principalType"}
    assert faults(models.ManagedCluster, {"properties": {"nodePools": []}}) == [".properties.nodePools"]


def described(operation: Any, label: str) -> Any:
    """The document that a description shows beside `label == `; where it shows several, the first."""
    text = inspect.getdoc(operation) or ""
    lines = text[text.index(f"{label} = ") if f"{label} = " in text else text.index(f"{label} == ") :].splitlines()
    kept = [lines[0].partition("=")[2].lstrip("= ")]
    # Comments go on in lines of their own, without a sign
    line_of_a_document = re.compile(r'\s*("[^"]*":\s*)?([\[\]{}]{1,2}|"[^"]*"|bool|str|True|False|[\d.]+|"str": .*),?\s*')
    for line in lines[1:]:
        code = line.split("  #")[0].rstrip()
        if line_of_a_document.fullmatch(code):
            kept.append(code)
        if code == kept[0].replace("{", "}") or re.fullmatch(r"\s{0,8}}", code):
            break
    return ast.literal_eval("\n".join(kept).replace("bool", "True"))


def strange(schema: Any, data: Any, path: str = "") -> Iterator[str]:
    """What a JSON document has that the description hasn't, or has of another kind."""
    if data is None:
        return
    if isinstance(schema, dict) and isinstance(data, dict):
        for key, value in data.items():
            if key in schema:
                yield from strange(schema[key], value, f"{path}.{key}")
            elif schema:
                yield f"{path}.{key}"
    elif isinstance(schema, list) and isinstance(data, list):
        for item in data if schema else []:
            yield from strange(schema[0], item, f"{path}[]")
    elif type(schema) is not type(data):
        yield f"{path} is a {type(data).__name__}, not a {type(schema).__name__}"


@pytest.mark.parametrize("cloud", [Doks], indirect=True)
def test_digitalocean(exchanges: list[Exchange]) -> None:
    from pydo.operations import KubernetesOperations, RegistriesOperations

    def check(operations: Any, name: str, method: str, pattern: str) -> None:
        operation = getattr(operations, name)
        for sent, answered in of(exchanges, method, pattern):
            if sent is not None:
                assert list(strange(described(operation, "body"), sent)) == []
            if answered is not None:
                assert list(strange(described(operation, "response"), answered)) == []

    check(KubernetesOperations, "create_cluster", "POST", "/kubernetes/clusters$")
    check(KubernetesOperations, "list_clusters", "GET", "/kubernetes/clusters$")
    check(KubernetesOperations, "list_options", "GET", "/kubernetes/options$")
    check(KubernetesOperations, "add_registries", "POST", "/kubernetes/registries$")
    check(RegistriesOperations, "get", "GET", "/registries/acme$")
    check(RegistriesOperations, "get_docker_credentials", "GET", "/docker-credentials$")
    options = described(KubernetesOperations.list_options, "response")
    assert list(strange(options, {"options": {"zones": [], "regions": [{"slug": 3}]}})) == [
        ".options.zones",
        ".options.regions[].slug is a int, not a str",
    ]
