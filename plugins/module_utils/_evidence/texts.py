# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files of an evidence folder, as texts. Pure: takes objects as the API gives them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._yaml import dumper, library

Object = Mapping[str, Any]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as they have to be."""
    lines = [list(head), *(list(row) for row in rows)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines) + "\n"


def _state(container: Object) -> str:
    """`running`, `waiting CrashLoopBackOff`, `terminated OOMKilled 137`; the state before it in brackets."""

    def words(state: Object) -> str:
        for name, detail in state.items():
            if detail:
                code = detail.get("exitCode")
                return " ".join(str(word) for word in (name, detail.get("reason", ""), "" if code is None else code) if word != "")
        return "running" if "running" in state else ""

    now, before = words(container.get("state") or {}), words(container.get("lastState") or {})
    return f"{now} (before: {before})" if before else now


def _pod_rows(pod: Object) -> Iterator[tuple[str, ...]]:
    status = pod.get("status") or {}
    about = (pod["metadata"]["name"], str(status.get("phase", "")), str(pod["spec"].get("nodeName", "-")))
    for container in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
        ready, restarts = "ready" if container.get("ready") else "not ready", str(container.get("restartCount", 0))
        yield (*about, container["name"], ready, restarts, _state(container), str(container.get("image", "")))
    if not status.get("containerStatuses"):
        message = next((str(item.get("message", "")) for item in status.get("conditions") or () if item.get("status") != "True"), "")
        yield (*about, "-", "-", "-", message, "-")


def pods(items: Sequence[Object]) -> str:
    """Each container of each pod: ready, restarts, state, image."""
    head = ("POD", "PHASE", "NODE", "CONTAINER", "READY", "RESTARTS", "STATE", "IMAGE")
    return table(head, [row for pod in items for row in _pod_rows(pod)])


def _moment(event: Object) -> str:
    series = event.get("series") or {}
    return str(
        series.get("lastObservedTime") or event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp")
    )


def events(items: Sequence[Object]) -> str:
    """Oldest first."""
    rows = []
    for event in sorted(items, key=_moment):
        about = event.get("involvedObject") or {}
        count = (event.get("series") or {}).get("count") or event.get("count") or 1
        message = " ".join(str(event.get("message", "")).split())
        rows.append(
            (
                _moment(event)[:19],
                str(event.get("type", "")),
                str(event.get("reason", "")),
                f"{about.get('kind')}/{about.get('name')}",
                f"x{count}",
                message,
            )
        )
    return table(("TIME", "TYPE", "REASON", "OBJECT", "COUNT", "MESSAGE"), rows)


def objects(items: Sequence[Object]) -> str:
    """As YAML, without what only the API server cares for."""
    plain = []
    for item in items:
        metadata = {key: value for key, value in item["metadata"].items() if key != "managedFields"}
        plain.append({**item, "metadata": metadata})
    return str(library().dump_all(plain, Dumper=dumper(), sort_keys=False, allow_unicode=True, width=140))


def difference(old: str, new: str, old_name: str, new_name: str) -> str:
    """Two rendered manifests, as a unified diff; empty where they are the same."""
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), old_name, new_name, lineterm="")
    return "".join(f"{line}\n" for line in lines)


def revisions(items: Sequence[tuple[int, str, str, str]]) -> str:
    """Helm's history.

    :param items: (revision, status, verdict, description).
    """
    return table(("REVISION", "STATUS", "VERDICT", "DESCRIPTION"), [(str(item[0]), item[1], item[2] or "-", item[3]) for item in items])
