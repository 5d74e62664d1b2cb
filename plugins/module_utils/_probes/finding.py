# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was found wrong, and the verdict that follows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

ERROR, WARNING, INFO = "error", "warning", "info"
SEVERITIES = (ERROR, WARNING, INFO)
"""Worst first."""

PROVEN, NOT_PROVEN, NOT_SHOWN = "proven", "not_proven", "not_shown"

DOCUMENTATION = "https://github.com/proven/webapp/blob/main/docs/rules.md"


@dataclass(frozen=True)
class Rule:
    """One entry of the catalogue.

    :ivar id: PV1xx is static, PV2xx live, PV3xx drilled.
    :ivar name: words with hyphens.
    :ivar severity: error, warning or info.
    :ivar title: what holds where the rule is broken, in one line.
    :ivar why: what it does to users.
    :ivar fix: what to do about it.
    :ivar source: where that is known from: a file of Kubernetes' source, its documentation, a report.
    """

    id: str
    name: str
    severity: str
    title: str
    why: str
    fix: str
    source: str

    @property
    def link(self) -> str:
        return f"{DOCUMENTATION}#{self.id.lower()}"


@dataclass(frozen=True)
class Finding:
    """A rule that is broken somewhere.

    :ivar kind: of the object, such as Deployment; likewise its namespace and name.
    :ivar container: empty where the object as a whole is meant; likewise the probe.
    :ivar what: what is wrong here, with the numbers and names of this case.
    :ivar corrected: YAML fragment that would be right, or empty.
    :ivar file: where it was read, with the line of the object's beginning; empty and 0 elsewhere.
    """

    rule: Rule
    kind: str
    name: str
    what: str
    namespace: str = ""
    container: str = ""
    probe: str = ""
    corrected: str = ""
    file: str = ""
    line: int = 0

    @property
    def severity(self) -> str:
        return self.rule.severity

    @property
    def place(self) -> str:
        """`Deployment/todo-backend, container backend, readiness`."""
        parts = [f"{self.kind}/{self.name}", f"container {self.container}" if self.container else "", self.probe]
        return ", ".join(part for part in parts if part)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types, for a module's result."""
        plain = asdict(self)
        rule = plain.pop("rule")
        return {
            "rule": rule["id"],
            **{key: rule[key] for key in ("severity", "title", "why", "fix")},
            "link": self.rule.link,
            **plain,
        }


@dataclass(frozen=True)
class Verdict:
    """:ivar verdict: proven, not_proven or not_shown.
    :ivar reasons: one line each; empty when proven.
    """

    verdict: str
    reasons: tuple[str, ...] = field(default=())


def judge(findings: Iterable[Finding], not_shown: Sequence[str] = (), *, fail_on: str = ERROR) -> Verdict:
    """What follows from what was found. What could not be shown is never a pass.

    :param not_shown: what could not be looked at, and why, one line each.
    :param fail_on: the mildest severity that counts.
    """
    counted = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    broken = [finding for finding in findings if finding.severity in counted]
    if broken:
        return Verdict(NOT_PROVEN, tuple(f"{finding.rule.id} {finding.place}: {finding.what}" for finding in broken))
    if not_shown:
        return Verdict(NOT_SHOWN, tuple(not_shown))
    return Verdict(PROVEN)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Several verdicts as one: the worst of them, with the reasons of all that are no better."""
    order = (PROVEN, NOT_SHOWN, NOT_PROVEN)
    known = list(verdicts)
    verdict = max((item.verdict for item in known), key=order.index, default=NOT_SHOWN)
    return Verdict(verdict, tuple(reason for item in known if item.verdict == verdict for reason in item.reasons))
