# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The audit as text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from itertools import groupby

from ansible_collections.proven.webapp.plugins.module_utils._audit.engine import Report
from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import ERROR, INFO, PROVEN, SEVERITIES, WARNING, Finding

COLOURS = {ERROR: "31", WARNING: "33", INFO: "36", "bold": "1", "dim": "2", PROVEN: "32"}
INDENT = " " * 9


def plural(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


class Text:
    """:param width: columns. :param colour: whether to use any."""

    def __init__(self, width: int, colour: bool) -> None:
        self._width = max(width, 60)
        self._colour = colour

    def render(self, report: Report, fail_on: str) -> str:
        parts = [*self._objects(report), *self._notes(report), self._summary(report, fail_on)]
        return "\n\n".join(parts) + "\n"

    def _paint(self, text: str, style: str) -> str:
        return f"\033[{COLOURS[style]}m{text}\033[0m" if self._colour else text

    def _objects(self, report: Report) -> Iterator[str]:
        for (kind, namespace, name, file, line), group in groupby(report.findings, key=_object):
            head = self._paint(f"{kind}/{name}", "bold") + (f" in {namespace}" if namespace else "")
            place = f"{file}:{line}" if line else file
            ordered = sorted(group, key=lambda finding: SEVERITIES.index(finding.severity))
            yield "\n\n".join([head + (f"  {self._paint(place, 'dim')}" if place else ""), *map(self._finding, ordered)])

    def _finding(self, finding: Finding) -> str:
        rule = finding.rule
        place = ", ".join(part for part in (finding.container, finding.probe) if part)
        severity = self._paint(f"{finding.severity:<8}", finding.severity)
        lines = [f"{severity} {self._paint(rule.id, 'bold')} {rule.title}"]
        what = f"{place}: {finding.what}" if place else finding.what
        lines += [textwrap.fill(what, self._width, initial_indent=INDENT, subsequent_indent=INDENT)]
        for label, text in (("why", rule.why), ("fix", rule.fix)):
            lines.append(textwrap.fill(text, self._width, initial_indent=f"{INDENT}{label}  ", subsequent_indent=f"{INDENT}     "))
        lines += [f"{INDENT}{self._paint('  │  ' + line, 'dim')}" for line in finding.corrected.splitlines()]
        lines.append(f"{INDENT}{self._paint('see  ' + finding.rule.link, 'dim')}")
        return "\n".join(lines)

    def _notes(self, report: Report) -> Iterator[str]:
        ignored = [f"{entry.finding.rule.id} {entry.finding.place}: {entry.reason}" for entry in report.ignored]
        for title, lines in (
            ("Ignored, with reason", ignored),
            ("Exceptions that matched nothing, and can go", report.unused),
            ("Not shown", report.not_shown),
        ):
            if lines:
                wrapped = [textwrap.fill(line, self._width, initial_indent="  ", subsequent_indent="    ") for line in lines]
                yield "\n".join([self._paint(title, "bold"), *wrapped])

    def _summary(self, report: Report, fail_on: str) -> str:
        counts = ", ".join(plural(report.count(severity), severity) for severity in (ERROR, WARNING)) + f", {report.count(INFO)} info"
        looked = plural(report.workloads, "workload")
        others = [
            f"{report.ending} of them by validity alone, as they end by themselves" if report.ending else "",
            f"left out {plural(report.owned, 'object')} that a workload owns" if report.owned else "",
            f"skipped {', '.join(f'{count} {kind}' for kind, count in sorted(report.skipped.items()))}" if report.skipped else "",
        ]
        verdict = report.verdict(fail_on)
        words = verdict.verdict.replace("_", " ")
        known = f": {'; '.join(verdict.reasons)}" if verdict.verdict == "not_shown" else ""
        style = PROVEN if verdict.verdict == PROVEN else ERROR
        lines = [f"{counts}; {len(report.ignored)} ignored", "; ".join(filter(None, [f"Looked at {looked}", *others]))]
        wrapped = [textwrap.fill(line, self._width, subsequent_indent="  ") for line in lines]
        return "\n".join([*wrapped, f"Verdict (fails on {fail_on}): {self._paint(words, style)}{known}"])


def _object(finding: Finding) -> tuple[str, str, str, str, int]:
    return finding.kind, finding.namespace, finding.name, finding.file, finding.line
