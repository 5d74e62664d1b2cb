# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Windows as an observation gives them, for the tests of what is made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._probes.model import LIVENESS, READINESS, HttpGet, Probe
from ansible_collections.proven.webapp.plugins.module_utils._verify.answer import ERROR, FAILURE, NOT_SHOWN, SUCCESS, Answer
from ansible_collections.proven.webapp.plugins.module_utils._verify.window import (
    ContainerSeen,
    Counted,
    EndpointSeen,
    EventSeen,
    PodSeen,
    ProbeKey,
    ProbeSeen,
    RevisionSeen,
    Sample,
    ServiceSeen,
    Snapshot,
    Window,
)

PASS = Answer(SUCCESS, "", 0.01, 200)
FAIL = Answer(FAILURE, "HTTP probe failed with statuscode: 503", 0.01, 503)
ERR = Answer(ERROR, "the answer broke off", 0.01)
AWAY = Answer(FAILURE, "dial tcp: i/o timeout", 1.0, unreached=True)
UNASKED = Answer(NOT_SHOWN, "its command is only run with exec_allowed")

APP = ContainerSeen("app")
POD = PodSeen("u1", "web-1", "web", "ReplicaSet", "rs2", "n1", ready_since=100.0, containers=(APP,))
SERVICE = ServiceSeen("web", selects=frozenset({"u1"}), endpoints=(EndpointSeen("u1", True),))
REVISIONS = (RevisionSeen("rs1", "web-a", "d", 1), RevisionSeen("rs2", "web-b", "d", 2))


def probe(kind: str = READINESS, **fields: Any) -> Probe:
    """Every 10 s, three failures, one second: Kubernetes' defaults."""
    return Probe(kind, (HttpGet(port=8080),), **fields)


def samples(*answers: Answer, every: float = 2.0, **state: Any) -> tuple[Sample, ...]:
    return tuple(Sample(place * every, answer, **state) for place, answer in enumerate(answers))


def seen(answers: Iterable[Answer] = (PASS,) * 20, kind: str = READINESS, pod: str = "u1", **fields: Any) -> ProbeSeen:
    state = {name: fields.pop(name) for name in ("ready", "started", "restarts", "every") if name in fields}
    return ProbeSeen(pod, "app", probe(kind, **fields), samples(*answers, **state))


def container(pod: PodSeen = POD, **fields: Any) -> PodSeen:
    """The pod with another state of its container."""
    return replace(pod, containers=(replace(APP, **fields),))


def event(reason: str = "Unhealthy", form: str = "failed", kind: str = READINESS, count: int = 1, pod: str = "u1") -> EventSeen:
    return EventSeen(f"{pod}-{reason}-{form}-{kind}", pod, "app", reason, count, kind, form)


def window(
    *probes: ProbeSeen,
    pods: Iterable[PodSeen] = (POD,),
    before: Iterable[PodSeen] | None = None,
    events: Iterable[EventSeen] | None = (),
    earlier: Iterable[EventSeen] = (),
    services: tuple[ServiceSeen, ...] | None = (SERVICE,),
    counters: Mapping[ProbeKey, Counted] | None = None,
    counters_before: Mapping[ProbeKey, Counted] | None = None,
    revisions: tuple[RevisionSeen, ...] | None = REVISIONS,
    seconds: float = 38.0,
    **more: Any,
) -> Window:
    """A good one, unless told otherwise."""
    first = {pod.uid: pod for pod in (pods if before is None else before)}
    began = None if counters is None else dict(counters_before or {})
    start = Snapshot(first, services, {item.uid: item for item in earlier}, revisions, began)
    known = None if events is None else {item.uid: item for item in events}
    end = Snapshot({pod.uid: pod for pod in pods}, services, known, revisions, counters)
    return Window("shop", seconds, start, end, probes or (seen(), seen(kind=LIVENESS)), **more)
