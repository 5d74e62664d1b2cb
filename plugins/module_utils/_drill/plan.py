# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which drills there will be, and which can't be. Pure: takes the objects as the API gives them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._drill.actor import PULL_SECONDS
from ansible_collections.proven.webapp.plugins.module_utils._drill.clone import Subject, replaced_volumes
from ansible_collections.proven.webapp.plugins.module_utils._drill.depends import COMPONENT, find_dependencies
from ansible_collections.proven.webapp.plugins.module_utils._drill.labels import (
    DRILL,
    DRILL_OF,
    CloneLabels,
    Selector,
    clone_labels,
    lost_policies,
)
from ansible_collections.proven.webapp.plugins.module_utils._drill.model import COLD_START, LOSSES, SCENARIOS, SIGTERM, Times
from ansible_collections.proven.webapp.plugins.module_utils._drill.scenario import WATCHED_LONGER, Requests, Task
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._probes.model import READINESS

Object = Mapping[str, Any]
NAME_LIMIT = 63
AGAIN = 2
"""Drills that there is time for to be done once more, one by one, where the node was too busy."""


@dataclass(frozen=True)
class Wish:
    """What is asked for.

    :ivar components: empty for all that serve.
    :ivar depends_on: component → dependency → {host, port, aliases, on_loss}.
    :ivar requests: component → paths to ask for; likewise `streams`.
    :ivar overrides: component → {env, command, args} of its clones.
    :ivar slow_ms: None for twice the readiness probe's timeout.
    """

    image: str
    components: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = SCENARIOS
    depends_on: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    requests: Mapping[str, Sequence[str]] = field(default_factory=dict)
    streams: Mapping[str, Sequence[str]] = field(default_factory=dict)
    overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    slow_ms: int | None = None
    parallel: int = 4
    deadline: int | None = None


@dataclass(frozen=True)
class Estate:
    """What there is in the namespace.

    :ivar workloads: Deployments, StatefulSets and DaemonSets that are asked for, with their kinds.
    :ivar selectors: of all that could take a clone for theirs.
    :ivar policies: NetworkPolicies; None where they may not be read.
    """

    workloads: Sequence[Object]
    services: Sequence[Object]
    selectors: Sequence[Selector]
    policies: Sequence[Selector] | None = ()


@dataclass(frozen=True)
class Cast:
    """A workload with the drills that it gets."""

    subject: Subject
    labels: CloneLabels
    tasks: tuple[Task, ...]

    def clone_name(self, task: Task, run: str, *, again: bool = False) -> str:
        words = [task.scenario.replace("_", "-"), *([task.dependency.name] if task.dependency else []), run, *(["again"] if again else [])]
        tail = "-".join(re.sub(r"[^a-z0-9-]", "-", word.lower()) for word in words)
        return f"{self.subject.name[: NAME_LIMIT - len(tail) - 7].rstrip('-.')}-drill-{tail}"[-NAME_LIMIT:].lstrip("-")


@dataclass(frozen=True)
class Plan:
    """:ivar not_shown: what can't be drilled, and why. :ivar notes: what else has to be known."""

    casts: tuple[Cast, ...]
    not_shown: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def count(self) -> int:
        return sum(len(cast.tasks) for cast in self.casts)

    def seconds(self, parallel: int) -> int:
        """How long all of it may take at most."""
        longest = max(
            (_longest(task, Times.of(cast.subject.probes, cast.subject.grace)) for cast in self.casts for task in cast.tasks), default=0.0
        )
        return math.ceil((math.ceil(self.count / parallel) + AGAIN) * longest + PULL_SECONDS)


def _longest(task: Task, times: Times) -> float:
    back = (times.until_ready or 0.0) + WATCHED_LONGER
    if task.scenario == SIGTERM:
        return PULL_SECONDS + times.grace + WATCHED_LONGER
    if task.scenario == COLD_START:
        return PULL_SECONDS + 2 * times.startup + times.cold_window + back
    return PULL_SECONDS + times.startup + times.window + 2 * back


def plan(estate: Estate, wish: Wish) -> Plan:
    """Decide what is drilled.

    :raises ProvenError: nothing is left to drill, a wish makes no sense, or a clone would get traffic.
    """
    if unknown := set(wish.scenarios) - set(SCENARIOS):
        raise ProvenError(f"unknown: {', '.join(sorted(unknown))}", where="scenarios", fix=f"known are {', '.join(SCENARIOS)}")
    chosen, notes = _choose(estate, wish)
    casts, not_shown = [], []
    for component, workload in chosen.items():
        subject = Subject.of(workload, component)
        if reason := subject.obstacle():
            not_shown.append(f"{component}: {reason}")
            continue
        labels = _labels(subject, estate)
        tasks, gaps = _tasks(subject, workload, estate, wish)
        not_shown += [f"{component}, {gap}" for gap in gaps]
        notes += [f"{component}: {note}" for note in _notes(subject, labels, estate)]
        if not tasks and not gaps:
            notes.append(f"{component}: nothing to drill: it declares no dependency")
        if tasks:
            casts.append(Cast(subject, labels, tuple(tasks)))
    return Plan(tuple(casts), tuple(not_shown), tuple(notes))


def _choose(estate: Estate, wish: Wish) -> tuple[dict[str, Object], list[str]]:
    """(component → workload, notes)."""
    by_component: dict[str, Object] = {}
    for item in estate.workloads:
        # Of two versions of a component the one is drilled that serves.
        if _component(item) not in by_component or _serves(item, estate):
            by_component[_component(item)] = item
    for key in ("depends_on", "requests", "streams", "overrides"):
        if strangers := set(getattr(wish, key)) - set(by_component):
            raise ProvenError(
                f"no such component: {', '.join(sorted(strangers))}", where=key, fix=f"there are {', '.join(by_component) or 'none'}"
            )
    if missing := [name for name in wish.components if name not in by_component]:
        raise ProvenError(
            f"no such component: {', '.join(missing)}", where="components", fix=f"there are {', '.join(by_component) or 'none'}"
        )
    chosen, notes = {}, []
    for component, workload in by_component.items():
        serves = _serves(workload, estate)
        if component in wish.components:
            if not serves and component not in wish.overrides:
                raise ProvenError(
                    f"No Service leads to {component}: a clone of it would work on what the live one works on.",
                    where="components",
                    fix="say under overrides how the clone is kept harmless (env, command, args); {} where it is harmless as it is",
                )
            chosen[component] = workload
        elif not wish.components and serves and workload["kind"] == "Deployment":
            chosen[component] = workload
        elif not wish.components:
            reason = f"it is a {workload['kind']}" if serves else "no Service leads to it"
            notes.append(f"{component}: not drilled, for {reason}; name it under components if it shall be")
    if not chosen:
        raise ProvenError(
            "There is nothing to drill: no Deployment with a Service was found.", where="release or selector", fix="check the names"
        )
    return chosen, notes


def _serves(workload: Object, estate: Estate) -> bool:
    labels = workload["spec"]["template"]["metadata"].get("labels") or {}
    return any(selector.traffic and selector.matches(labels) for selector in estate.selectors)


def _component(workload: Object) -> str:
    return str((workload["metadata"].get("labels") or {}).get(COMPONENT) or workload["metadata"]["name"])


def _labels(subject: Subject, estate: Estate) -> CloneLabels:
    template = subject.template["metadata"].get("labels") or {}
    labels = clone_labels(template, estate.selectors, {DRILL: "run", DRILL_OF: subject.uid})
    if caught := [item.owner for item in labels.still if not item.owner.startswith("PodDisruptionBudget/")]:
        raise ProvenError(
            f"A clone of {subject.name} would be taken by {', '.join(caught)}, whatever its labels are: nothing was made.",
            where=subject.name,
            fix="let its selector name a label that it demands",
        )
    return labels


def _tasks(subject: Subject, workload: Object, estate: Estate, wish: Wish) -> tuple[list[Task], list[str]]:
    """(drills, what can't be drilled and why)."""
    found = find_dependencies(workload, wish.depends_on.get(subject.component) or {}, estate.services, subject.ports)
    gaps = list(found.not_shown) if set(wish.scenarios) & {*LOSSES, COLD_START} else []
    paths = tuple(wish.requests.get(subject.component) or ([subject.readiness_path] if subject.readiness_path else []))
    requests = Requests(paths=paths, streams=tuple(wish.streams.get(subject.component) or ()))
    readiness = subject.probes.get(READINESS)
    slow = wish.slow_ms or 2000 * (readiness.timeout if readiness else 5)
    tasks = [
        Task(name, item, requests, slow) for name in SCENARIOS if name in wish.scenarios and name != SIGTERM for item in found.dependencies
    ]
    if SIGTERM in wish.scenarios:
        tasks.append(Task(SIGTERM, None, requests, slow))
        if not paths:
            gaps.append("sigterm: whether requests under way are lost: no path is known, name some under requests")
    return tasks, gaps


def _notes(subject: Subject, labels: CloneLabels, estate: Estate) -> list[str]:
    notes = []
    if empty := replaced_volumes(subject):
        notes.append(f"its clones have empty volumes for {', '.join(empty)}")
    for key, owners in labels.dropped.items():
        notes.append(f"its clones lack the label {key}, by which {', '.join(sorted(owners))} would take them")
    notes += [f"{item.owner} counts its clones, for it selects every pod" for item in labels.still]
    if estate.policies is None:
        notes.append("NetworkPolicies may not be read: whether its clones have the live pods' rights on the network isn't known")
    elif lost := lost_policies(subject.template["metadata"].get("labels") or {}, labels.labels, estate.policies):
        notes.append(f"{', '.join(lost)} do not hold for its clones, which lack a label: what they may reach can differ")
    return notes
