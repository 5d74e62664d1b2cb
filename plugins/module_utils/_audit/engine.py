# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs the checks over everything that was given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._audit import (
    check_availability,
    check_restarts,
    check_timing,
    check_traffic,
    check_validity,
    checks,
)
from ansible_collections.proven.webapp.plugins.module_utils._audit.check_validity import mistyped
from ansible_collections.proven.webapp.plugins.module_utils._audit.documents import Document
from ansible_collections.proven.webapp.plugins.module_utils._audit.estate import survey
from ansible_collections.proven.webapp.plugins.module_utils._audit.exceptions import Exceptions, Ignore, Ignored
from ansible_collections.proven.webapp.plugins.module_utils._audit.model import Container, Subject, Workload
from ansible_collections.proven.webapp.plugins.module_utils._audit.rules import BY_ID
from ansible_collections.proven.webapp.plugins.module_utils._audit.shown import yaml_text
from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import SEVERITIES, Finding, Verdict, judge
from ansible_collections.proven.webapp.plugins.module_utils._probes.model import Probe

REGISTERED = (check_availability, check_restarts, check_timing, check_traffic, check_validity)
"""Each of them registers its checks when it is imported."""

NEVER = "never"
FAIL_ON = (*SEVERITIES, NEVER)
NOTHING = "there is no workload in what was given"


@dataclass
class Report:
    """What the audit has to say.

    :ivar unused: exceptions that matched nothing.
    :ivar workloads: how many were looked at.
    :ivar ending: how many of them end by themselves, so that of their probes only the validity was looked at.
    :ivar skipped: how many objects of other kinds there were, by kind.
    :ivar owned: how many were left out because what owns them was looked at.
    :ivar not_shown: what couldn't be looked at, and why.
    """

    findings: list[Finding] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    workloads: int = 0
    ending: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    owned: int = 0
    not_shown: list[str] = field(default_factory=list)

    def count(self, severity: str) -> int:
        return sum(finding.severity == severity for finding in self.findings)

    def verdict(self, fail_on: str) -> Verdict:
        """:param fail_on: the mildest severity that counts, or never."""
        findings = [] if fail_on == NEVER else self.findings
        missing = self.not_shown if self.workloads else [*self.not_shown, NOTHING]
        return judge(findings, missing, fail_on=SEVERITIES[0] if fail_on == NEVER else fail_on)

    def as_dict(self, fail_on: str) -> dict[str, Any]:
        """Plain JSON types."""
        verdict = self.verdict(fail_on)
        return {
            "verdict": verdict.verdict,
            "reasons": list(verdict.reasons),
            "findings": [finding.as_dict() for finding in self.findings],
            "counts": {severity: self.count(severity) for severity in SEVERITIES},
            "ignored": [ignored.as_dict() for ignored in self.ignored],
            "unused_ignores": self.unused,
            "workloads": self.workloads,
            "ending_workloads": self.ending,
            "owned_skipped": self.owned,
            "kinds_skipped": dict(sorted(self.skipped.items())),
            "not_shown": self.not_shown,
        }


def audit(documents: Iterable[Document], ignores: Iterable[Ignore] = (), not_shown: Sequence[str] = ()) -> Report:
    """Look at everything.

    :param not_shown: what couldn't be read, and why.
    """
    estate = survey(documents)
    exceptions = Exceptions(ignores)
    report = Report(
        workloads=len(estate.workloads),
        ending=sum(workload.ends for workload in estate.workloads),
        skipped=estate.skipped,
        owned=estate.owned,
        not_shown=list(not_shown),
    )

    def take(subject: Subject, found: Iterable[Finding]) -> None:
        left, aside = exceptions.apply(found, subject)
        report.findings += left
        report.ignored += aside

    for workload in estate.workloads:
        take(workload.subject, _workload(workload))
    for service in estate.services:
        take(service.subject, _object(service.subject, service, checks.SERVICE))
    for budget in estate.budgets:
        take(budget.subject, _object(budget.subject, budget, checks.BUDGET))
    for scaler in estate.scalers:
        take(scaler.subject, _object(scaler.subject, None, []))
    report.unused = exceptions.unused
    return report


def _finding(
    rule: str, subject: Subject, fault: checks.Fault, corrected: Mapping[str, Any], container: str = "", probe: str = ""
) -> Finding:
    return Finding(
        rule=BY_ID[rule],
        kind=subject.kind,
        name=subject.name,
        namespace=subject.namespace,
        container=container,
        probe=probe,
        what=fault.what,
        corrected=yaml_text(corrected) if corrected else "",
        file=subject.file,
        line=subject.line,
    )


def _object(subject: Subject, item: Any, register: Sequence[tuple[str, Callable[[Any], Iterator[checks.Fault]]]]) -> Iterator[Finding]:
    for rule, look in checks.SUBJECT:
        for fault in look(subject):
            yield _finding(rule, subject, fault, fault.corrected, fault.container, fault.probe)
    for rule, check in register:
        for fault in check(item):
            yield _finding(rule, subject, fault, fault.corrected)


def _workload(workload: Workload) -> Iterator[Finding]:
    yield from _object(workload.subject, workload, [] if workload.ends else checks.WORKLOAD)
    for container in workload.containers:
        if container.init and not container.sidecar:
            yield from _container(container, checks.INIT)
        else:
            for probe in container.probes.values():
                yield from _probe(container, probe)
            if not workload.ends:
                yield from _container(container, checks.CONTAINER)


def _container(container: Container, register: Sequence[tuple[str, Callable[[Container], Iterator[checks.Fault]]]]) -> Iterator[Finding]:
    workload = container.workload
    for rule, check in register:
        for fault in check(container):
            yield _finding(rule, workload.subject, fault, fault.corrected, container.name)


def _probe(container: Container, probe: Probe) -> Iterator[Finding]:
    """A probe that is refused has no design to speak of."""
    sound = not mistyped(container, probe.kind)
    for check in checks.VALIDITY:
        for found in _looked(container, probe, check):
            sound = False
            yield found
    if not sound:
        container.refused.add(probe.kind)
    elif not container.workload.ends:
        for check in checks.DESIGN:
            yield from _looked(container, probe, check)


def _looked(container: Container, probe: Probe, check: checks.ProbeCheck) -> Iterator[Finding]:
    if probe.kind not in check.kinds:
        return
    for fault in check.look(container, probe):
        of_probe = fault.corrected and not fault.whole
        corrected = {f"{probe.kind}Probe": fault.corrected} if of_probe else fault.corrected
        yield _finding(check.rule, container.workload.subject, fault, corrected, container.name, probe.kind)
