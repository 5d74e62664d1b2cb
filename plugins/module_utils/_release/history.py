# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Helm's own record of a release, as it keeps it in Secrets (helm.sh/helm/v3/pkg/storage/driver/secrets.go)."""

from __future__ import annotations

import base64
import binascii
import gzip
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

SECRET_TYPE = "helm.sh/release.v1"
PENDING = ("pending-install", "pending-upgrade", "pending-rollback", "uninstalling")
"""Helm is at work, or was when somebody ended it. After an interrupted uninstall Helm refuses every upgrade, as with the others."""
INTERRUPTED = "Interrupted: the run that made it ended before it did"
WAYS_BACK = ("Rollback ", f"{INTERRUPTED} (Rollback ")
"""How Helm's words on a way back begin (pkg/action/rollback.go), and ours on one that was interrupted."""


@dataclass(frozen=True)
class Revision:
    """:ivar status: deployed, superseded, failed, uninstalled, or one of PENDING.
    :ivar secret: name of the Secret that holds it.
    :ivar uid: of that Secret: numbers begin again after an uninstall, uids don't.
    """

    number: int
    status: str
    secret: str
    uid: str


def selector(release: str) -> str:
    """Label selector of a release's records."""
    return f"owner=helm,name={release}"


def revisions(secrets: Iterable[Mapping[str, Any]]) -> list[Revision]:
    """Oldest first, from the Secrets' labels alone.

    :param secrets: their metadata is enough.
    """
    found = []
    for secret in secrets:
        labels = secret["metadata"].get("labels") or {}
        if str(labels.get("version", "")).isdigit():
            found.append(
                Revision(
                    int(labels["version"]), str(labels.get("status", "")), str(secret["metadata"]["name"]), str(secret["metadata"]["uid"])
                )
            )
    return sorted(found, key=lambda revision: revision.number)


def pending(known: Iterable[Revision]) -> list[Revision]:
    """Revisions that Helm would wait for, and refuse everything else because of: "another operation is in progress"."""
    return [revision for revision in known if revision.status in PENDING]


def decode(secret: Mapping[str, Any]) -> dict[str, Any]:
    """The release in a Secret: JSON, compressed and encoded by Helm, encoded once more by Kubernetes.

    :raises ProvenError: it is nothing of the kind.
    """
    try:
        packed = base64.b64decode(base64.b64decode(secret["data"]["release"]))
        plain: dict[str, Any] = json.loads(gzip.decompress(packed) if packed[:2] == b"\x1f\x8b" else packed)
    except (KeyError, ValueError, OSError, binascii.Error) as error:
        name = secret.get("metadata", {}).get("name", "")
        raise ProvenError(f"Helm's record can't be read: {error}", where=f"Secret {name}", fix="Remove it if no Helm wrote it.") from error
    return plain


def encode(release: Mapping[str, Any]) -> str:
    """The opposite of `decode`: the value of data.release."""
    packed = gzip.compress(json.dumps(release, separators=(",", ":")).encode(), mtime=0)
    return base64.b64encode(base64.b64encode(packed)).decode()


def as_failed(secret: Mapping[str, Any]) -> dict[str, Any]:
    """A merge patch that has a pending record say that it failed, which Helm can go on from; nothing else of it changes.

    Failed is what Helm itself writes when it sees an operation fail: the next upgrade then builds on the last revision that was deployed.
    """
    release = decode(secret)
    info = release.get("info", {})
    was = f" ({info['description']})" if info.get("description") else ""
    release["info"] = {**info, "status": "failed", "description": f"{INTERRUPTED}{was}"}
    # Two runs that repair at once can't: the version of the record that was read has to be the one that is patched.
    version = secret["metadata"]["resourceVersion"]
    return {"metadata": {"labels": {"status": "failed"}, "resourceVersion": version}, "data": {"release": encode(release)}}


def way_back(secret: Mapping[str, Any]) -> bool:
    """Whether a revision was to bring back an earlier one.

    :raises ProvenError: the record can't be read.
    """
    return str((decode(secret).get("info") or {}).get("description", "")).startswith(WAYS_BACK)
