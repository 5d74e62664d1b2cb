# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Watches a release until it is done or doomed, or the time is over."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._rollout.cluster import Cluster
from ansible_collections.proven.webapp.plugins.module_utils._rollout.judge import judge
from ansible_collections.proven.webapp.plugins.module_utils._rollout.model import (
    Now,
    Object,
    Say,
    Snapshot,
    Tolerance,
    Verdict,
    component_of,
    condition,
)
from ansible_collections.proven.webapp.plugins.module_utils._rollout.store import Store
from ansible_collections.proven.webapp.plugins.module_utils._rollout.streams import (
    DETAILS,
    WORKLOADS,
    Kind,
    Listed,
    Refused,
    Stream,
    read_list,
)
from ansible_collections.proven.webapp.plugins.module_utils._rollout.words import EVERY_SECONDS, Teller

LISTS_AT_ONCE = 4
COALESCE_SECONDS = 0.1
SHARE = 40
"""Judging may take one part of so many of the time; that bounds what many pods cost."""
TICK_SECONDS = 1.0
"""How late the end of the time may be noticed."""
CONFIRM_SECONDS = 1.0
SILENCE_SECONDS, SILENCE_BEYOND_GRACE = 120.0, 30.0
"""Without a limit of its own: nothing has to move for so long, and so much longer than the longest grace that anything is granted."""

DONE, DOOMED, LATE, SILENT, LOOKED, STOPPED = "done", "doomed", "late", "silent", "looked", "stopped"
Judge = Callable[[Snapshot, Now], Verdict]


@dataclass(frozen=True)
class Limits:
    """:ivar seconds: at most; 0 looks once.
    :ivar no_activity: seconds without anything that moves; 0 follows from the probes.
    """

    seconds: float
    no_activity: float = 0.0

    def silence(self, verdict: Verdict) -> float | None:
        """Seconds, or None where silence says nothing."""
        if self.no_activity:
            return self.no_activity
        return None if verdict.silent else max(SILENCE_SECONDS, verdict.grace + SILENCE_BEYOND_GRACE)


@dataclass(frozen=True)
class Outcome:
    """:ivar ended: done, doomed, late, silent, looked (once), or stopped.
    :ivar silence: seconds for which nothing had moved.
    :ivar lost: kinds that the user may not read, with what the cluster said.
    """

    ended: str
    verdict: Verdict
    snapshot: Snapshot
    lost: dict[str, str] = field(default_factory=dict)
    silence: float = 0.0


def wait(cluster: Cluster, limits: Limits, tolerance: Tolerance, say: Say, *, evidence: bool = False) -> Outcome:
    """Watch until it is over.

    :param evidence: something has failed already: pods and events are wanted even where all workloads are well.
    :raises ProvenError: the cluster can't be asked.
    """
    return Watch(cluster, limits, partial(judge, tolerance=tolerance), say).run(evidence=evidence)


class Watch:
    """One watch, which another thread may stop.

    :param judged: what is made of what there is.
    """

    def __init__(self, cluster: Cluster, limits: Limits, judged: Judge, say: Say) -> None:
        self._cluster = cluster
        self._limits = limits
        self._judged = judged
        self._say = say
        self._teller = Teller(say)
        self._end = time.monotonic() + limits.seconds
        self._ahead = 0.0
        self._lost: dict[str, str] = {}
        self._autoscaler: Future[bool] | None = None
        self._stopped = threading.Event()
        self._store = Store(self._now)

    def _now(self) -> float:
        return time.time() + self._ahead

    def stop(self) -> None:
        """Nobody wants to know any more."""
        self._stopped.set()
        self._store.changed.set()

    def run(self, *, evidence: bool = False) -> Outcome:
        """Until it is over; see `wait`."""
        versions = self._list(WORKLOADS)
        verdict, snapshot = self._judge()
        if verdict.done and not evidence:
            self._teller.tell(verdict, last=True)
            return self._outcome(DONE, verdict, snapshot)
        versions |= self._list(DETAILS)
        if not self._limits.seconds:
            return self._outcome(LOOKED, *self._judge())
        streams = [
            Stream(self._cluster.place, kind, self._store, versions[kind.name])
            for kind in (*WORKLOADS, *DETAILS)
            if kind.name not in self._lost
        ]
        for stream in streams:
            stream.start()
        try:
            return self._until_over()
        finally:
            for stream in streams:
                stream.stop()

    def _list(self, kinds: Sequence[Kind]) -> dict[str, str]:
        """Fill the store; where each kind's watch goes on."""
        with ThreadPoolExecutor(LISTS_AT_ONCE) as threads:
            jobs = {kind: threads.submit(read_list, self._cluster.place, kind) for kind in kinds}
        found: dict[str, Listed] = {}
        for kind, job in jobs.items():
            try:
                found[kind.name] = job.result()
            except Refused as error:
                if kind.essential:
                    raise
                self._lost[kind.name] = error.what
        if any(item.ahead for item in found.values()):
            self._ahead = max((item.ahead for item in found.values()), key=abs)
            self._store.since = self._now()
        for name, listed in found.items():
            self._store.replace(name, listed.items)
        return {name: listed.version for name, listed in found.items()}

    def _until_over(self) -> Outcome:
        told_lost, unconfirmed = "", 0.0
        while True:
            self._store.changed.clear()
            # Of this thread alone: a machine that is busy with something else is no reason to look less often.
            began = time.thread_time()
            verdict, snapshot = self._judge()
            cost = time.thread_time() - began
            if self._store.fatal:
                raise self._store.fatal
            if self._stopped.is_set():
                return self._outcome(STOPPED, verdict, snapshot)
            if self._store.lost != told_lost:
                told_lost = self._store.lost
                self._say(f"{told_lost} Trying again." if told_lost else "The cluster answers again.")
            if verdict.doomed and time.monotonic() >= unconfirmed:
                confirmed = self._confirm()
                if confirmed is not None:
                    self._teller.tell(confirmed[0], last=True)
                    return self._outcome(DOOMED, *confirmed)
                unconfirmed = time.monotonic() + CONFIRM_SECONDS
            self._teller.tell(verdict, last=verdict.done)
            ended = DONE if verdict.done else self._over(verdict)
            if ended:
                return self._outcome(ended, verdict, snapshot)
            # What comes at once is judged at once; many pods are judged less often.
            time.sleep(max(COALESCE_SECONDS, cost * SHARE))
            self._store.changed.wait(max(self._pause(verdict), 0))

    def _judge(self) -> tuple[Verdict, Snapshot]:
        snapshot = self._snapshot()
        # Time is no reason while nobody knows what happened meanwhile.
        now = self._now() if self._store.settled else None
        return self._judged(snapshot, now), snapshot

    def _snapshot(self, instead: dict[str, list[Object]] | None = None) -> Snapshot:
        """With what may add nodes, once that matters; as long as nobody knows, something may."""
        snapshot = self._store.snapshot(instead=instead)
        if self._autoscaler is None and any(condition(pod, "PodScheduled", "False") for pod in snapshot.pods):
            self._autoscaler = Future()
            threading.Thread(target=_answer, args=(self._autoscaler, self._cluster), daemon=True).start()
        if self._autoscaler is None:
            return snapshot
        return replace(snapshot, autoscaler=self._autoscaler.result() if self._autoscaler.done() else True)

    def _confirm(self) -> tuple[Verdict, Snapshot] | None:
        """Doomed still, by what the API server says at this moment? A watch may be behind."""
        try:
            kinds = [
                kind
                for kind in (*WORKLOADS, *DETAILS)
                if kind.name in ("deployments", "statefulsets", "daemonsets", "jobs", "pods", "replicasets")
            ]
            kinds = [kind for kind in kinds if kind.name not in self._lost]
            with ThreadPoolExecutor(LISTS_AT_ONCE) as threads:
                fresh = list(threads.map(lambda kind: read_list(self._cluster.place, kind).items, kinds))
        except ProvenError:
            return None
        instead = {kind.name: items for kind, items in zip(kinds, fresh, strict=True)}
        snapshot = self._snapshot(instead)
        verdict = self._judged(snapshot, self._now())
        return (verdict, snapshot) if verdict.doomed else None

    def _over(self, verdict: Verdict) -> str:
        if time.monotonic() >= self._end:
            return LATE
        silence = self._limits.silence(verdict)
        if silence is not None and self._store.settled and time.monotonic() - self._store.moved >= silence:
            return SILENT
        return ""

    def _pause(self, verdict: Verdict) -> float:
        """Until something may be different though nothing has been heard: a deadline, a line that is due, the end."""
        moments = [self._end - time.monotonic(), TICK_SECONDS, EVERY_SECONDS]
        if verdict.again is not None:
            moments.append(verdict.again - self._now())
        return min(moments)

    def _outcome(self, ended: str, verdict: Verdict, snapshot: Snapshot) -> Outcome:
        return Outcome(ended, verdict, snapshot, dict(self._lost), time.monotonic() - self._store.moved)


def _answer(question: Future[bool], cluster: Cluster) -> None:
    question.set_result(cluster.autoscaler())


def exposed(services: Sequence[Object]) -> dict[str, dict[str, Any]]:
    """How components are reached from outside, by component: ``{type, port, node_port, addresses}``."""
    found: dict[str, dict[str, Any]] = {}
    for service in services:
        spec = service["spec"]
        if spec["type"] not in ("NodePort", "LoadBalancer"):
            continue
        ingress = service.get("status", {}).get("loadBalancer", {}).get("ingress", [])
        found[component_of(service)] = {
            "type": spec["type"],
            "port": spec["ports"][0]["port"],
            "node_port": spec["ports"][0].get("nodePort"),
            "addresses": [item.get("hostname") or item.get("ip") for item in ingress],
        }
    return found
