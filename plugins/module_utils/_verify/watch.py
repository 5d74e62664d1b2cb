# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looks at pods for a while and asks their probes again."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._api import Api, Unreachable
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._probes.model import STARTUP, Probe, probed_containers, probes_of
from ansible_collections.proven.webapp.plugins.module_utils._probes.timing import shortest_window
from ansible_collections.proven.webapp.plugins.module_utils._verify.answer import ERROR, NOT_SHOWN, Answer
from ansible_collections.proven.webapp.plugins.module_utils._verify.read import pod_seen
from ansible_collections.proven.webapp.plugins.module_utils._verify.reader import Objects, Reader
from ansible_collections.proven.webapp.plugins.module_utils._verify.replay import Replayer
from ansible_collections.proven.webapp.plugins.module_utils._verify.rules import check
from ansible_collections.proven.webapp.plugins.module_utils._verify.settings import Settings
from ansible_collections.proven.webapp.plugins.module_utils._verify.window import PodSeen, ProbeKey, ProbeSeen, Sample, Snapshot, Window

THREADS = 32
CONTROLLERS = 5.0
"""Seconds that the EndpointSlice controller and the status updates get before a difference is one."""
OUTAGE = 10.0
"""Seconds without any answer of the API server after which the watch gives up."""
PAUSE = 0.5
SAY_EVERY = 10.0
DELAYED = "endpoints-differ"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Asked:
    """A probe of a running pod, to be asked."""

    pod: Mapping[str, Any]
    container: Mapping[str, Any]
    probe: Probe
    seen: PodSeen

    @property
    def started(self) -> bool:
        state = self.seen.container(str(self.container["name"]))
        return state is not None and state.started

    @property
    def key(self) -> ProbeKey:
        return self.seen.uid, str(self.container["name"]), self.probe.kind


def probes_to_ask(pods: Objects) -> list[Asked]:
    """Of the pods that are to serve: each declared probe of containers that run."""
    found = []
    for pod in pods:
        seen = pod_seen(pod)
        if not seen.judged:
            continue
        for container in probed_containers(pod["spec"]):
            state = seen.container(str(container["name"]))
            if state is not None and state.running_since is not None:
                found += [Asked(pod, container, probe, seen) for probe in probes_of(container)]
    return found


def length(asked: list[Asked], settings: Settings) -> float:
    """Seconds of the window."""
    if settings.window is not None:
        return settings.window
    longest = max((shortest_window(item.probe) for item in asked if item.probe.kind != STARTUP), default=0)
    # The first and the last replay have to lie that far apart.
    return math.ceil(longest + settings.interval) if longest else 0


class Watch:
    """One observation.

    :param say: takes a line of progress.
    """

    def __init__(self, api: Api, settings: Settings, say: Say = lambda _text: None) -> None:
        self._settings = settings
        self._say = say
        self._reader = Reader(api, settings.namespace, settings.selector, kubelet_metrics=settings.kubelet_metrics)
        self._replayer = Replayer(api, exec_allowed=settings.exec_allowed)
        self._samples: defaultdict[ProbeKey, list[Sample]] = defaultdict(list)
        self._probes: dict[ProbeKey, Asked] = {}
        self._running: dict[ProbeKey, Future[Sample]] = {}
        self._start = 0.0
        self._side = ThreadPoolExecutor(4)

    @property
    def notes(self) -> list[str]:
        """What was left out, or lost without taking anything from the verdict."""
        return list(self._reader.notes)

    def run(self) -> Window:
        """Waits until the pods are ready, watches them for the window, and gives what was seen.

        :raises ProvenError: no pod matches, or the cluster can't be asked.
        """
        settings = self._settings
        pods = self._settle()
        asked = probes_to_ask(pods)
        seconds = length(asked, settings)
        self._say(f"{len(pods)} pods with {len(asked)} probes, replayed every {settings.interval:g} s for {seconds:g} s")
        threads = ThreadPoolExecutor(THREADS)
        try:
            first = threads.submit(self._reader.snapshot, pods, self._side)
            self._start = time.monotonic()
            self._replay(threads, pods, seconds)
            self._ask_failed_again(threads)
            took = time.monotonic() - self._start if seconds else 0.0
            return self._window(took, first.result())
        finally:
            for pool in (threads, self._side):
                pool.shutdown(wait=False, cancel_futures=True)

    def _settle(self) -> Objects:
        end = time.monotonic() + self._settings.timeout
        said = ""
        while True:
            pods = self._reader.pods()
            waits = unsettled([pod_seen(pod) for pod in pods], self._settings.wanted)
            if not waits or time.monotonic() >= end:
                break
            if waits != said:
                self._say(f"waiting for {waits}")
                said = waits
            time.sleep(PAUSE)
        if not any(pod_seen(pod).judged for pod in pods):
            where = f"namespace {self._settings.namespace}, selector {self._settings.selector or '(none)'}"
            what = f"None of the {len(pods)} pods that match is there to serve." if pods else "No pod matches."
            raise ProvenError(what, where=where, fix="check the namespace and the label selectors")
        return pods

    def _replay(self, threads: ThreadPoolExecutor, pods: Objects, seconds: float) -> None:
        rounds, said = 0, 0.0
        while True:
            self._collect(wait=False)
            for item in probes_to_ask(pods):
                self._probes[item.key] = item
                # Once a container has started, its startup probe is asked once, for the record: the kubelet asks it no more.
                over = item.probe.kind == STARTUP and item.started and item.key in self._samples
                if item.key not in self._running and not over:
                    self._running[item.key] = threads.submit(self._ask, item)
            rounds += 1
            due = self._start + rounds * self._settings.interval
            now = time.monotonic()
            if max(due, now) > self._start + seconds:
                time.sleep(max(self._start + seconds - now, 0))
                break
            time.sleep(max(due - now, 0))
            if now - self._start - said >= SAY_EVERY:
                said = now - self._start
                self._say(self._so_far(said))
            pods = self._pods()
        self._collect(wait=True)

    def _pods(self) -> Objects:
        """A busy API server gets a while to answer."""
        end = time.monotonic() + OUTAGE
        while True:
            try:
                return self._reader.pods()
            except Unreachable:
                if time.monotonic() > end:
                    raise
                time.sleep(PAUSE)

    def _so_far(self, seconds: float) -> str:
        answers = [sample.answer for samples in self._samples.values() for sample in samples if sample.answer.shown]
        bad = sum(1 for answer in answers if not answer.passes)
        return f"{seconds:.0f} s: {len(answers)} answers, {bad} of them bad"

    def _ask(self, item: Asked) -> Sample:
        at = time.monotonic() - self._start
        try:
            answer = self._replayer.ask(item.pod, item.container, item.probe)
        except Unreachable:
            answer = Answer(NOT_SHOWN, "the API server did not answer")
        state = item.seen.container(str(item.container["name"]))
        if state is None:
            return Sample(at, answer)
        return Sample(at, answer, state.ready, state.started, state.restarts)

    def _collect(self, *, wait: bool) -> None:
        for key, future in list(self._running.items()):
            if wait or future.done():
                self._samples[key].append(future.result())
                del self._running[key]

    def _ask_failed_again(self, threads: ThreadPoolExecutor) -> None:
        """A moment's trouble at the very end is no verdict: what failed for the first time is asked once more."""
        for key, samples in self._samples.items():
            failed = [sample.answer.shown and not sample.answer.passes and sample.answer.result != ERROR for sample in samples[-2:]]
            if failed[-1] and not all(failed[:-1] or [False]):
                self._running[key] = threads.submit(self._ask, self._probes[key])
        self._collect(wait=True)

    def _window(self, seconds: float, start: Snapshot) -> Window:
        """As the cluster is at the end; what may only be a controller's delay is looked at again for a while."""
        patience = time.monotonic() + CONTROLLERS
        while True:
            window = self._made(seconds, start, self._reader.snapshot(self._pods(), self._side))
            late = any(finding.rule.name == DELAYED for finding in check(window))
            if not late or time.monotonic() > patience:
                return window
            time.sleep(PAUSE)

    def _made(self, seconds: float, start: Snapshot, end: Snapshot) -> Window:
        probes = tuple(
            ProbeSeen(key[0], key[1], item.probe, tuple(self._samples[key])) for key, item in self._probes.items() if key in self._samples
        )
        refused = {sample.answer.refused for seen in probes for sample in seen.samples if sample.answer.refused}
        lost = {**self._reader.lost, **dict.fromkeys(sorted(refused), "probes that need it aren't replayed")}
        return Window(
            namespace=self._settings.namespace,
            seconds=seconds,
            start=start,
            end=end,
            probes=probes,
            wanted=self._settings.wanted,
            lost=tuple(lost.items()),
        )


def unsettled(pods: list[PodSeen], wanted: Mapping[str, int]) -> str:
    """What is still on its way, in words; empty when nothing is."""
    current = [pod for pod in pods if pod.judged]
    waits = [pod.name for pod in current if not pod.ready] + [f"the end of {pod.name}" for pod in pods if pod.terminating]
    for component, number in wanted.items():
        ready = sum(1 for pod in current if pod.component == component and pod.ready)
        if ready < number:
            waits.append(f"{component} ({ready} of {number} ready)")
    if not current:
        waits.append("a pod")
    return ", ".join(waits[:5])
