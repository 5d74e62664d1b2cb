# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Findings that somebody has accepted, with the reason: from the call, or from an annotation on the object."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._audit.model import Subject
from ansible_collections.proven.webapp.plugins.module_utils._audit.rules import BY_ID
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import Finding

ANNOTATION = "proven.webapp/audit-ignore"
SHORTEST_REASON = 10
"""Characters. Less is no reason that anybody could check later."""
FORM = "PV118 Deployment/name container: why that is right here; without container or object it counts for all"


@dataclass(frozen=True)
class Ignore:
    """One accepted finding, or several alike.

    :ivar object: `Kind/name` or a name, with `*` as a wildcard; empty is any.
    :ivar container: likewise.
    """

    rule: str
    reason: str
    object: str = ""
    container: str = ""

    def covers(self, finding: Finding) -> bool:
        whole = f"{finding.kind}/{finding.name}"
        return (
            finding.rule.id == self.rule
            and (not self.object or fnmatchcase(whole if "/" in self.object else finding.name, self.object))
            and (not self.container or fnmatchcase(finding.container, self.container))
        )

    def __str__(self) -> str:
        return " ".join(part for part in (self.rule, self.object, self.container) if part)


@dataclass(frozen=True)
class Ignored:
    finding: Finding
    reason: str

    def as_dict(self) -> dict[str, Any]:
        return {**self.finding.as_dict(), "reason": self.reason}


def _checked(ignore: Ignore, where: str) -> Ignore:
    if ignore.rule not in BY_ID:
        raise ProvenError(f'There is no rule "{ignore.rule}".', where=where, fix=f"there are {min(BY_ID)} to {max(BY_ID)}")
    if len(ignore.reason) < SHORTEST_REASON:
        raise ProvenError(
            f"{ignore.rule} is ignored without a reason of at least {SHORTEST_REASON} characters.",
            where=where,
            fix="say why it is right here",
        )
    return ignore


def read_entry(entry: Mapping[str, Any], where: str = "ignore") -> Ignore:
    """An exception as a mapping: rule and reason, and maybe object and container.

    :raises ProvenError: something is missing, unknown or no text.
    """
    unknown = sorted(str(key) for key in entry if key not in ("rule", "reason", "object", "container"))
    if unknown:
        raise ProvenError(f"There is no {', '.join(unknown)} in an exception.", where=where, fix="give rule, reason, object, container")
    texts = {key: str(entry.get(key) or "").strip() for key in ("rule", "reason", "object", "container")}
    return _checked(Ignore(**texts), where)


def read_line(line: str, where: str = "--ignore") -> Ignore:
    """An exception as a line: `PV118 Deployment/todo-backend backend: why that is right here`.

    :raises ProvenError: it has another form.
    """
    found = re.fullmatch(r"\s*(\S+?)(?:\s+([^\s:]+))?(?:\s+([^\s:]+))?\s*:\s*(.*?)\s*", line, re.DOTALL)
    if not found:
        raise ProvenError(f'"{line.strip()}" is no exception with a reason.', where=where, fix=FORM)
    rule, of, container, reason = found.groups()
    return _checked(Ignore(rule, reason, of or "", container or ""), where)


def read_annotation(subject: Subject) -> list[Ignore]:
    """The exceptions that an object carries: `PV118: reason; PV120: reason`.

    :raises ProvenError: they can't be read.
    """
    text = subject.annotations.get(ANNOTATION)
    if text is None:
        return []
    # A semicolon may be part of a reason: only one before the next rule ends it.
    entries = re.split(r";\s*(?=PV)", text.strip().rstrip(";"))
    if not text.strip():
        raise ProvenError(f"{ANNOTATION} is empty.", where=str(subject), fix=FORM)
    return [_own(entry, subject) for entry in entries]


def _own(entry: str, subject: Subject) -> Ignore:
    """An object's exception is about itself alone; a container may be named."""
    where = f"{subject}, {ANNOTATION}"
    ignore = read_line(entry, where)
    return Ignore(ignore.rule, ignore.reason, object=f"{subject.kind}/{subject.name}", container=ignore.object)


class Exceptions:
    """Sets findings aside, and remembers which exceptions were of use."""

    def __init__(self, given: Iterable[Ignore]) -> None:
        self._given = list(given)
        self._used: set[Ignore] = set()
        self._unused_annotations: list[str] = []

    def apply(self, findings: Iterable[Finding], subject: Subject) -> tuple[list[Finding], list[Ignored]]:
        """What is left of an object's findings, and what was set aside."""
        try:
            own = read_annotation(subject)
        except ProvenError:
            # That is a finding of its own.
            own = []
        left: list[Finding] = []
        aside: list[Ignored] = []
        used: set[Ignore] = set()
        for finding in findings:
            covering = next((ignore for ignore in (*own, *self._given) if ignore.covers(finding)), None)
            if covering is None:
                left.append(finding)
            else:
                used.add(covering)
                aside.append(Ignored(finding, covering.reason))
        self._used |= used
        place = f"{subject.file}:{subject.line}: " if subject.file else ""
        self._unused_annotations += [f"{place}{ignore}: {ignore.reason}" for ignore in own if ignore not in used]
        return left, aside

    @property
    def unused(self) -> list[str]:
        """Exceptions that matched nothing."""
        return [f"{ignore}: {ignore.reason}" for ignore in self._given if ignore not in self._used] + self._unused_annotations
