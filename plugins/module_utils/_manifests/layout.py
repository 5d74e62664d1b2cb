# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rendered objects as a folder of manifests for kubectl, Argo CD and Flux. Pure.

What Helm does by hooks has to be plain objects here: a migration gets its content's digest into its name, so that it runs once for each
version and is never changed, and what `helm test` runs is left out.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._preview.manifests import Manifest
from ansible_collections.proven.webapp.plugins.module_utils._yaml import library

SHARED = "shared"
"""Folder of what belongs to no component; a component's name can't be it, see `layout`."""
HEADER = "# Written by proven.webapp. What is changed here by hand is lost with the next run.\n"
OBJECTS, INDEX = "objects.yaml", "kustomization.yaml"
FIRST = (
    "Namespace",
    "ResourceQuota",
    "LimitRange",
    "ServiceAccount",
    "Role",
    "RoleBinding",
    "ConfigMap",
    "PersistentVolumeClaim",
    "Service",
)
"""Kinds that others need; `kubectl apply` goes by the order of the file."""


def layout(manifests: Sequence[Manifest], namespace: Mapping[str, Any], secrets: Sequence[str]) -> dict[str, str]:
    """Path below the folder → content.

    :param namespace: the object.
    :param secrets: names of the Secrets that have to be there.
    :raises ProvenError: a component's name is that of the shared folder.
    """
    groups: dict[str, list[dict[str, Any]]] = {SHARED: [dict(namespace)]}
    for manifest in manifests:
        if manifest.component == SHARED:
            raise ProvenError(
                f'A component is called "{SHARED}", as is the folder of what belongs to no component.',
                where=f"webapp_components.{SHARED}",
                fix="give it another name",
            )
        if "test" not in manifest.hooks:
            groups.setdefault(manifest.component or SHARED, []).append(_plain(manifest))
    files = {}
    for name, objects in sorted(groups.items()):
        objects.sort(key=_order)
        files[f"{name}/{OBJECTS}"] = HEADER + library().safe_dump_all(objects, sort_keys=False, width=140)
        files[f"{name}/{INDEX}"] = _index([f"../{SHARED}", OBJECTS] if name != SHARED else [OBJECTS])
    # Not the components' own folders: each has the shared one with it, which would be there twice.
    files[INDEX] = _index([SHARED, *(f"{name}/{OBJECTS}" for name in sorted(groups) if name != SHARED)], secrets)
    return files


def _plain(manifest: Manifest) -> dict[str, Any]:
    """The object without what Helm alone understands."""
    item: dict[str, Any] = copy.deepcopy(dict(manifest.content))
    annotations = {key: value for key, value in (item["metadata"].get("annotations") or {}).items() if not key.startswith("helm.sh/")}
    item["metadata"].pop("annotations", None)
    if annotations:
        item["metadata"]["annotations"] = annotations
    if manifest.hooks:
        digest = hashlib.sha256(json.dumps(item["spec"], sort_keys=True).encode()).hexdigest()
        item["metadata"]["name"] += f"-{digest[:8]}"
    return item


def _order(item: Mapping[str, Any]) -> tuple[int, str, str]:
    kind = str(item["kind"])
    return FIRST.index(kind) if kind in FIRST else len(FIRST), kind, str(item["metadata"]["name"])


def _index(resources: Sequence[str], secrets: Sequence[str] = ()) -> str:
    words = (
        "".join(f"# {name}\n" for name in ("These Secrets have to be there; playbooks/secrets.yml makes them:", *secrets))
        if secrets
        else ""
    )
    index = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": list(resources)}
    return HEADER + words + str(library().safe_dump(index, sort_keys=False))
