# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lays out the summary of a run as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Summary:
    """What is said at the end.

    :ivar title: the first line.
    :ivar facts: (name, value), in order; a value may have several lines, an empty one is left out.
    :ivar stages: (name, start in seconds since the epoch), in order.
    :ivar end: end of the last stage, likewise.
    """

    title: str
    facts: list[tuple[str, str]]
    stages: list[tuple[str, float]]
    end: float


def seconds(value: float) -> str:
    """`0.4 s`, `12 s`, `3 min 05 s`."""
    if value < 9.95:
        return f"{value:.1f} s"
    if value < 120:
        return f"{value:.0f} s"
    return f"{int(value) // 60} min {int(value) % 60:02d} s"


def durations(stages: list[tuple[str, float]], end: float) -> list[tuple[str, float]]:
    """(name, seconds) of each stage; each ends where the next begins."""
    ends = [start for _name, start in stages[1:]] + [end]
    return [(name, max(0.0, stop - start)) for (name, start), stop in zip(stages, ends, strict=True)]


def release_line(name: str, revision: int, changed: bool, namespace: str) -> str:
    if not name or not revision:
        return ""
    return f"{name} revision {revision} in namespace {namespace}" + ("" if changed else ", unchanged")


def image_lines(images: Mapping[str, Mapping[str, Any]], check_mode: bool) -> str:
    """One line an image that was built; one line in all when none was."""
    if not images:
        return ""
    lines = []
    for name, image in images.items():
        size = f", {image['size_bytes'] / MEGABYTE:.0f} MB" if image.get("size_bytes") else ""
        if image.get("built"):
            how = "would be built" if check_mode else f"built in {seconds(float(image.get('seconds') or 0))}"
            lines.append(f"{name}: {how}{size}")
        elif image.get("pushed"):
            lines.append(f"{name}: {'would be delivered' if check_mode else 'delivered'}{size}")
    return "\n".join(lines) or f"{', '.join(images)}: unchanged"


def tool_line(source: str, reason: str, made: Mapping[str, float]) -> str:
    if not source:
        return ""
    return f"from {source} ({reason})" + (f"; made {', '.join(made)}" if made else "")


def render(summary: Summary) -> str:
    facts = [(name, value) for name, value in summary.facts if value]
    if summary.stages:
        spent = durations(summary.stages, summary.end)
        facts.append(("time", ", ".join(f"{name} {seconds(value)}" for name, value in spent)))
        facts.append(("total", seconds(summary.end - summary.stages[0][1])))
    width = max((len(name) for name, _value in facts), default=0)
    lines = [summary.title, "─" * max(len(summary.title), 24)]
    for name, value in facts:
        first, *rest = value.splitlines()
        lines.append(f"{name:<{width}}  {first}")
        lines += [f"{'':<{width}}  {line}" for line in rest]
    return "\n".join(lines)
