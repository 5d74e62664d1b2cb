# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is known of the secrets, without the values. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from .resolve import Resolved
from .source import Source

COLUMNS = ("key", "state", "source", "used by", "in the cluster")


def rows(
    source: Source, resolved: Resolved, used: Mapping[str, Sequence[str]], held: Sequence[Mapping[str, Any]], *, now: datetime
) -> list[dict[str, Any]]:
    """One row a key: `key`, `state`, `source`, `used_by`, `since`, `age`.

    :param held: the Secrets in the cluster: `name`, `created`, `data`.
    """
    faults: dict[str, list[str]] = {}
    for fault in resolved.faults:
        faults.setdefault(fault.key, []).append(fault.problem)
    keys = dict.fromkeys([*source.keys(), *(key for names in used.values() for key in names), *resolved.values])
    shown = []
    for key in sorted(keys):
        value = resolved.values.get(key)
        since = min((one["created"] for one in held if value is not None and one["data"].get(key) == value), default="")
        shown.append(
            {
                "key": key,
                "state": "; ".join(faults.get(key, [])) or ("set" if value is not None else "not set"),
                "source": source.where(key),
                "used_by": sorted(component for component, names in used.items() if key in names),
                "since": since,
                "age": age(since, now),
            }
        )
    return shown


def age(since: str, now: datetime) -> str:
    """`12d`, `3h`, `5m`, as kubectl writes it; empty of what isn't a time."""
    try:
        seconds = int((now - datetime.fromisoformat(since.replace("Z", "+00:00"))).total_seconds())
    except ValueError:
        return ""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{max(seconds, 0)}s"


def render(title: str, shown: Sequence[Mapping[str, Any]], note: str) -> str:
    cells = [COLUMNS] + [(row["key"], row["state"], row["source"], ", ".join(row["used_by"]) or "-", row["age"] or "-") for row in shown]
    widths = [max(len(row[column]) for row in cells) for column in range(len(COLUMNS))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    return "\n".join([title, *lines, *([note] if note else [])])
