"""A stand-in for the API server: it answers in the published API's forms what a test tells it to.

The real one is asked in tests/integration/preview.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._preview.helm import Rendered
from ansible_collections.proven.webapp.plugins.module_utils._release import history

RESOURCES = {
    "v1": {
        "Secret": "secrets",
        "ConfigMap": "configmaps",
        "Service": "services",
        "ServiceAccount": "serviceaccounts",
        "Pod": "pods",
        "PersistentVolumeClaim": "persistentvolumeclaims",
        "ResourceQuota": "resourcequotas",
    },
    "apps/v1": {"Deployment": "deployments", "StatefulSet": "statefulsets"},
    "batch/v1": {"Job": "jobs"},
}
Answer = tuple[int, dict[str, Any]]


def failure(code: int, message: str, *causes: tuple[str, str]) -> Answer:
    details = {"causes": [{"field": field, "message": text} for field, text in causes]}
    return code, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code, "details": details}


def path_of(content: Mapping[str, Any], namespace: str = "todo") -> str:
    version = content["apiVersion"]
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    return f"{root}/namespaces/{namespace}/{RESOURCES[version][content['kind']]}"


class Server:
    """:ivar objects: path → object.
    :ivar refuse: kind → what a dry run of it is answered.
    :ivar asked: (method, path, dryRun) of every request.
    :ivar queries: of every request that isn't a GET.
    """

    def __init__(self, namespace: str | None = "Active") -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.refuse: dict[str, Answer] = {}
        self.asked: list[tuple[str, str, str]] = []
        self.queries: list[dict[str, str]] = []
        self.host = "https://stand.in"
        if namespace:
            self.objects["/api/v1/namespaces/todo"] = {"metadata": {"name": "todo"}, "status": {"phase": namespace}}
            self.add({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}})

    def add(self, content: Mapping[str, Any], *, owned: bool = False) -> None:
        """An object that is there, of the release or of nobody's."""
        found: dict[str, Any] = copy.deepcopy(dict(content))
        metadata = found["metadata"]
        metadata["uid"] = f"uid-of-{metadata['name']}"
        if owned:
            metadata["labels"] = {**metadata.get("labels", {}), "app.kubernetes.io/managed-by": "Helm"}
            names = {"meta.helm.sh/release-name": "todo", "meta.helm.sh/release-namespace": "todo"}
            metadata["annotations"] = {**metadata.get("annotations", {}), **names}
        self.objects[f"{path_of(content)}/{metadata['name']}"] = found

    def store(self, number: int, status: str, **record: Any) -> None:
        """A revision, as Helm keeps it."""
        name = f"sh.helm.release.v1.todo.v{number}"
        labels = {"owner": "helm", "name": "todo", "status": status, "version": str(number)}
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "helm.sh/release.v1",
            "metadata": {"name": name, "labels": labels},
            "data": {"release": history.encode(record)},
        }
        self.add(secret)

    @property
    def written(self) -> list[tuple[str, str]]:
        """What wasn't a dry run."""
        return [(method, path) for method, path, dry in self.asked if method != "GET" and dry != "All"]

    def get(self, path: str, query: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        self.asked.append(("GET", path, ""))
        if path in ("/api", "/apis"):
            return 200, json.dumps(self._discovery(path)).encode()
        if path == "/version":
            return 200, b'{"gitVersion": "v1.34.4"}'
        if path in self.objects:
            return 200, json.dumps(self.objects[path]).encode()
        if path.rpartition("/")[2] in {plural for kinds in RESOURCES.values() for plural in kinds.values()}:
            found = self._list(path, query or {})
            # Of lists of metadata alone, an empty one has null.
            return 200, json.dumps({"items": found or ([] if "Partial" not in (headers or {}).get("Accept", "") else None)}).encode()
        code, body = failure(404, "not found")
        return code, json.dumps(body).encode()

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> tuple[int, bytes]:
        self.asked.append((method, path, (query or {}).get("dryRun", "")))
        self.queries.append(dict(query or {}))
        if method == "DELETE":
            return self._delete(path, body)
        kind = next((kind for kinds in RESOURCES.values() for kind, plural in kinds.items() if f"/{plural}" in path), "")
        if kind in self.refuse and not (method == "POST" and f"{path}/{body['metadata'].get('name')}" in self.objects):
            code, answer = self.refuse[kind]
        elif method == "POST" and f"{path}/{body['metadata'].get('name')}" in self.objects:
            code, answer = failure(409, "already exists")
        else:
            code, answer = 200, {**self.objects.get(path, {}), **body}
            if "apply-patch" in content_type:
                self.objects[path] = answer
        return code, json.dumps(answer).encode()

    def _delete(self, path: str, options: Mapping[str, Any]) -> tuple[int, bytes]:
        found = self.objects.get(path)
        code, answer = failure(404, "not found")
        if found and found["metadata"]["uid"] != options["preconditions"]["uid"]:
            code, answer = failure(409, "the UID in the precondition does not match")
        elif found:
            del self.objects[path]
            code, answer = 200, {"propagationPolicy": options["propagationPolicy"]}
        return code, json.dumps(answer).encode()

    def text(self, path: str, query: Mapping[str, str] | None = None) -> str:
        code, body = self.get(path, query)
        if code != 200:
            raise ProvenError(f"The cluster refuses: status {code}", where=path)
        return body.decode()

    def items(self, path: str, query: Mapping[str, str] | None = None) -> list[Any]:
        return list(json.loads(self.text(path, query))["items"] or [])

    def _list(self, path: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
        wanted = dict(term.split("=") for term in query.get("labelSelector", "").split(",") if term)
        kind_not = query.get("fieldSelector", "").removeprefix("type!=")
        found = [item for name, item in self.objects.items() if name.startswith(f"{path}/")]
        return [
            item
            for item in found
            if wanted.items() <= item["metadata"].get("labels", {}).items() and (not kind_not or item.get("type", "") != kind_not)
        ]

    def _discovery(self, path: str) -> dict[str, Any]:
        def resources(kinds: Mapping[str, str]) -> list[dict[str, Any]]:
            return [{"resource": plural, "responseKind": {"kind": kind}, "scope": "Namespaced"} for kind, plural in kinds.items()]

        groups = [
            {
                "metadata": {"name": name.rpartition("/")[0]},
                "versions": [{"version": name.rpartition("/")[2], "resources": resources(kinds)}],
            }
            for name, kinds in RESOURCES.items()
            if ("/" in name) == (path == "/apis")
        ]
        return {"kind": "APIGroupDiscoveryList", "items": groups}


class Chart:
    """Stands for helm: it renders what it is given."""

    def __init__(self, render: Callable[[], str], objection: str = "") -> None:
        self._render = render
        self._objection = objection

    def template(self, *_words: Any, **_options: Any) -> Rendered:
        return Rendered(self._render(), self._objection)
