# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report's pictures, as SVG that goes into the page. Colours tell nothing alone: shape, place or words say the same."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.plugin_utils.report.model import ERRED, FAILED, PASSED, WARNED, Bar, Drill, Row, Stream

WIDTH_INCHES = 7.2
GOOD, BAD, ODD, INK, PALE = "#1a7f4b", "#c62f2f", "#b26a00", "#22262b", "#d9dee4"
MARKS = {
    PASSED: ("|", GOOD, "passed"),
    WARNED: ("^", ODD, "passed with a warning"),
    FAILED: ("x", BAD, "failed"),
    ERRED: ("D", ODD, "erred"),
}


def _figure(inches_high: float) -> tuple[Any, Any]:
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ProvenError(
            "The Python library matplotlib isn't there.", where="the report's pictures", fix="pip install matplotlib"
        ) from error
    # Text stays text: it can be searched, and the reader's own font is used. A fixed salt gives the same picture each time.
    matplotlib.rcParams.update(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": "proven",
            "font.family": "sans-serif",
            "font.size": 9,
            "axes.edgecolor": PALE,
            "text.color": INK,
        }
    )
    figure = Figure(figsize=(WIDTH_INCHES, inches_high), layout="constrained")
    axes = figure.subplots()
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0, labelcolor=INK)
    return figure, axes


def _svg(figure: Any, words: str) -> str:
    """The drawing alone, without what makes it a file of its own; words tell it to who can't see it."""
    out = io.StringIO()
    figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    escaped = words.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return text.replace("<svg ", f'<svg role="img" aria-label="{escaped}" ', 1)


def probe_timeline(rows: Sequence[Row]) -> str:
    """Each probe of each pod, try by try."""
    figure, axes = _figure(0.7 + 0.24 * len(rows))
    used = set()
    for index, row in enumerate(rows):
        for result, (marker, colour, _words) in MARKS.items():
            times = [time for time, outcome, _latency in row.points if outcome == result]
            if times:
                used.add(result)
                axes.scatter(times, [index] * len(times), marker=marker, color=colour, s=34, linewidths=1.4)
    for result in MARKS:
        if result in used:
            marker, colour, words = MARKS[result]
            axes.scatter([], [], marker=marker, color=colour, label=words)
    axes.set_yticks(range(len(rows)), [row.label for row in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlabel("seconds of the observation")
    axes.grid(axis="x", color=PALE, linewidth=0.6)
    if used:
        figure.legend(loc="outside upper right", ncols=len(MARKS), frameon=False)
    return _svg(figure, f"Answers of {len(rows)} probes over time")


def startup_budget(bars: Sequence[Bar]) -> str:
    """How much of its budget each container took to start."""
    figure, axes = _figure(0.6 + 0.32 * len(bars))
    for index, each in enumerate(bars):
        share = each.used / each.budget if each.budget else 1.0
        axes.barh(index, 1.0, color=PALE, height=0.55)
        axes.barh(index, min(share, 1.0), color=GOOD if share <= 0.5 else BAD if share >= 1 else ODD, height=0.55)
        axes.text(1.01, index, f"{each.used:.0f} of {each.budget:.0f} s", va="center")
    axes.set_yticks(range(len(bars)), [each.label for each in bars])
    axes.set_ylim(len(bars) - 0.4, -0.6)
    axes.set_xlim(0, 1.2)
    axes.set_xticks([0, 0.5, 1.0], ["0", "half", "whole budget"])
    return _svg(figure, "Share of each startup budget that was used")


def request_stream(stream: Stream) -> str:
    """Requests in each slice of time, those that failed on top, and what happened meanwhile."""
    figure, axes = _figure(2.2)
    times = [bucket[0] for bucket in stream.buckets]
    width = min((late - early for early, late in pairwise(times)), default=1.0)
    answered = [bucket[1] for bucket in stream.buckets]
    failed = [bucket[2] for bucket in stream.buckets]
    axes.bar(times, answered, width=width, align="edge", color=GOOD, alpha=0.75, label="answered")
    axes.bar(times, failed, bottom=answered, width=width, align="edge", color=BAD, hatch="//", label="failed")
    top = max((good + bad for _time, good, bad in stream.buckets), default=1)
    for time, words in stream.marks:
        axes.axvline(time, color=INK, linewidth=1, linestyle="--")
        axes.text(time, top * 1.05, f" {words}", va="bottom")
    axes.set_ylim(0, top * 1.25)
    axes.set_xlabel("seconds")
    axes.set_ylabel(f"requests in {width:g} s")
    figure.legend(loc="outside upper right", ncols=2, frameon=False)
    return _svg(figure, f"{sum(answered)} requests answered and {sum(failed)} failed over time")


def _spans(changes: Sequence[tuple[float, bool]], end: float) -> list[tuple[float, float, bool]]:
    """(from, to, state) of a state that changes at given times."""
    ends = [time for time, _state in changes[1:]] + [end]
    return [(begin, stop, state) for (begin, state), stop in zip(changes, ends, strict=True)]


def drill_timeline(drill: Drill) -> str:
    """Fault, readiness and liveness on one line each."""
    figure, axes = _figure(1.9)
    if drill.fault:
        axes.axvspan(*drill.fault, color=PALE, alpha=0.6, linewidth=0)
        axes.barh(0, drill.fault[1] - drill.fault[0], left=drill.fault[0], color=INK, height=0.4)
    for line, (changes, words) in enumerate(((drill.ready, ("ready", "not ready")), (drill.liveness, ("passing", "failing"))), start=1):
        for begin, stop, state in _spans(changes, drill.end):
            axes.barh(
                line, stop - begin, left=begin, color=GOOD if state else BAD, height=0.4, hatch=None if state else "//", edgecolor="white"
            )
            if stop - begin > drill.end / 9:
                axes.text((begin + stop) / 2, line, words[0 if state else 1], ha="center", va="center", color="white", fontsize=8)
    axes.set_yticks([0, 1, 2], ["fault", "readiness", "liveness"])
    axes.set_ylim(2.6, -0.6)
    axes.set_xlim(0, drill.end)
    axes.set_xlabel("seconds")
    return _svg(figure, drill.title)
