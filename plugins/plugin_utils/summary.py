# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lays out the summary of a run as text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Summary:
    """What is said at the end.

    :ivar title: the first line.
    :ivar facts: (name, value), in order; a value may have several lines.
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


def render(summary: Summary) -> str:
    facts = list(summary.facts)
    if summary.stages:
        spent = durations(summary.stages, summary.end)
        facts.append(("time", ", ".join(f"{name} {seconds(value)}" for name, value in spent)))
        facts.append(("total", seconds(summary.end - summary.stages[0][1])))
    width = max((len(name) for name, _value in facts), default=0)
    lines = [summary.title, "─" * max(len(summary.title), 24)]
    for name, value in facts:
        first, *rest = value.splitlines() or [""]
        lines.append(f"{name:<{width}}  {first}")
        lines += [f"{'':<{width}}  {line}" for line in rest]
    return "\n".join(lines)
