# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Requests to the cluster, and through its API server to the toolbox."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._api import Api, Unreachable
from ansible_collections.proven.webapp.plugins.module_utils._drill.clone import CONTROL_PORT
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

STRATEGIC = "application/strategic-merge-patch+json"
FORBIDDEN, NOT_FOUND, CONFLICT = 403, 404, 409


class Refused(ProvenError):
    """The API server said no. :ivar status: of its answer."""

    def __init__(self, status: int, what: str, where: str) -> None:
        super().__init__(
            f"The cluster refuses: {what}", where=where, fix="check the rights of the kubeconfig's user, and the namespace's quota"
        )
        self.status = status


class NoToolbox(ProvenError):
    """The toolbox in a pod can't be reached."""


class Cluster:
    """One namespace of a cluster.

    Each method raises Unreachable where nobody answers, and Refused for any answer that is no success, unless it says otherwise.
    """

    def __init__(self, api: Api, namespace: str) -> None:
        self.api = api
        self.namespace = namespace

    def items(self, group: str, kind: str, selector: str = "") -> list[dict[str, Any]]:
        """All of a kind in the namespace, such as `apis/apps/v1`, `deployments`."""
        answer = self._call("GET", self._path(group, kind), query={"labelSelector": selector} if selector else None)
        return list(answer["items"])

    def items_if_allowed(self, group: str, kind: str) -> list[dict[str, Any]] | None:
        """As `items`; None where the right or the API is missing."""
        try:
            return self.items(group, kind)
        except Refused as refused:
            if refused.status in (FORBIDDEN, NOT_FOUND):
                return None
            raise

    def create(self, group: str, kind: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
        return self._call("POST", self._path(group, kind), manifest)

    def patch(self, group: str, kind: str, name: str, change: Mapping[str, Any]) -> None:
        self._call("PATCH", f"{self._path(group, kind)}/{name}", change, content_type=STRATEGIC)

    def get(self, group: str, kind: str, name: str) -> dict[str, Any] | None:
        """None where there is none."""
        try:
            return self._call("GET", f"{self._path(group, kind)}/{name}")
        except Refused as refused:
            if refused.status == NOT_FOUND:
                return None
            raise

    def delete(self, group: str, kind: str, name: str, *, grace: int | None = None) -> None:
        """Nothing happens where there is none. :param grace: seconds; None is the object's own."""
        options = {"propagationPolicy": "Background", **({} if grace is None else {"gracePeriodSeconds": grace})}
        try:
            self._call("DELETE", f"{self._path(group, kind)}/{name}", options)
        except Refused as refused:
            if refused.status != NOT_FOUND:
                raise

    def events_of(self, uid: str) -> list[dict[str, Any]]:
        """Events of one object; empty where they may not be read."""
        query = {"fieldSelector": f"involvedObject.uid={uid}"}
        try:
            return list(self._call("GET", self._path("api/v1", "events"), query=query)["items"])
        except Refused:
            return []

    def toolbox(self, pod: str, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Ask the toolbox of a pod something.

        :raises NoToolbox: it doesn't answer, or not well.
        """
        url = f"{self._path('api/v1', 'pods')}/{pod}:{CONTROL_PORT}/proxy{path}"
        status, answer = self.api.request(method, url, body)
        if status != 200:
            text = answer[:200].decode("utf-8", "replace").strip()
            fix = "let the API server reach the pod's port (NetworkPolicy), and give the user the right to create pods/proxy"
            raise NoToolbox(f"The toolbox doesn't answer: status {status}, {text}", where=f"{pod}:{CONTROL_PORT}{path}", fix=fix)
        return dict(json.loads(answer))

    def _path(self, group: str, kind: str) -> str:
        return f"/{group}/namespaces/{self.namespace}/{kind}"

    def _call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> dict[str, Any]:
        status, answer = self.api.request(method, path, body, query=query, content_type=content_type)
        if not 200 <= status < 300:
            raise Refused(status, _message(answer, status), path)
        return dict(json.loads(answer))


def _message(answer: bytes, status: int) -> str:
    """The API server's own words."""
    try:
        return str(json.loads(answer)["message"])
    except (ValueError, KeyError, TypeError):
        return f"status {status}"


__all__ = ["Cluster", "NoToolbox", "Refused", "Unreachable"]
