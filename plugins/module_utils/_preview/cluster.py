# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks the API server what it would make of objects, without making anything of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._preview import references
from ansible_collections.proven.webapp.plugins.module_utils._preview.kinds import ACCEPT, PATHS, Kinds
from ansible_collections.proven.webapp.plugins.module_utils._preview.manifests import Manifest
from ansible_collections.proven.webapp.plugins.module_utils._release import claim

DRY_RUN = {"dryRun": "All", "fieldValidation": "Strict", "fieldManager": "helm"}
METADATA = {"Accept": "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json"}
CREATED, THERE = (200, 201), 409


@dataclass(frozen=True)
class Tried:
    """What came of one object.

    :ivar live: as it is; None where it isn't.
    :ivar status: of the dry run, with its `body`; 409 where everything else was in order.
    """

    manifest: Manifest
    live: Mapping[str, Any] | None
    status: int
    body: bytes

    @property
    def taken(self) -> bool:
        return self.status in CREATED or (self.status == THERE and self.live is None)

    @property
    def after(self) -> Mapping[str, Any]:
        """The object as it would be, with the API's defaults where the API told them."""
        found: Mapping[str, Any] = json.loads(self.body) if self.status in CREATED else self.manifest.content
        return found


def merge_patch(new: Mapping[str, Any], before: Mapping[str, Any] | None) -> dict[str, Any]:
    """What Helm would write into an object that is there: all that is rendered, and null for what isn't any more (RFC 7386)."""
    found: dict[str, Any] = {}
    for key, value in new.items():
        old = (before or {}).get(key)
        found[key] = merge_patch(value, old if isinstance(old, Mapping) else None) if isinstance(value, Mapping) else value
    for key in before or ():
        if key not in new:
            found[key] = None
    return found


class Cluster:
    """The cluster of one release.

    :param place: which one.
    :param pool: runs requests side by side.
    """

    def __init__(self, place: claim.Place, pool: ThreadPoolExecutor) -> None:
        self._api = place.api
        self._pool = pool
        self.namespace = place.namespace

    def later(self, ask: Callable[..., Any], *arguments: Any) -> Future[Any]:
        return self._pool.submit(ask, *arguments)

    def each(self, ask: Callable[..., Any], items: Iterable[Any]) -> list[Any]:
        """The answers, side by side and in order."""
        return list(self._pool.map(ask, items))

    def kinds(self) -> Kinds:
        """:raises ProvenError: the cluster doesn't tell."""
        return Kinds([self._body(path, ACCEPT) for path in PATHS])

    def version(self) -> str:
        """Such as v1.34.4."""
        return str(json.loads(self._body("/version", {}))["gitVersion"])

    def phase(self) -> str:
        """Active or Terminating; empty where the namespace isn't there."""
        status, body = self._api.get(f"/api/v1/namespaces/{self.namespace}")
        if status == 403:
            # Who may not see it may still be allowed to work in it.
            return "Active"
        return "" if status == 404 else str((json.loads(body).get("status") or {}).get("phase", "Active"))

    def quotas(self) -> list[Mapping[str, Any]] | None:
        """None where they may not be seen."""
        status, body = self._api.get(f"/api/v1/namespaces/{self.namespace}/resourcequotas")
        return list(json.loads(body)["items"]) if status == 200 else None

    def claims(self) -> set[str]:
        """Names of the volume claims."""
        path = f"/api/v1/namespaces/{self.namespace}/persistentvolumeclaims"
        status, body = self._api.get(path, headers={"Accept": claim.METADATA_ONLY})
        return {item["metadata"]["name"] for item in json.loads(body)["items"] or ()} if status == 200 else set()

    def services(self) -> list[Mapping[str, Any]] | None:
        """Of all namespaces; None where they may not be seen."""
        status, body = self._api.get("/api/v1/services")
        return list(json.loads(body)["items"]) if status == 200 else None

    def live(self, path: str) -> Mapping[str, Any] | None:
        """An object; None where it isn't there, or may not be seen."""
        status, body = self._api.get(path)
        return dict(json.loads(body)) if status == 200 else None

    def exists(self, reference: references.Reference) -> bool:
        """Also where it may not be seen: then nobody can say that it isn't there."""
        plural = references.PLURALS[reference.kind]
        status, _body = self._api.get(f"/api/v1/namespaces/{reference.namespace}/{plural}/{reference.name}", headers=METADATA)
        return status != 404

    def apply(self, manifest: Manifest, before: Manifest | None, path: str) -> Tried:
        """Try what Helm would do with an object that isn't a hook.

        :param before: as it was rendered last.
        :param path: where such objects are made.
        """
        status, body = self._api.get(f"{path}/{manifest.name}")
        if status == 404:
            return self.create(manifest, manifest.content, path)
        if status != 200:
            return Tried(manifest, None, status, body)
        live = json.loads(body)
        patch = merge_patch(manifest.content, before.content if before else None)
        status, body = self._api.request(
            "PATCH", f"{path}/{manifest.name}", patch, query=DRY_RUN, content_type="application/merge-patch+json"
        )
        return Tried(manifest, live, status, body)

    def create(self, manifest: Manifest, content: Mapping[str, Any], path: str) -> Tried:
        """Try to make an object. One of the same name is looked at last of all (registry/generic/registry/store.go, Create)."""
        status, body = self._api.request("POST", path, content, query=DRY_RUN)
        return Tried(manifest, None, status, body)

    def pod(self, manifest: Manifest, pod: Mapping[str, Any], account: str) -> Tried:
        """Try to make a pod of an object: admission looks at pods, not at what makes them.

        :param account: ServiceAccount, which has to be there already.
        """
        content = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                **{key: value for key, value in (pod.get("metadata") or {}).items() if key in ("labels", "annotations")},
                "generateName": f"{manifest.name}-",
                "namespace": manifest.namespace,
            },
            "spec": {**pod["spec"], "serviceAccountName": account, "volumes": [*_volumes(manifest), *(pod["spec"].get("volumes") or ())]},
        }
        return self.create(manifest, content, f"/api/v1/namespaces/{manifest.namespace}/pods")

    def _body(self, path: str, headers: Mapping[str, str]) -> bytes:
        status, body = self._api.get(path, headers=headers)
        if status != 200:
            raise ProvenError(f"The cluster refuses: status {status}", where=path, fix="check the kubeconfig's user")
        return body


def _volumes(manifest: Manifest) -> list[dict[str, Any]]:
    """What a StatefulSet gives its pods besides their template."""
    templates = (manifest.content.get("spec") or {}).get("volumeClaimTemplates") or () if manifest.kind == "StatefulSet" else ()
    names = [str(template["metadata"]["name"]) for template in templates]
    return [{"name": name, "persistentVolumeClaim": {"claimName": f"{name}-{manifest.name}-0"}} for name in names]
