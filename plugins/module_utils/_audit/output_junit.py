# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The audit as JUnit XML, in the form of pytest's xunit2: a test case an object."""

from __future__ import annotations

import re
from itertools import groupby
from xml.etree import ElementTree

from ansible_collections.proven.webapp.plugins.module_utils._audit.engine import FAIL_ON, NEVER, Report
from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import Finding

# XML 1.0 has no form for these, not even escaped.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(report: Report, fail_on: str) -> str:
    """One suite. Findings that count are failures; those that don't are told in the case's output; ignored ones are skipped cases."""
    counting = () if fail_on == NEVER else FAIL_ON[: FAIL_ON.index(fail_on) + 1]
    suite = ElementTree.Element("testsuite", name="probe_audit", time="0")
    failures = skipped = errors = 0
    for key, group in groupby(report.findings, key=_case):
        findings = list(group)
        case = _element(suite, key)
        counted = [finding for finding in findings if finding.severity in counting]
        if counted:
            failures += 1
            message = "; ".join(f"{finding.rule.id} {finding.what}" for finding in counted)
            failure = ElementTree.SubElement(case, "failure", message=_clean(message))
            failure.text = _clean("\n\n".join(map(_told, counted)))
        others = [finding for finding in findings if finding not in counted]
        if others:
            ElementTree.SubElement(case, "system-out").text = _clean("\n\n".join(map(_told, others)))
    for ignored in report.ignored:
        skipped += 1
        case = _element(suite, (*_case(ignored.finding)[:1], f"{_case(ignored.finding)[1]} {ignored.finding.rule.id}"))
        text = f"{ignored.finding.rule.id} {ignored.finding.what}: {ignored.reason}"
        ElementTree.SubElement(case, "skipped", type="proven.ignored", message=_clean(text))
    verdict = report.verdict(fail_on)
    if verdict.verdict == "not_shown":
        for reason in verdict.reasons:
            errors += 1
            ElementTree.SubElement(_element(suite, ("probe_audit", "not shown")), "error", message=_clean(reason))
    clean = report.workloads - len({_case(finding) for finding in report.findings})
    if clean > 0:
        _element(suite, ("probe_audit", f"{clean} workloads without a finding"))
    counts = {"errors": errors, "failures": failures, "skipped": skipped, "tests": len(suite)}
    for name, count in counts.items():
        suite.set(name, str(count))
    suites = ElementTree.Element("testsuites")
    suites.append(suite)
    ElementTree.indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(suites, encoding="unicode") + "\n"


def _case(finding: Finding) -> tuple[str, str]:
    """(class name, name)."""
    place = f"{finding.file}:{finding.line}" if finding.line else finding.file
    return place or finding.namespace or "probe_audit", f"{finding.kind}/{finding.name}"


def _element(suite: ElementTree.Element, case: tuple[str, ...]) -> ElementTree.Element:
    classname, name = case
    return ElementTree.SubElement(suite, "testcase", classname=_clean(classname), name=_clean(name), time="0")


def _told(finding: Finding) -> str:
    lines = [f"{finding.severity} {finding.rule.id} {finding.place}: {finding.what}", finding.rule.why, finding.rule.fix]
    return "\n".join([*lines, *([finding.corrected] if finding.corrected else []), finding.rule.link])


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("�", text)
