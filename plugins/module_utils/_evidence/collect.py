# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Collects the evidence from the cluster; what can't be had is named instead of missing."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

from ansible_collections.proven.webapp.plugins.module_utils._api import Unreachable
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._evidence import texts
from ansible_collections.proven.webapp.plugins.module_utils._release import claim, history

LOG_LINES = 500
THREADS = 8
WORKLOADS = ("apis/apps/v1/{}/deployments", "apis/apps/v1/{}/statefulsets", "apis/apps/v1/{}/replicasets", "apis/batch/v1/{}/jobs")
SHORTEST_SECRET = 6
"""Shorter values would hide half of every text."""


def _list(place: claim.Place, kind: str, query: dict[str, str]) -> list[dict[str, Any]]:
    group, _brace, plural = kind.partition("/{}/")
    return place.api.items(f"/{group}/namespaces/{place.namespace}/{plural}", query)


def secret_values(place: claim.Place) -> set[str]:
    """Every value of the namespace's Secrets, to be kept out of what is written. Helm's own records are no secrets of the application.

    :raises ProvenError: they can't be read, so nothing could be kept out.
    """
    values: set[str] = set()
    for secret in _list(place, "api/v1/{}/secrets", {"fieldSelector": "type!=helm.sh/release.v1"}):
        for value in (secret.get("data") or {}).values():
            text = base64.b64decode(value).decode("utf-8", errors="ignore")
            values.update(part for part in (text, *text.splitlines()) if len(part.strip()) >= SHORTEST_SECRET)
    return values


def _logs(place: claim.Place, pods: list[dict[str, Any]]) -> Iterator[tuple[str, Callable[[], str]]]:
    """(file, how to get it) of each container's log, the one before its last restart too."""
    for pod in pods:
        name, status = pod["metadata"]["name"], pod.get("status") or {}
        for container in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
            for previous in (False, True) if container.get("restartCount") else (False,):
                query = {
                    "container": container["name"],
                    "tailLines": str(LOG_LINES),
                    "timestamps": "true",
                    "previous": json.dumps(previous),
                }
                path = f"/api/v1/namespaces/{place.namespace}/pods/{quote(name)}/log"
                file = f"logs/{name}.{container['name']}{'.previous' if previous else ''}.log"
                yield file, lambda path=path, query=query: place.api.text(path, query)  # type: ignore[misc]


def _helm(place: claim.Place, revision: int, pool: ThreadPoolExecutor) -> dict[str, str]:
    """Helm's history, and what this revision changed of what was rendered."""

    def record(item: history.Revision) -> Any:
        status, body = place.api.get(f"/api/v1/namespaces/{place.namespace}/secrets/{item.secret}")
        return history.decode(json.loads(body)) if status == 200 else None

    known, said = claim.revisions(place), claim.recorded(place)
    records = {item.number: found for item, found in zip(known, pool.map(record, known), strict=True) if found is not None}
    lines = [
        (
            item.number,
            item.status,
            said[item.number].verdict if item.number in said else "",
            records.get(item.number, {}).get("info", {}).get("description", ""),
        )
        for item in known
    ]
    files = {"helm-history.txt": texts.revisions(lines)}
    served = [item.number for item in known if item.number < revision and item.status in ("deployed", "superseded")]
    if revision in records:
        before = served[-1] if served else 0
        old = records.get(before, {}).get("manifest", "")
        files["manifest.diff"] = texts.difference(old, records[revision]["manifest"], f"revision {before}", f"revision {revision}")
    return files


def collect(place: claim.Place, revision: int) -> dict[str, str]:
    """File name to text. A part that the cluster refuses holds the reason.

    :raises Unreachable: the cluster doesn't answer at all.
    """
    mine = {"labelSelector": f"app.kubernetes.io/instance={place.release}"}
    pods = _list(place, "api/v1/{}/pods", mine)
    wanted: list[tuple[str, Callable[[], str]]] = [
        ("pods.txt", lambda: texts.pods(pods)),
        ("pods.yml", lambda: texts.objects(pods)),
        ("events.txt", lambda: texts.events(_list(place, "api/v1/{}/events", {"limit": "1000"}))),
        ("workloads.yml", lambda: texts.objects([item for kind in WORKLOADS for item in _list(place, kind, mine)])),
        *_logs(place, pods),
    ]

    def part(entry: tuple[str, Callable[[], str]]) -> tuple[str, str]:
        name, get = entry
        try:
            return name, get()
        except Unreachable:
            raise
        except ProvenError as error:
            return name, f"Not to be had: {error}\n"

    with ThreadPoolExecutor(THREADS) as pool:
        past = pool.submit(_helm, place, revision, pool)
        files = dict(pool.map(part, wanted))
        # Still in here: Helm's past has the pool at work, too.
        try:
            files.update(past.result())
        except Unreachable:
            raise
        except ProvenError as error:
            files["helm-history.txt"] = f"Not to be had: {error}\n"
    return files
