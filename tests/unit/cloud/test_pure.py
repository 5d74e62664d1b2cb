# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is decided without asking anybody."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._cloud.aks import found_of as aks_found
from ansible_collections.proven.webapp.plugins.module_utils._cloud.azure import PUBLIC, endpoints
from ansible_collections.proven.webapp.plugins.module_utils._cloud.credentials import doks_token, principal, service_account
from ansible_collections.proven.webapp.plugins.module_utils._cloud.gke import endpoint_of
from ansible_collections.proven.webapp.plugins.module_utils._cloud.http import check_address, fault_of
from ansible_collections.proven.webapp.plugins.module_utils._cloud.kubeconfig import parse
from ansible_collections.proven.webapp.plugins.module_utils._cloud.model import Found, Pool, Wish, drift, version_matches
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError


@pytest.mark.parametrize(
    ("offered", "wanted", "answer"),
    [
        ("1.34.1-gke.1829001", "1.34", True),
        ("1.34.1-do.0", "1.34.1", True),
        ("1.34.1", "1.34.1", True),
        ("1.34.10", "1.34.1", False),
        ("1.34.1", "1.3", False),
    ],
)
def test_a_version_by_its_beginning(offered: str, wanted: str, answer: bool) -> None:
    assert version_matches(offered, wanted) is answer


def test_numbers_of_nodes_that_the_cloud_scales_are_no_drift() -> None:
    wish = Wish("prod", pools=(Pool("a", "s", 2, (1, 5)), Pool("b", "s", 2)))
    there = Found("1", "prod", "r", "running", pools=(Pool("a", "s", 4, (1, 5)), Pool("b", "s", 3), Pool("c", "s", 1)))
    assert drift(wish, there) == ["its node pool is b: 3 × s, not b: 2 × s"]


PRIVATE = {
    "endpoint": "10.0.0.2",
    "masterAuth": {"clusterCaCertificate": "Q0E="},
    "controlPlaneEndpointsConfig": {
        "ipEndpointsConfig": {"enabled": True, "enablePublicEndpoint": False},
        "dnsEndpointConfig": {"endpoint": "gke-1.europe-west3.gke.goog", "allowExternalTraffic": True},
    },
}


def test_a_private_cluster_is_reached_by_its_name_where_that_is_open() -> None:
    assert endpoint_of(PRIVATE) == {"server": "https://gke-1.europe-west3.gke.goog"}
    closed: dict[str, Any] = {**PRIVATE, "controlPlaneEndpointsConfig": {"ipEndpointsConfig": {"enablePublicEndpoint": False}}}
    assert endpoint_of(closed) == {"server": "https://10.0.0.2", "certificate-authority-data": "Q0E="}


def test_a_stopped_cluster_of_azures_says_how_it_is_started() -> None:
    item = {
        "id": "1",
        "name": "prod",
        "location": "westeurope",
        "properties": {"provisioningState": "Succeeded", "powerState": {"code": "Stopped"}},
    }
    found = aks_found(item)
    assert (found.state, found.reason) == ("failed", "it is stopped: az aks start")


def test_azures_clouds() -> None:
    assert endpoints("") == endpoints("AzureCloud") == PUBLIC
    assert endpoints("AzureUSGovernment").manager == "https://management.usgovcloudapi.net"
    with pytest.raises(ProvenError, match="no Azure cloud 'Nimbus'"):
        endpoints("Nimbus")


@pytest.mark.parametrize("address", ["http://api.example.com", "ftp://localhost", "api.example.com", ""])
def test_credentials_go_nowhere_in_the_clear(address: str) -> None:
    with pytest.raises(ProvenError, match="no address that credentials may be sent to"):
        check_address(address, "HERE")


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"id": "forbidden", "message": "no"}, "forbidden", "no"),
        ({"error": {"code": 403, "status": "PERMISSION_DENIED", "message": "no"}}, "PERMISSION_DENIED", "no"),
        ({"error": {"code": "AuthorizationFailed", "message": "no"}}, "AuthorizationFailed", "no"),
        ({"errors": [{"code": "UNAUTHORIZED", "message": "no"}]}, "UNAUTHORIZED", "no"),
        ({"error": "invalid_client", "error_description": "no"}, "invalid_client", "no"),
        ("<html>no</html>", "", "<html>no</html>"),
        ("", "", "no reason given"),
        (None, "", "no reason given"),
        ([], "", "no reason given"),
    ],
)
def test_the_forms_of_errors(body: Any, code: str, message: str) -> None:
    refused = fault_of(403, body)
    assert (refused.code, refused.message) == (code, message)


def test_the_inventory_goes_before_the_environment() -> None:
    assert doks_token({"token": "mine"}, {"DIGITALOCEAN_TOKEN": "its"}) == ("mine", "cluster_credentials.token")
    assert doks_token({"token": ""}, {"DO_API_TOKEN": "its"}) == ("its", "DO_API_TOKEN")


@pytest.mark.parametrize("token", ["with space", "sentinel\nline", "sentinel\u00e9"])
def test_a_token_that_is_none_is_not_repeated(token: str) -> None:
    with pytest.raises(ProvenError, match="no token of DigitalOcean's") as caught:
        doks_token({"token": token}, {})
    assert token not in str(caught.value)


@pytest.mark.parametrize("key", ["sentinel: no JSON", '["sentinel"]'])
def test_a_key_that_is_none_is_not_repeated(key: str) -> None:
    with pytest.raises(ProvenError, match="service account's key") as caught:
        service_account({"service_account": key}, {})
    assert "sentinel" not in str(caught.value)


def test_azures_credentials() -> None:
    whole = {"AZURE_CLIENT_ID": "c", "AZURE_SECRET": "s", "AZURE_TENANT": "t"}
    found = principal({}, whole)
    assert (found.client_id, found.secret, found.tenant) == ("c", "s", "t")
    assert "sentinel" not in repr(principal({}, {**whole, "AZURE_SECRET": "sentinel"}))
    assert principal({}, {"AZURE_CLIENT_ID": "of a managed identity"}).secret == ""
    with pytest.raises(ProvenError, match="has no AZURE_TENANT_ID"):
        principal({}, {"AZURE_CLIENT_ID": "c", "AZURE_SECRET": "s"})
    with pytest.raises(ProvenError, match="second factor"):
        principal({}, {"AZURE_AD_USER": "u", "AZURE_PASSWORD": "p"})
    with pytest.raises(ProvenError, match="has no client_secret"):
        principal({"client_id": "c", "tenant": "t"}, whole)


@pytest.mark.parametrize("text", ["", "sentinel", "a: [", "contexts: []", "current-context: sentinel\ncontexts: []"])
def test_a_kubeconfig_that_is_none_is_not_repeated(text: str) -> None:
    with pytest.raises(ProvenError, match="can't be read") as caught:
        parse(text, "cluster prod")
    assert "sentinel" not in str(caught.value)
