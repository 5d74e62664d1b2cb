# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What pods need by name: Secrets, ConfigMaps, volume claims, a ServiceAccount."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._preview.fault import Fault
from ansible_collections.proven.webapp.plugins.module_utils._preview.manifests import Manifest

PLURALS: Mapping[str, str] = {
    "Secret": "secrets",
    "ConfigMap": "configmaps",
    "PersistentVolumeClaim": "persistentvolumeclaims",
    "ServiceAccount": "serviceaccounts",
}
REMEDIES: Mapping[str, str] = {
    "Secret": "make it first, or correct the name; the role secrets makes those that components name",
    "ConfigMap": "make it first, or correct the name",
    "PersistentVolumeClaim": "make it first, or correct the name",
    "ServiceAccount": "make it first, or correct the name",
}
SOURCES = (("secret", "Secret", "secretName"), ("configMap", "ConfigMap", "name"))
"""Of volumes: key, kind, key of the name. In a projected volume the name of a Secret is `name` too."""


@dataclass(frozen=True)
class Reference:
    """:ivar field: path inside of the object that refers."""

    kind: str
    name: str
    namespace: str
    user: str
    field: str

    @property
    def target(self) -> tuple[str, str, str]:
        return self.kind, self.namespace, self.name

    def fault(self) -> Fault:
        """There is no such object."""
        return Fault(
            self.user,
            self.field,
            f"needs the {self.kind} {self.name}, which is neither in the namespace {self.namespace} nor rendered",
            REMEDIES[self.kind],
        )


def references(manifest: Manifest) -> list[Reference]:
    """What the pods of an object can't start without; what is optional is left out."""
    pod = manifest.pod
    spec = (pod or {}).get("spec") or {}
    prefix = (
        "spec" if manifest.kind == "Pod" else "spec.jobTemplate.spec.template.spec" if manifest.kind == "CronJob" else "spec.template.spec"
    )
    return [
        Reference(kind, str(name), manifest.namespace, str(manifest), f"{prefix}.{field}")
        for kind, name, field in _named(spec)
        if name and (kind, name) != ("ServiceAccount", "default")
    ]


def missing(manifests: Iterable[Manifest], there: set[tuple[str, str, str]]) -> list[Fault]:
    """Faults of references that lead nowhere.

    :param there: (kind, namespace, name) of all that exists or will.
    """
    return [item.fault() for manifest in manifests for item in references(manifest) if item.target not in there]


def _named(spec: Mapping[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """(kind, name, field)."""
    yield "ServiceAccount", spec.get("serviceAccountName"), "serviceAccountName"
    for index, item in enumerate(spec.get("imagePullSecrets") or ()):
        yield "Secret", item.get("name"), f"imagePullSecrets[{index}]"
    for index, volume in enumerate(spec.get("volumes") or ()):
        yield from _volume(volume, f"volumes[{index}]")
    for kind in ("initContainers", "containers"):
        for index, container in enumerate(spec.get(kind) or ()):
            yield from _environment(container, f"{kind}[{index}]")


def _volume(volume: Mapping[str, Any], field: str) -> Iterator[tuple[str, Any, str]]:
    claim = volume.get("persistentVolumeClaim") or {}
    yield "PersistentVolumeClaim", claim.get("claimName"), f"{field}.persistentVolumeClaim.claimName"
    for key, kind, name in SOURCES:
        source = volume.get(key) or {}
        if not source.get("optional"):
            yield kind, source.get(name), f"{field}.{key}.{name}"
    for index, part in enumerate((volume.get("projected") or {}).get("sources") or ()):
        for key, kind, _name in SOURCES:
            source = part.get(key) or {}
            if not source.get("optional"):
                yield kind, source.get("name"), f"{field}.projected.sources[{index}].{key}.name"


def _environment(container: Mapping[str, Any], field: str) -> Iterator[tuple[str, Any, str]]:
    for index, entry in enumerate(container.get("envFrom") or ()):
        for key, kind in (("secretRef", "Secret"), ("configMapRef", "ConfigMap")):
            source = entry.get(key) or {}
            if not source.get("optional"):
                yield kind, source.get("name"), f"{field}.envFrom[{index}].{key}.name"
    for index, entry in enumerate(container.get("env") or ()):
        for key, kind in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
            source = (entry.get("valueFrom") or {}).get(key) or {}
            if not source.get("optional"):
                yield kind, source.get("name"), f"{field}.env[{index}].valueFrom.{key}.name"
