# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which kinds the cluster has, and where their objects are found."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._preview.fault import Fault
from ansible_collections.proven.webapp.plugins.module_utils._preview.manifests import Manifest

ACCEPT = {"Accept": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"}
"""All groups in one answer (KEP-3352, stable since Kubernetes 1.30, the oldest that the chart takes)."""
PATHS = ("/api", "/apis")
BRING: Mapping[str, str] = {
    "gateway.networking.k8s.io": "the Gateway API's CRDs and a controller for them",
    "keda.sh": "KEDA",
    "monitoring.coreos.com": "the Prometheus Operator's CRDs",
    "cert-manager.io": "cert-manager",
}
"""What brings the kinds of a group."""


@dataclass(frozen=True)
class Resource:
    """:ivar plural: its name in paths."""

    plural: str
    namespaced: bool


def path_of(api_version: str, resource: Resource, namespace: str) -> str:
    """Where the objects of a kind are listed and made."""
    root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
    return f"{root}/namespaces/{namespace}/{resource.plural}" if resource.namespaced else f"{root}/{resource.plural}"


class Kinds:
    """The kinds of a cluster, from its answers to PATHS.

    :raises ProvenError: the answers aren't of the form asked for.
    """

    def __init__(self, answers: Iterable[bytes]) -> None:
        self._known: dict[tuple[str, str], Resource] = {}
        for body in answers:
            answer = json.loads(body)
            if answer.get("kind") != "APIGroupDiscoveryList":
                raise ProvenError(
                    "The cluster doesn't tell which kinds it has.", where="/apis", fix="update it to Kubernetes 1.30 or newer"
                )
            for group in answer["items"]:
                name = group["metadata"].get("name", "")
                for version in group["versions"]:
                    api_version = f"{name}/{version['version']}" if name else version["version"]
                    for item in version.get("resources") or ():
                        kind = item.get("responseKind") or {}
                        self._known.setdefault(
                            (api_version, kind.get("kind", "")), Resource(item["resource"], item["scope"] == "Namespaced")
                        )

    def get(self, manifest: Manifest) -> Resource | None:
        return self._known.get((manifest.api_version, manifest.kind))

    def path(self, manifest: Manifest, namespace: str = "") -> str:
        """Where objects of this kind are made.

        :param namespace: another one than its own.
        """
        resource = self._known[(manifest.api_version, manifest.kind)]
        return path_of(manifest.api_version, resource, namespace or manifest.namespace)

    @property
    def names(self) -> list[str]:
        """As Helm's .Capabilities.APIVersions has them: group/version, and group/version/Kind."""
        return sorted({name for version, kind in self._known for name in (version, f"{version}/{kind}") if kind})

    def _others(self, manifest: Manifest) -> list[str]:
        """Versions in which the cluster has the kind."""
        return sorted(version for version, kind in self._known if kind == manifest.kind and version.rpartition("/")[0] == manifest.group)

    def gone(self, manifest: Manifest) -> Fault:
        """Why an object of the revision that runs keeps Helm from every other revision (pkg/action/upgrade.go)."""
        others = self._others(manifest)
        return Fault(
            str(manifest),
            "apiVersion",
            f"Helm can't go on from the revision that runs: it has this object, and the cluster knows no {manifest.kind} of "
            f"{manifest.api_version} any more",
            f"have Helm's record say {' or '.join(others)} by its plugin mapkubeapis, then release again"
            if others
            else f"bring back the CustomResourceDefinition of {manifest.kind} for this release, which may leave the object out",
        )

    def missing(self, manifest: Manifest) -> Fault:
        """Why an object of a kind that the cluster hasn't got is refused."""
        others = self._others(manifest)
        if others:
            return Fault(
                str(manifest),
                "apiVersion",
                f"the cluster has no {manifest.kind} in {manifest.api_version}",
                f"it has {', '.join(others)}: use that version",
            )
        bring = BRING.get(manifest.group, f"what brings the CustomResourceDefinition of {manifest.kind} in {manifest.group}")
        return Fault(
            str(manifest),
            "kind",
            f"the cluster doesn't know the kind {manifest.kind} of {manifest.api_version}: its CustomResourceDefinition is missing",
            f"install {bring}, or leave out what asks for it",
        )
