# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fields that can't be changed once an object is there, and what a change takes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._preview.fault import Fault
from ansible_collections.proven.webapp.plugins.module_utils._preview.manifests import Manifest, at

ORPHAN, BACKGROUND = "Orphan", "Background"
PODS_STAY = "its pods go on serving and are replaced one by one; volumes that are there stay as they are"
PODS_GO = "its pods end with it, so it doesn't serve until the new ones are ready; volumes stay"


@dataclass(frozen=True)
class Fixed:
    """A field that can't be changed.

    :ivar propagation: how the object has to be deleted for the change: Orphan leaves its pods to the new one, Background ends
        them; empty where it must not be deleted.
    :ivar costs: what deleting it means to users, or what to do instead.
    """

    path: tuple[str, ...]
    propagation: str
    costs: str

    @property
    def field(self) -> str:
        return ".".join(self.path)


VOLUME = "a volume isn't deleted here: keep the old value, or move the data to a volume claim of another name by hand"
FIXED: Mapping[str, tuple[Fixed, ...]] = {
    # pkg/apis/apps/validation: ValidateDeploymentUpdate, ValidateStatefulSetUpdate
    "Deployment": (Fixed(("spec", "selector"), BACKGROUND, PODS_GO),),
    "DaemonSet": (Fixed(("spec", "selector"), BACKGROUND, PODS_GO),),
    "StatefulSet": (
        # Pods of another selector are none that the new one could adopt
        Fixed(("spec", "selector"), BACKGROUND, PODS_GO),
        Fixed(("spec", "volumeClaimTemplates"), ORPHAN, PODS_STAY),
        Fixed(("spec", "serviceName"), ORPHAN, PODS_STAY),
        Fixed(("spec", "podManagementPolicy"), ORPHAN, PODS_STAY),
    ),
    # pkg/apis/batch/validation: ValidateJobSpecUpdate
    "Job": (
        Fixed(("spec", "template"), BACKGROUND, "what it did is done again"),
        Fixed(("spec", "selector"), BACKGROUND, "what it did is done again"),
        Fixed(("spec", "completionMode"), BACKGROUND, "what it did is done again"),
    ),
    # pkg/apis/core/validation: ValidatePersistentVolumeClaimUpdate, ValidateServiceUpdate, ValidateSecretUpdate, ValidateConfigMapUpdate
    "PersistentVolumeClaim": (
        Fixed(("spec", "resources"), "", VOLUME),
        Fixed(("spec", "storageClassName"), "", VOLUME),
        Fixed(("spec", "accessModes"), "", VOLUME),
        Fixed(("spec", "volumeMode"), "", VOLUME),
        Fixed(("spec", "volumeName"), "", VOLUME),
    ),
    "Service": (
        Fixed(("spec", "clusterIP"), BACKGROUND, "it gets another address, and requests are lost until every node knows it"),
        Fixed(("spec", "clusterIPs"), BACKGROUND, "it gets another address, and requests are lost until every node knows it"),
    ),
    "Secret": (
        Fixed(("data",), BACKGROUND, "pods that start meanwhile wait for it"),
        Fixed(("stringData",), BACKGROUND, "pods that start meanwhile wait for it"),
        Fixed(("type",), BACKGROUND, "pods that start meanwhile wait for it"),
    ),
    "ConfigMap": (
        Fixed(("data",), BACKGROUND, "pods that start meanwhile wait for it"),
        Fixed(("binaryData",), BACKGROUND, "pods that start meanwhile wait for it"),
    ),
}
ELSE = Fixed(("spec",), BACKGROUND, "what it stands for is away until it is made again")
SAYINGS = (
    "immutable",
    "may not change once set",
    "updates to statefulset spec for fields other than",
    "is forbidden after creation",
    "can not be less than",
    "may not be changed",
)
"""In the API server's words for a field that can't be changed."""


@dataclass(frozen=True)
class Change:
    """A change of such fields.

    :ivar propagation: of the deletion that it takes; empty where nothing may be deleted for it.
    """

    manifest: Manifest
    fields: tuple[Fixed, ...]

    @property
    def propagation(self) -> str:
        """The one that satisfies all fields."""
        wanted = {item.propagation for item in self.fields}
        return "" if "" in wanted else BACKGROUND if BACKGROUND in wanted else ORPHAN

    def fault(self) -> Fault:
        """What to choose from."""
        fields = ", ".join(item.field for item in self.fields)
        costs = next(item.costs for item in self.fields if item.propagation == self.propagation)
        what = f"can't be changed once the {self.manifest.kind} is there"
        if not self.propagation:
            return Fault(str(self.manifest), fields, what, costs)
        name = self.manifest.component
        if not name:
            return Fault(str(self.manifest), fields, what, f"keep the old value, or delete the object by hand: {costs}")
        return Fault(
            str(self.manifest),
            fields,
            what,
            f"keep the old value, or say release_recreate: [{name}] to have it deleted and made again: {costs}",
        )


def refuses(status: int, body: bytes) -> bool:
    """Does the API server's answer say that a field can't be changed?"""
    if status != 422:
        return False
    try:
        answer = json.loads(body)
    except ValueError:
        return False
    return any(saying in str(answer.get("message", "")) for saying in SAYINGS)


def change(manifest: Manifest, live: Mapping[str, Any], before: Manifest | None) -> Change:
    """Which fields of an object that was refused have changed.

    :param live: the object in the cluster, with the API's defaults.
    :param before: as it was rendered last, which tells of fields that were left out since.
    """
    found = tuple(item for item in FIXED.get(manifest.kind, ()) if _changed(item.path, manifest, live, before))
    return Change(manifest, found or (ELSE,))


def may_refuse(manifest: Manifest, now: Manifest) -> bool:
    """May a field stand in the way from one rendering of an object to another? The API server knows for sure."""
    if manifest.kind in ("ConfigMap", "Secret") and not (manifest.content.get("immutable") or now.content.get("immutable")):
        return False
    return any(at(manifest.content, item.path) != at(now.content, item.path) for item in FIXED.get(manifest.kind, ()))


def _changed(path: tuple[str, ...], manifest: Manifest, live: Mapping[str, Any], before: Manifest | None) -> bool:
    wanted = at(manifest.content, path)
    if path == ("stringData",):
        return wanted is not None
    if before is not None and at(before.content, path) != wanted:
        return True
    if wanted is None:
        return False
    return not covers(at(live, path), wanted)


def covers(live: Any, wanted: Any) -> bool:
    """Is all that is wanted in what is live? That has defaults besides."""
    if isinstance(wanted, Mapping):
        return isinstance(live, Mapping) and all(covers(live.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(live, list) and len(live) == len(wanted) and all(map(covers, live, wanted))
    return bool(live == wanted)
