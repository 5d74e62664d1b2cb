# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Helm has stored of a release: what it runs now, by which values, and from which objects."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._preview.manifests import Manifest, parse
from ansible_collections.proven.webapp.plugins.module_utils._release import claim, history
from ansible_collections.proven.webapp.plugins.module_utils._spec.digest import chart_digest

DIGEST = "chartDigest"
"""The value that holds the digest of the chart's files."""
GONE = ("uninstalled", "uninstalling")


@dataclass(frozen=True)
class Stored:
    """One revision.

    :ivar record: as Helm keeps it (helm.sh/helm/v3/pkg/release/release.go).
    """

    number: int
    status: str
    record: Mapping[str, Any]

    @property
    def values(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.record.get("config") or {}
        return found

    def manifests(self, namespace: str) -> list[Manifest]:
        """Its objects without hooks.

        :raises ProvenError: the record can't be read.
        """
        return parse(str(self.record.get("manifest") or ""), namespace, f"<revision {self.number}>")

    def hooks(self, namespace: str) -> list[Manifest]:
        """:raises ProvenError: the record can't be read."""
        texts = (str(hook.get("manifest") or "") for hook in self.record.get("hooks") or ())
        return [item for text in texts for item in parse(text, namespace, f"<hooks of revision {self.number}>")]


@dataclass(frozen=True)
class Past:
    """What there was of a release before.

    :ivar newest: None where nothing was ever released.
    :ivar serving: the revision that Helm would change: the last that was deployed, or else the newest that failed.
    """

    newest: Stored | None = None
    serving: Stored | None = None

    @property
    def upgrade(self) -> bool:
        """Whether Helm would upgrade instead of install."""
        return self.newest is not None and self.newest.status not in GONE


def read(place: claim.Place) -> Past:
    """From the Secrets that Helm keeps.

    :raises ProvenError: they can't be read.
    """
    known = [item for item in claim.revisions(place) if item.status]
    if not known:
        return Past()
    newest = _fetch(place, known[-1])
    if known[-1].status == "deployed" or known[-1].status in GONE:
        return Past(newest, newest if known[-1].status == "deployed" else None)
    # pkg/action/upgrade.go, prepareUpgrade
    deployed = next((item for item in reversed(known) if item.status == "deployed"), None)
    return Past(newest, _fetch(place, deployed) if deployed else newest)


def revision(place: claim.Place, number: int) -> Stored:
    """One of them.

    :raises ProvenError: Helm has no record of it, or it can't be read.
    """
    found = next((item for item in claim.revisions(place) if item.number == number), None)
    if found is None:
        raise ProvenError(
            f"There is no revision {number} of {place.release}.", where=f"namespace {place.namespace}", fix="give one that Helm has"
        )
    return _fetch(place, found)


def _fetch(place: claim.Place, revision: history.Revision) -> Stored:
    text = place.api.text(f"/api/v1/namespaces/{place.namespace}/secrets/{revision.secret}")
    return Stored(revision.number, revision.status, history.decode(json.loads(text)))


def same(stored: Stored | None, values: Mapping[str, Any], chart: Path) -> bool:
    """Is this revision deployed from these very values and this very chart?

    :param values: with the chart's digest among them; without it nobody can tell.
    :raises ProvenError: there is no chart.
    """
    if stored is None or stored.status != "deployed":
        return False
    wanted = json.loads(json.dumps(values, default=str))
    return bool(stored.values == wanted and wanted.get(DIGEST) == chart_digest(chart))


def status(stored: Stored, place: claim.Place) -> dict[str, Any]:
    """As kubernetes.core.helm tells of a release."""
    record, chart = stored.record, (stored.record.get("chart") or {}).get("metadata") or {}
    return {
        "name": place.release,
        "namespace": place.namespace,
        "revision": str(stored.number),
        "updated": str((record.get("info") or {}).get("last_deployed", "")),
        "status": stored.status,
        "chart": f"{chart.get('name', '')}-{chart.get('version', '')}",
        "app_version": str(chart.get("appVersion", "")),
        "values": dict(stored.values),
        "release_values": dict(stored.values),
    }


LISTED: Mapping[tuple[str, str], str] = {
    ("apps/v1", "Deployment"): "deployments",
    ("apps/v1", "StatefulSet"): "statefulsets",
    ("apps/v1", "DaemonSet"): "daemonsets",
    ("batch/v1", "CronJob"): "cronjobs",
    ("v1", "Service"): "services",
    ("v1", "ConfigMap"): "configmaps",
    ("v1", "ServiceAccount"): "serviceaccounts",
    ("policy/v1", "PodDisruptionBudget"): "poddisruptionbudgets",
}
"""Kinds that are looked for, and their names in paths; without them nothing works, or not for long."""


def wanted_kinds(manifests: Sequence[Manifest], namespace: str) -> dict[tuple[str, str], set[str]]:
    """Names by kind, of the objects that are looked for."""
    found: dict[tuple[str, str], set[str]] = {}
    for item in manifests:
        if (item.api_version, item.kind) in LISTED and item.namespace == namespace:
            found.setdefault((item.api_version, item.kind), set()).add(item.name)
    return found


def missing(place: claim.Place, kind: tuple[str, str], names: set[str]) -> list[str]:
    """Those of these objects that somebody has removed; none where they may not be seen.

    :raises Unreachable: the cluster doesn't answer.
    """
    api_version, name = kind
    root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
    code, body = place.api.get(f"{root}/namespaces/{place.namespace}/{LISTED[kind]}", headers={"Accept": claim.METADATA_ONLY})
    if code != 200:
        return []
    there = {item["metadata"]["name"] for item in json.loads(body)["items"] or () if not item["metadata"].get("deletionTimestamp")}
    return [f"{name}/{item}" for item in sorted(names - there)]
