# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where each check is registered under the id of its rule.

A check looks at one thing (an object, a workload, a container, one of its probes, a Service, a budget) and yields a fault for each place
where the rule is broken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ansible_collections.proven.webapp.plugins.module_utils._audit.model import Budget, Container, Service, Subject, Workload
from ansible_collections.proven.webapp.plugins.module_utils._probes.model import KINDS, Probe


@dataclass(frozen=True)
class Fault:
    """:ivar what: what is wrong here, with numbers and names.
    :ivar corrected: fields that would be right, of what is looked at: a probe, a container, an object.
    :ivar whole: they stand beside the probe, or in the object, rather than in the probe that is looked at.
    :ivar container: where an object as a whole is looked at, the container that it is about; likewise the probe.
    """

    what: str
    corrected: Mapping[str, Any] = field(default_factory=dict)
    whole: bool = False
    container: str = ""
    probe: str = ""


@dataclass(frozen=True)
class ProbeCheck:
    """:ivar kinds: of probes that it looks at."""

    rule: str
    kinds: tuple[str, ...]
    look: Callable[[Container, Probe], Iterator[Fault]]


SUBJECT: list[tuple[str, Callable[[Subject], Iterator[Fault]]]] = []
"""Of all objects."""
VALIDITY: list[ProbeCheck] = []
"""Of any probe; where one of these finds a fault, the design of that probe isn't looked at."""
INIT: list[tuple[str, Callable[[Container], Iterator[Fault]]]] = []
"""Of init containers that aren't sidecars."""
DESIGN: list[ProbeCheck] = []
"""From here on, of what doesn't end by itself."""
CONTAINER: list[tuple[str, Callable[[Container], Iterator[Fault]]]] = []
WORKLOAD: list[tuple[str, Callable[[Workload], Iterator[Fault]]]] = []
SERVICE: list[tuple[str, Callable[[Service], Iterator[Fault]]]] = []
BUDGET: list[tuple[str, Callable[[Budget], Iterator[Fault]]]] = []

Look = TypeVar("Look", bound=Callable[..., Iterator[Fault]])


def check(rule: str, register: list[tuple[str, Look]]) -> Callable[[Look], Look]:
    """Registers a check of whatever the register is for."""

    def keep(look: Look) -> Look:
        register.append((rule, look))
        return look

    return keep


def probe_check(
    rule: str, register: list[ProbeCheck], *kinds: str
) -> Callable[[Callable[[Container, Probe], Iterator[Fault]]], Callable[[Container, Probe], Iterator[Fault]]]:
    """Registers a check of probes.

    :param kinds: which; all of them unless given.
    """

    def keep(look: Callable[[Container, Probe], Iterator[Fault]]) -> Callable[[Container, Probe], Iterator[Fault]]:
        register.append(ProbeCheck(rule, kinds or KINDS, look))
        return look

    return keep


def registered() -> set[str]:
    """The ids of all rules that have a check."""
    pairs = (SUBJECT, INIT, CONTAINER, WORKLOAD, SERVICE, BUDGET)
    return {rule for register in pairs for rule, _look in register} | {item.rule for item in (*VALIDITY, *DESIGN)}
