# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report as one page that needs nothing else: no network, no script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ansible_collections.proven.webapp.plugins.plugin_utils.report import charts
from ansible_collections.proven.webapp.plugins.plugin_utils.report.model import Report
from jinja2 import Environment, StrictUndefined

TEMPLATE = Path(__file__).with_name("template.html.j2")
WORDS = {"proven": "Proven", "not_proven": "Not proven", "not_shown": "Not shown"}


def _charts(report: Report) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """(heading, words below, [(title, picture)]) of each chapter that has something to show."""
    if report.rows:
        yield "Probes", "Each mark is one try, asked as the kubelet asks.", [("", charts.probe_timeline(report.rows))]
    if report.bars:
        words = "From the container's start to its startup probe's first success, of the time after which it would be restarted."
        yield "Startup", words, [("", charts.startup_budget(report.bars))]
    if report.stream:
        yield "Requests", "", [("", charts.request_stream(report.stream))]
    if report.drills:
        yield "Drills", "In a clone that gets no traffic.", [(drill.title, charts.drill_timeline(drill)) for drill in report.drills]


def render(report: Report) -> str:
    """
    :raises ProvenError: the library for the pictures isn't there.
    """
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(report=report, words=WORDS[report.verdict], charts=list(_charts(report)))
