# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose the number of pods is, before Helm applies. What the real API server makes of it: tests/integration/load."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._preview import scaling
from ansible_collections.proven.webapp.plugins.module_utils._release import claim

REPLICAS: dict[str, Any] = {"f:replicas": {}}
BY_HELM = {"manager": "helm", "operation": "Apply", "fieldsV1": {"f:spec": {**REPLICAS, "f:template": {}}}}
HELMS_WITHOUT = {**BY_HELM, "fieldsV1": {"f:spec": {"f:template": {}}}}
BY_AUTOSCALER = {
    "manager": "kube-controller-manager",
    "operation": "Update",
    "subresource": "scale",
    "fieldsV1": {"f:spec": REPLICAS},
}
STATUS = {"manager": "kube-controller-manager", "operation": "Update", "subresource": "status", "fieldsV1": {"f:status": REPLICAS}}
AUTOSCALED = {"components": {"web": {"autoscale": {"max": 4}}}}
GIVEN = {"components": {"web": {"replicas": 2}}}


def deployment(*entries: Mapping[str, Any], name: str = "todo-web") -> dict[str, Any]:
    return {"metadata": {"name": name, "resourceVersion": "7", "managedFields": list(entries)}, "spec": {"replicas": 2}}


class Server:
    """:ivar refusals: statuses that the next patches are answered with."""

    def __init__(self, *items: dict[str, Any]) -> None:
        self.items = {item["metadata"]["name"]: item for item in items}
        self.refusals: list[int] = []
        self.patches: list[tuple[str, Any]] = []
        self.gets = 0

    def get(self, path: str, query: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        self.gets += 1
        if path.endswith("/statefulsets"):
            return 403, b"{}"
        if path.endswith("/deployments"):
            return 200, json.dumps({"items": list(self.items.values())}).encode()
        return 200, json.dumps(self.items[path.rpartition("/")[2]]).encode()

    def request(self, method: str, path: str, body: Any, *, content_type: str) -> tuple[int, bytes]:
        assert (method, content_type) == ("PATCH", "application/json-patch+json")
        self.patches.append((path.rpartition("/")[2], body))
        return (self.refusals.pop(0), b'{"message": "no"}') if self.refusals else (200, b"{}")


def fields_after(server: Server, values: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """What the managedFields are patched to be; None where they aren't."""
    scaling.hand_over(claim.Place(cast(Api, server), "todo", "todo"), values)
    if not server.patches:
        return None
    (_, (test, replace)) = server.patches[-1]
    assert test == {"op": "test", "path": "/metadata/resourceVersion", "value": "7"}
    return list(replace["value"])


def test_helm_lets_go_of_what_an_autoscaler_is_to_decide() -> None:
    assert fields_after(Server(deployment(BY_HELM, STATUS)), AUTOSCALED) == [HELMS_WITHOUT, STATUS]


def test_an_autoscaler_that_was_lets_go_of_what_the_release_says() -> None:
    assert fields_after(Server(deployment(HELMS_WITHOUT, BY_AUTOSCALER, STATUS)), GIVEN) == [HELMS_WITHOUT, STATUS]


@pytest.mark.parametrize(
    ("entries", "values"),
    [
        ((HELMS_WITHOUT, BY_AUTOSCALER, STATUS), AUTOSCALED),
        ((BY_HELM, STATUS), GIVEN),
        ((BY_HELM, STATUS), {"components": {"other": {"autoscale": {"max": 4}}}}),
        ((), AUTOSCALED),
    ],
)
def test_what_is_right_stays(entries: tuple[dict[str, Any], ...], values: dict[str, Any]) -> None:
    assert fields_after(Server(deployment(*entries)), values) is None


def test_nothing_is_asked_of_the_cluster_without_components() -> None:
    server = Server()
    assert fields_after(server, {}) is None
    assert server.gets == 0


def test_each_version_goes_by_its_own_values() -> None:
    component = {"track": "green", "replicas": 2, "beside": {"track": "blue", "values": {"keda": {"max": 3}}}}
    assert scaling.scaled({"components": {"web": component, "live": {"track": "live"}}}, "todo") == {
        "todo-web-green": False,
        "todo-web-blue": True,
        "todo-live": False,
    }


def test_it_tries_again_where_somebody_else_wrote_meanwhile() -> None:
    server = Server(deployment(BY_HELM))
    server.refusals = [422, 409]
    assert fields_after(server, AUTOSCALED) == [HELMS_WITHOUT]
    assert len(server.patches) == 3


def test_what_isn_t_allowed_is_told() -> None:
    server = Server(deployment(BY_HELM))
    server.refusals = [403]
    with pytest.raises(ProvenError, match="status 403: no"):
        fields_after(server, AUTOSCALED)
