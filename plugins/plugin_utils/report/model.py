# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a report shows. Times are seconds since the beginning of what is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

PASSED, WARNED, FAILED, ERRED = "success", "warning", "failure", "error"


@dataclass(frozen=True)
class Row:
    """One probe of one pod over the window.

    :ivar points: (second, result, latency in seconds); results are success, warning, failure and error.
    """

    label: str
    points: Sequence[tuple[float, str, float]]


@dataclass(frozen=True)
class Bar:
    """A startup probe's budget and how much of it was used, in seconds."""

    label: str
    used: float
    budget: float


@dataclass(frozen=True)
class Stream:
    """Requests over time.

    :ivar buckets: (second, answered, failed) of each slice of time.
    :ivar marks: (second, what happened then), such as the beginning of a rollout.
    """

    buckets: Sequence[tuple[float, int, int]]
    marks: Sequence[tuple[float, str]] = ()


@dataclass(frozen=True)
class Drill:
    """One fault, from before it to after it.

    :ivar fault: (on, off); None where the drill has no such span.
    :ivar ready: (second, ready from then on).
    :ivar liveness: (second, passing from then on).
    :ivar notes: (second, what happened then).
    """

    title: str
    end: float
    fault: tuple[float, float] | None
    ready: Sequence[tuple[float, bool]]
    liveness: Sequence[tuple[float, bool]]
    notes: Sequence[tuple[float, str]] = ()


@dataclass(frozen=True)
class Item:
    """A finding, as its module returned it."""

    rule: str
    severity: str
    place: str
    what: str
    why: str
    fix: str
    corrected: str
    link: str
    reason: str = ""


@dataclass(frozen=True)
class Report:
    """:ivar facts: (name, value) shown below the verdict.
    :ivar sections: name of a check (audit, verify, drill, traffic) to its verdict and reasons.
    :ivar ignored: findings that somebody has accepted, with the reason.
    :ivar not_shown: what could not be looked at, and why.
    """

    title: str
    verdict: str
    reasons: Sequence[str]
    facts: Sequence[tuple[str, str]]
    sections: Sequence[tuple[str, str, Sequence[str]]] = ()
    findings: Sequence[Item] = ()
    ignored: Sequence[Item] = ()
    not_shown: Sequence[str] = ()
    rows: Sequence[Row] = ()
    bars: Sequence[Bar] = ()
    stream: Stream | None = None
    drills: Sequence[Drill] = field(default=())
