# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is known of a release's revisions, kept in the cluster beside it: a ConfigMap, one key a revision."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import PROVEN
from ansible_collections.proven.webapp.plugins.module_utils._release.history import Revision

SERVED = ("deployed", "superseded")
"""Statuses of revisions that went out in full."""


@dataclass(frozen=True)
class Recorded:
    """:ivar verdict: proven, not_proven or not_shown.
    :ivar uid: of Helm's record of the revision: numbers begin again after an uninstall.
    :ivar when: RFC 3339.
    :ivar reasons: one line each.
    """

    verdict: str
    uid: str
    when: str
    reasons: tuple[str, ...] = ()


def name(release: str) -> str:
    return f"proven-{release}"


def path(namespace: str, release: str = "") -> str:
    base = f"/api/v1/namespaces/{namespace}/configmaps"
    return f"{base}/{name(release)}" if release else base


def read(config_map: Mapping[str, Any] | None) -> dict[int, Recorded]:
    """By revision; what can't be read is left out: nobody proved it."""
    found = {}
    for key, text in ((config_map or {}).get("data") or {}).items():
        try:
            value = json.loads(text)
            found[int(key)] = Recorded(
                str(value["verdict"]), str(value["uid"]), str(value["when"]), tuple(str(line) for line in value.get("reasons", ()))
            )
        except (ValueError, KeyError, TypeError):
            continue
    return found


def body(release: str, namespace: str, recorded: Mapping[int, Recorded], known: Iterable[Revision], version: str = "") -> dict[str, Any]:
    """The ConfigMap.

    :param known: revisions that Helm still has; the others' verdicts go with them.
    :param version: resourceVersion of the one that it replaces.
    """
    there = {(revision.number, revision.uid) for revision in known}
    data = {str(number): json.dumps(asdict(item)) for number, item in sorted(recorded.items()) if (number, item.uid) in there}
    metadata: dict[str, Any] = {
        "name": name(release),
        "namespace": namespace,
        "labels": {"proven.webapp/release": release, "app.kubernetes.io/managed-by": "proven.webapp"},
    }
    if version:
        metadata["resourceVersion"] = version
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def last_proven(revisions: Iterable[Revision], recorded: Mapping[int, Recorded], *, before: int | None = None) -> int | None:
    """The newest revision that was proven, that Helm still holds and that really went out.

    :param before: only revisions older than this one.
    """
    for revision in sorted(revisions, key=lambda item: -item.number):
        if before is not None and revision.number >= before:
            continue
        known = recorded.get(revision.number)
        if revision.status in SERVED and known is not None and known.uid == revision.uid and known.verdict == PROVEN:
            return revision.number
    return None
