# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is done to a clone, drill by drill."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._drill.actor import PULL_SECONDS, Actor, NotShown
from ansible_collections.proven.webapp.plugins.module_utils._drill.cluster import NoToolbox, Refused, Unreachable
from ansible_collections.proven.webapp.plugins.module_utils._drill.guard import PODS
from ansible_collections.proven.webapp.plugins.module_utils._drill.model import (
    BLACKHOLED,
    COLD_START,
    DEGRADED,
    DELETED,
    FADED,
    FAULT_OFF,
    FAULT_ON,
    OVER,
    REFUSED,
    SIGTERM,
    SLACK,
    SLOW,
    SPREAD_SECONDS,
    Dependency,
    Load,
    Record,
)
from ansible_collections.proven.webapp.plugins.module_utils._drill.watch import PodState
from ansible_collections.proven.webapp.plugins.module_utils._given import given

CONNECT_SECONDS = 20.0
WATCHED_LONGER = 15.0
"""How long a return is waited for beyond what is promised: late is told apart from never."""
SLOW_SIGTERM_MS = 200
SIGTERM_WORKERS = 4
"""Requests that touch a dependency are under way when SIGTERM comes, for it is slow then; but so few that no pool is used up by that."""
BEFORE_THE_END = 30
"""Requests that have been answered before the pod is told to end."""
DOOMED = ("ErrImage", "ImagePull", "InvalidImage", "CreateContainer")


@dataclass(frozen=True)
class Requests:
    """What is asked of a clone while it is drilled.

    :ivar paths: empty where it isn't known to speak HTTP.
    :ivar rate: a second.
    """

    paths: tuple[str, ...] = ()
    streams: tuple[str, ...] = ()
    rate: float = 10.0
    workers: int = 16
    timeout: float = 10.0


@dataclass(frozen=True)
class Task:
    """One drill to do.

    :ivar dependency: None for sigterm.
    """

    scenario: str
    dependency: Dependency | None
    requests: Requests
    slow_ms: int

    @property
    def mode(self) -> str:
        return {REFUSED: "refuse", BLACKHOLED: "blackhole", SLOW: f"slow:{self.slow_ms}", COLD_START: "refuse"}.get(self.scenario, "pass")


def _fell(state: PodState) -> bool:
    return state.restarts > 0 or state.ended or state.gone


def _ended(state: PodState) -> bool:
    return state.ended or state.gone


def _never_ran(state: PodState) -> bool:
    return bool(state.unschedulable) or any(word in state.waiting for word in DOOMED)


class Scenario:
    """Runs one drill with one clone."""

    def __init__(self, actor: Actor, task: Task) -> None:
        self._actor = actor
        self._task = task
        self._load: Load | None = None
        self._marks: dict[str, float] = {}
        self._exit_code: int | None = None
        self._stall = 0.0

    def run(self) -> Record:
        """What was seen. The clone goes in any case.

        :raises Unreachable: the cluster doesn't answer.
        :raises Interrupted: all drills end.
        """
        not_shown: tuple[str, ...] = ()
        try:
            self._actor.create()
            {COLD_START: self._cold_start, SIGTERM: self._sigterm}.get(self._task.scenario, self._loss)()
            self._actor.check_proxy()
        except NotShown as reason:
            not_shown = (str(reason),)
        except Refused as refused:
            not_shown = (refused.what,)
        finally:
            self._note_stall()
            # What its removal does to it is no part of the drill.
            seen = tuple(self._actor.moments)
            self._actor.remove()
        actor, task = self._actor, self._task
        subject = actor.subject
        return Record(
            kind=subject.kind,
            name=subject.name,
            namespace=subject.namespace,
            component=subject.component,
            container=subject.container,
            scenario=task.scenario,
            times=actor.times,
            dependency=task.dependency.name if task.dependency else "",
            **({"on_loss": task.dependency.on_loss} if task.dependency else {}),
            clone=actor.order.name,
            moments=seen,
            load=self._load,
            exit_code=self._exit_code,
            not_shown=not_shown,
            stall=self._stall,
        )

    # --- the drills

    def _loss(self) -> None:
        actor = self._actor
        actor.become_ready()
        self._start_load()
        self._check_connected()
        restarts, complaints = actor.state.restarts, actor.liveness_failures()
        self._forget_stall()
        self._mark(FAULT_ON)
        actor.note(FAULT_ON, f"{self._dependency.name} {self._task.scenario}")
        self._set(self._task.mode)
        if actor.wait(lambda state: state.restarts > restarts or state.gone, self._window()):
            # It has failed; what comes after it shows no more.
            self._summary_if_any()
            return
        actor.note_liveness(complaints)
        self._mark(FAULT_OFF)
        actor.note(FAULT_OFF)
        self._set("pass")
        self._summary()
        self._wait_until_back(actor.times.until_ready)

    def _cold_start(self) -> None:
        actor = self._actor
        # An init container that waits for the dependency keeps it from starting: that is no crash.
        if not actor.wait(lambda state: state.started or _fell(state), PULL_SECONDS + actor.times.startup) and _never_ran(actor.state):
            raise NotShown(f"the clone does not start: {actor.why_not()}")
        if actor.wait(_fell, actor.times.cold_window):
            return
        budget = 0.0 if actor.state.started else actor.times.startup
        actor.note(FAULT_OFF)
        self._set("pass")
        self._wait_until_back((actor.times.until_ready or 0.0) + budget)

    def _sigterm(self) -> None:
        actor = self._actor
        actor.become_ready()
        if actor.order.dependencies:
            self._set(f"slow:{SLOW_SIGTERM_MS}", everything=True)
        if self._start_load():
            actor.poll(lambda: actor.toolbox("GET", "/traffic")["ok"] >= BEFORE_THE_END, CONNECT_SECONDS)
        self._forget_stall()
        self._mark(DELETED)
        actor.note(DELETED, f"grace period {actor.times.grace:.0f} s")
        actor.cluster.delete(*PODS, actor.order.name)
        if not actor.wait(_ended, SPREAD_SECONDS) and self._load is not None:
            with contextlib.suppress(NoToolbox):
                self._marks[FADED] = actor.cluster.toolbox(actor.order.name, "POST", "/traffic/fade")["at"]
                actor.note(FADED)
        for _look in range(int((actor.times.grace + WATCHED_LONGER) / 0.5)):
            self._summary_if_any()
            if actor.wait(_ended, 0.5):
                break
        # The toolbox outlives the application by a little, to say how it went.
        self._summary_if_any()
        self._exit_code = actor.state.exit_code
        if actor.state.gone and not actor.state.ended:
            raise NotShown("the clone went without a last word of the kubelet")

    # --- steps

    def _window(self) -> float:
        """How long a loss lasts: also until a request that waits for ever is seen to do so."""
        return max(self._actor.times.window, self._task.requests.timeout + 5.0 if self._dependency.on_loss == DEGRADED else 0.0)

    @property
    def _dependency(self) -> Dependency:
        return given(self._task.dependency)

    def _set(self, mode: str, *, everything: bool = False) -> None:
        names = [None] if everything else self._gates()
        for name in names:
            self._actor.toolbox("POST", "/proxy", {"mode": mode, **({"name": name} if name else {})})

    def _gates(self) -> list[str | None]:
        """Names of the dependency's gates: one a port."""
        dependency = self._dependency
        if len(dependency.ports) == 1:
            return [dependency.name]
        return [f"{dependency.name}-{port}" for port in dependency.ports]

    def _check_connected(self) -> None:
        """:raises NotShown: what the application needs doesn't come through the proxy, so that taking it away would show nothing."""
        names = self._gates()
        last: list[dict[str, Any]] = []

        def passed() -> bool:
            last[:] = [gate for gate in self._actor.toolbox("GET", "/proxy")["gates"] if gate["name"] in names]
            return any(gate["accepted"] and gate["bytes"] for gate in last)

        if self._actor.poll(passed, CONNECT_SECONDS):
            return
        error = next((gate["error"] for gate in last if gate["failed"]), "")
        if error:
            raise NotShown(f"the proxy can't reach {self._dependency.name}: {error}")
        raise NotShown(
            f"no connection to {self._dependency.name} came through the proxy: it is called by another name or address, or not at all; "
            "say which under depends_on, or under requests which paths need it"
        )

    def _start_load(self) -> bool:
        """False where there is nothing to send."""
        actor, requests = self._actor, self._task.requests
        if not requests.paths or actor.subject.port is None:
            return False
        workers = SIGTERM_WORKERS if self._task.scenario == SIGTERM else requests.workers
        host = f"[{actor.address}]" if ":" in actor.address else actor.address
        load = {
            "url": f"{'https' if actor.subject.tls else 'http'}://{host}:{actor.subject.port}",
            "paths": list(requests.paths),
            "streams": list(requests.streams) if self._task.scenario == SIGTERM else [],
            "rate": requests.rate,
            "fresh": workers // 2,
            "kept": workers - workers // 2,
            "timeout": requests.timeout,
            "verify": False,
        }
        actor.toolbox("POST", "/traffic", load)
        self._load = Load({}, self._marks, actor.subject.health_paths)
        return True

    def _mark(self, kind: str) -> None:
        if self._load is not None:
            self._marks[kind] = float(self._actor.toolbox("POST", "/traffic/mark")["at"])

    def _forget_stall(self) -> None:
        """What was before the drill doesn't count."""
        self._note_stall()
        self._stall = 0.0

    def _note_stall(self) -> None:
        """As long as there is somebody to ask."""
        with contextlib.suppress(NoToolbox, Unreachable):
            self._stall = max(self._stall, float(self._actor.cluster.toolbox(self._actor.order.name, "GET", "/pulse")["worst"]))

    def _summary(self) -> None:
        if self._load is not None:
            self._keep(self._actor.toolbox("GET", "/traffic"))

    def _summary_if_any(self) -> None:
        """Of a toolbox that may be gone already."""
        self._note_stall()
        if self._load is not None:
            with contextlib.suppress(NoToolbox):
                self._keep(self._actor.cluster.toolbox(self._actor.order.name, "GET", "/traffic"))

    def _keep(self, summary: dict[str, Any]) -> None:
        self._load = Load(summary, dict(self._marks), self._actor.subject.health_paths)

    def _wait_until_back(self, promised: float | None) -> None:
        self._actor.wait(lambda state: state.ready or state.gone, (promised or 0.0) + SLACK + WATCHED_LONGER)
        self._actor.note(OVER)
