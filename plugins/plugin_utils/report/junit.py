# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report as JUnit XML, as pytest writes it: what CI servers and AWX's viewers read."""

from __future__ import annotations

from xml.etree import ElementTree

from ansible_collections.proven.webapp.plugins.plugin_utils.report.model import Report


def render(report: Report) -> str:
    """One test case a check; not proven is a failure, not shown is skipped."""
    suite = ElementTree.Element("testsuite", name=report.title)
    counts = {"failure": 0, "skipped": 0}
    for name, verdict, reasons in report.sections:
        case = ElementTree.SubElement(suite, "testcase", classname=report.title, name=name)
        outcome = {"not_proven": "failure", "not_shown": "skipped"}.get(verdict)
        if outcome:
            counts[outcome] += 1
            detail = ElementTree.SubElement(case, outcome, message=reasons[0] if reasons else verdict)
            detail.text = "\n".join(reasons)
    suite.attrib.update(tests=str(len(report.sections)), failures=str(counts["failure"]), errors="0", skipped=str(counts["skipped"]))
    root = ElementTree.Element("testsuites")
    root.append(suite)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"
