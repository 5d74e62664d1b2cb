# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All drills of a namespace: look, plan, make, watch, clear up, judge."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._drill import guard as guards
from ansible_collections.proven.webapp.plugins.module_utils._drill.actor import Actor, Interrupted
from ansible_collections.proven.webapp.plugins.module_utils._drill.clone import Order, Subject
from ansible_collections.proven.webapp.plugins.module_utils._drill.cluster import Cluster, Refused, Unreachable
from ansible_collections.proven.webapp.plugins.module_utils._drill.judge import too_busy
from ansible_collections.proven.webapp.plugins.module_utils._drill.labels import DRILL, Selector
from ansible_collections.proven.webapp.plugins.module_utils._drill.model import COLD_START, Moment, Record
from ansible_collections.proven.webapp.plugins.module_utils._drill.plan import Cast, Estate, Plan, Wish
from ansible_collections.proven.webapp.plugins.module_utils._drill.scenario import Scenario, Task
from ansible_collections.proven.webapp.plugins.module_utils._drill.watch import PodState, PodWatch
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

APPS = "apis/apps/v1"
WORKLOADS = (("deployments", "Deployment"), ("statefulsets", "StatefulSet"), ("daemonsets", "DaemonSet"))
CONTROLLERS = (*((APPS, plural, kind) for plural, kind in WORKLOADS), (APPS, "replicasets", "ReplicaSet"))
WATCH_SECONDS = 20.0
MISSED_PULSES = 4


def look(cluster: Cluster, selector: str) -> Estate:
    """Read the namespace.

    :param selector: of the workloads to drill.
    :raises Refused: Services or workloads may not be read: without them no clone is safe.
    """
    services = cluster.items("api/v1", "services")
    selectors = [
        Selector.read(f"Service/{item['metadata']['name']}", {"matchLabels": item["spec"]["selector"]}, traffic=True)
        for item in services
        if item["spec"].get("selector")
    ]
    for group, plural, kind in CONTROLLERS:
        selectors += [
            Selector.read(f"{kind}/{item['metadata']['name']}", item["spec"].get("selector")) for item in cluster.items(group, plural)
        ]
    for item in cluster.items_if_allowed("api/v1", "replicationcontrollers") or []:
        selectors.append(Selector.read(f"ReplicationController/{item['metadata']['name']}", {"matchLabels": item["spec"].get("selector")}))
    for item in cluster.items_if_allowed("apis/policy/v1", "poddisruptionbudgets") or []:
        selectors.append(Selector.read(f"PodDisruptionBudget/{item['metadata']['name']}", item["spec"].get("selector")))
    policies = cluster.items_if_allowed("apis/networking.k8s.io/v1", "networkpolicies")
    return Estate(
        workloads=[{**item, "kind": kind} for plural, kind in WORKLOADS for item in cluster.items(APPS, plural, selector)],
        services=services,
        selectors=selectors,
        policies=None
        if policies is None
        else [Selector.read(f"NetworkPolicy/{item['metadata']['name']}", item["spec"].get("podSelector")) for item in policies],
    )


@dataclass
class Live:
    """What the live pods of a workload did meanwhile.

    :ivar pods: how many were there at the beginning.
    """

    subject: Subject
    begin: float
    pods: int = 0
    moves: list[Moment] = field(default_factory=list)
    _states: dict[str, PodState] = field(default_factory=dict)

    def told(self, pod: Mapping[str, Any], gone: bool) -> None:
        """The watch's news: restarts, readiness, and pods that go."""
        name = pod["metadata"]["name"]
        if DRILL in (pod["metadata"].get("labels") or {}):
            return
        after, before = PodState.of(pod, self.subject.container), self._states.get(name)
        self._states[name] = after
        if before is None:
            self.pods += 1
            return
        words = []
        if after.restarts != before.restarts:
            words.append("restarted")
        if after.ready != before.ready:
            words.append("became ready" if after.ready else "stopped being ready")
        if gone:
            words.append("went")
            del self._states[name]
        if words:
            self.moves.append(Moment(round(time.monotonic() - self.begin, 1), "moved", f"{name} {' and '.join(words)}"))


@dataclass(frozen=True)
class Outcome:
    """:ivar cleared: earlier drills whose leftovers were removed."""

    run: str
    records: tuple[Record, ...]
    live: tuple[Live, ...]
    cleared: tuple[str, ...]
    seconds: float


class Drills:
    """Runs what was planned.

    :param say: gets a line for each step.
    """

    def __init__(self, cluster: Cluster, planned: Plan, wish: Wish, say: Callable[[str], None]) -> None:
        self._cluster = cluster
        self._plan = planned
        self._wish = wish
        self._say = say
        self._over = threading.Event()
        self._actors: dict[str, Actor] = {}
        self._watches: list[PodWatch] = []
        self.run_id = secrets.token_hex(3)

    def run(self) -> Outcome:
        """Nothing of it is left when this returns, or raises.

        :raises ProvenError: the cluster refuses or doesn't answer, or another drill runs.
        """
        begin = time.monotonic()
        seconds = self._wish.deadline or self._plan.seconds(self._wish.parallel)
        uids = [cast.subject.uid for cast in self._plan.casts]
        cleared = guards.clear_leftovers(self._cluster, uids, self._say)
        try:
            guard = guards.begin(self._cluster, self.run_id, uids, self._wish.image, seconds)
            live = self._watch(begin)
            records = self._act(guard, seconds)
        except Unreachable as error:
            raise ProvenError(
                f"{error.what}\nThe drill {self.run_id} was given up. Its clones get no traffic, and end by themselves "
                f"{seconds + guards.MARGIN} s after it began; another drill removes them sooner.",
                where=error.where,
                fix=error.fix,
            ) from error
        finally:
            self._over.set()
            for watch in self._watches:
                watch.stop()
            self._clear_up()
        return Outcome(self.run_id, records, live, tuple(cleared), time.monotonic() - begin)

    def _clear_up(self) -> None:
        try:
            guards.end(self._cluster, self.run_id)
        except Unreachable:
            # What has gone wrong is told already; the guard's deadline does the rest.
            self._say("The clones couldn't be removed: the cluster doesn't answer")

    def _watch(self, begin: float) -> tuple[Live, ...]:
        """Follow the clones and the live pods; returns once all watches have begun."""
        watches = [PodWatch(self._cluster.api, self._cluster.namespace, f"{DRILL}={self.run_id}", self._clone_told)]
        live = tuple(Live(cast.subject, begin) for cast in self._plan.casts)
        watches += [PodWatch(self._cluster.api, self._cluster.namespace, item.subject.selector, item.told) for item in live]
        self._watches = watches
        for watch in watches:
            watch.start()
        for watch in watches:
            if not watch.begun.wait(WATCH_SECONDS):
                raise ProvenError(
                    f"Pods can't be watched. {watch.problem}", where=self._cluster.namespace, fix="grant get, list and watch on pods"
                )
        return live

    def _clone_told(self, pod: Mapping[str, Any], gone: bool) -> None:
        actor = self._actors.get(pod["metadata"]["name"])
        if actor is not None:
            actor.told(pod, gone)

    def _act(self, guard: guards.Guard, seconds: int) -> tuple[Record, ...]:
        until = time.monotonic() + seconds
        todo = [(cast, task) for cast in self._plan.casts for task in cast.tasks]
        records = self._all(todo, self._wish.parallel, guard, seconds, until)
        busy = [number for number, record in enumerate(records) if too_busy(record)]
        if busy:
            self._say(f"The node was too busy for {len(busy)} of them: once more, one by one")
            again = self._all([todo[number] for number in busy], 1, guard, seconds, until, again=True)
            for number, record in zip(busy, again, strict=True):
                records[number] = record
        return tuple(records)

    def _all(
        self, todo: Sequence[tuple[Cast, Task]], parallel: int, guard: guards.Guard, seconds: int, until: float, *, again: bool = False
    ) -> list[Record]:
        pool = ThreadPoolExecutor(parallel)
        try:
            jobs = [pool.submit(self._one, cast, task, guard, seconds, until, again) for cast, task in todo]
            self._keep_alive(guard, jobs)
            return [job.result() for job in jobs]
        except BaseException:
            self._over.set()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _keep_alive(self, guard: guards.Guard, jobs: list[Future[Record]]) -> None:
        """Show a pulse until all are done, or one has failed."""
        missed = number = 0
        while True:
            done, open_ = wait(jobs, timeout=guards.PULSE_SECONDS, return_when=FIRST_EXCEPTION)
            for job in done:
                job.result()
            if not open_:
                return
            number += 1
            try:
                guards.beat(self._cluster, guard, number)
                missed = 0
            except (Unreachable, Refused):
                missed += 1
                if missed > MISSED_PULSES:
                    raise

    def _one(self, cast: Cast, task: Task, guard: guards.Guard, seconds: int, until: float, again: bool) -> Record:
        if self._over.is_set():
            raise Interrupted
        # Without the dependency of this drill alone; sigterm keeps them all, and slows them down.
        dependencies = (
            [task.dependency] if task.dependency else sorted({t.dependency for t in cast.tasks if t.dependency}, key=lambda item: item.name)
        )
        order = Order(
            name=cast.clone_name(task, self.run_id, again=again),
            run=self.run_id,
            labels=cast.labels.labels,
            owner=guard.owner,
            image=self._wish.image,
            deadline=seconds + guards.MARGIN,
            dependencies=dependencies,
            mode=task.mode if task.scenario == COLD_START else "pass",
            overrides=self._wish.overrides.get(cast.subject.component) or {},
        )
        actor = Actor(self._cluster, cast.subject, order, self._over, until, self._say)
        self._actors[order.name] = actor
        return Scenario(actor, task).run()
