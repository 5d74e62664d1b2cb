# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rendered objects, and what they are to Helm and to the pods they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._audit.documents import read_text
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

HOOK = "helm.sh/hook"
COMPONENT = "app.kubernetes.io/component"
TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "Pod": (),
}
"""Where each kind holds its pod."""


@dataclass(frozen=True)
class Manifest:
    """An object as it was rendered.

    :ivar namespace: its own, or else the release's.
    """

    content: Mapping[str, Any]
    namespace: str

    @property
    def api_version(self) -> str:
        return str(self.content["apiVersion"])

    @property
    def group(self) -> str:
        """Empty for the core group."""
        return self.api_version.rpartition("/")[0]

    @property
    def kind(self) -> str:
        return str(self.content["kind"])

    @property
    def metadata(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.content["metadata"]
        return found

    @property
    def name(self) -> str:
        return str(self.metadata["name"])

    @property
    def key(self) -> tuple[str, str, str, str]:
        """By what Helm recognises an object of an earlier revision (pkg/kube/resource.go, isMatchingInfo)."""
        return self.group, self.kind, self.namespace, self.name

    @property
    def hooks(self) -> tuple[str, ...]:
        """When Helm makes it; empty where it is no hook but belongs to the release."""
        said = str((self.metadata.get("annotations") or {}).get(HOOK, ""))
        return tuple(word.strip() for word in said.split(",") if word.strip())

    @property
    def component(self) -> str:
        return str((self.metadata.get("labels") or {}).get(COMPONENT, ""))

    @property
    def pod(self) -> Mapping[str, Any] | None:
        """The pod, or the template that pods are made of; None where there is none."""
        return pod_of(self.content)

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


def pod_of(content: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The pod in an object."""
    path = TEMPLATES.get(str(content.get("kind", "")))
    return None if path is None else at(content, path) or None


def at(content: Any, path: tuple[str, ...]) -> Any:
    """What is found below, or None."""
    for key in path:
        if not isinstance(content, Mapping):
            return None
        content = content.get(key)
    return content


def parse(text: str, namespace: str, what: str = "<what the chart renders>") -> list[Manifest]:
    """The objects in rendered YAML.

    :param namespace: of the release.
    :raises ProvenError: it is no YAML, or something in it is no object.
    """
    found = []
    for document in read_text(text, what):
        content = document.content
        sound = isinstance(content, Mapping) and content.get("apiVersion") and content.get("kind")
        if not sound or not at(content, ("metadata", "name")):
            raise ProvenError(
                "Something that is rendered is no object: it lacks apiVersion, kind or metadata.name.",
                where=f"{what}:{document.line}",
                fix="correct the chart's template",
            )
        found.append(Manifest(content, str(at(content, ("metadata", "namespace")) or namespace)))
    return found
