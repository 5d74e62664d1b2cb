# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the kubelet itself did: its counters, and its events where the counters say nothing. Knows nothing of how we ask."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .cases import ERROR, FAILURE, SUCCESS, WARNING

NOT_ASKED, MIXED = "not asked", "mixed"
"""No sign of a probe; successes and failures in one window: neither says how a probe has to end."""

STARTUP = "startup"

SAMPLE = re.compile(r"^prober_probe_total\{(?P<labels>[^}]*)\} (?P<value>\S+)$", re.MULTILINE)
LABEL = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True)
class Asked:
    """Which probe: :ivar kind: startup, liveness or readiness."""

    uid: str
    container: str
    kind: str


@dataclass(frozen=True)
class Counts:
    """What the kubelet has counted of a probe: successes (warnings among them) and failures."""

    successful: int = 0
    failed: int = 0

    def __sub__(self, other: Counts) -> Counts:
        return Counts(self.successful - other.successful, self.failed - other.failed)

    @property
    def total(self) -> int:
        return self.successful + self.failed


def read_counters(metrics: str) -> dict[Asked, Counts]:
    """The kubelet's /metrics/probes."""
    found: dict[Asked, dict[str, int]] = defaultdict(dict)
    for sample in SAMPLE.finditer(metrics):
        labels = dict(LABEL.findall(sample["labels"]))
        asked = Asked(labels["pod_uid"], labels["container"], labels["probe_type"].lower())
        found[asked][labels["result"]] = int(float(sample["value"]))
    return {asked: Counts(results.get("successful", 0), results.get("failed", 0)) for asked, results in found.items()}


@dataclass
class Said:
    """Which probes the kubelet's events speak of."""

    warned: set[Asked] = field(default_factory=set)
    errored: set[Asked] = field(default_factory=set)


def read_events(events: Iterable[Mapping[str, Any]]) -> Said:
    """Events as core/v1 lists them. The text is the kubelet's: prober.go, probe."""
    said = Said()
    for event in events:
        about = event["involvedObject"]
        container = re.search(r"ontainers\{(.*)\}", about.get("fieldPath", ""))
        # Repeated ones come with a remark in front.
        text = re.search(r"(Startup|Liveness|Readiness) probe (warning|errored)", event.get("message", ""))
        if container and text:
            asked = Asked(about["uid"], container[1], text[1].lower())
            (said.warned if text[2] == "warning" else said.errored).add(asked)
    return said


@dataclass(frozen=True)
class Seen:
    """Everything known of the kubelet's doing at one moment."""

    counters: Mapping[Asked, Counts]
    said: Said

    def of(self, asked: Asked) -> Counts:
        return self.counters.get(asked, Counts())


def verdict(asked: Asked, before: Seen, after: Seen) -> str:
    """How the kubelet saw a probe end between two moments, all times that it asked; a few periods have to lie between them.

    A startup probe isn't asked any more once it has passed: its last answer stands.
    """
    counted = after.of(asked) - before.of(asked)
    if asked.kind == STARTUP and after.of(asked).successful:
        counted = Counts(successful=after.of(asked).successful)
    if counted.successful and counted.failed:
        return MIXED
    if counted.failed:
        return FAILURE
    if counted.successful:
        return WARNING if asked in after.said.warned else SUCCESS
    # An error is never counted, and its events are rationed: one that the kubelet told once goes on as long as no counter moves.
    if asked in after.said.errored:
        return ERROR
    return NOT_ASKED
