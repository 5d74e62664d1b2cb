# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looks at pods for a while and asks their probes again."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from ansible_collections.proven.webapp.plugins.module_utils._api import Api, Unreachable
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._probes.model import STARTUP
from ansible_collections.proven.webapp.plugins.module_utils._verify.answer import ERROR, UNANSWERED
from ansible_collections.proven.webapp.plugins.module_utils._verify.credential import CutOff
from ansible_collections.proven.webapp.plugins.module_utils._verify.lookback import still_needed
from ansible_collections.proven.webapp.plugins.module_utils._verify.plan import Asked, length, probes_to_ask, unsettled
from ansible_collections.proven.webapp.plugins.module_utils._verify.read import pod_seen
from ansible_collections.proven.webapp.plugins.module_utils._verify.reader import Objects, Reader
from ansible_collections.proven.webapp.plugins.module_utils._verify.replay import Replayer
from ansible_collections.proven.webapp.plugins.module_utils._verify.rules import check
from ansible_collections.proven.webapp.plugins.module_utils._verify.settings import Settings
from ansible_collections.proven.webapp.plugins.module_utils._verify.window import ProbeKey, ProbeSeen, Sample, Snapshot, Window

THREADS = 32
CONTROLLERS = 5.0
"""Seconds that the EndpointSlice controller and the status updates get before a difference is one."""
OUTAGE = 10.0
"""Seconds without any answer of the API server after which the watch gives up."""
PAUSE = 0.5
SAY_EVERY = 10.0
DELAYED = "endpoints-differ"

Say = Callable[[str], None]
Read = TypeVar("Read")


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
        self._pods: Objects = []
        self._looked = 0.0
        self._threads = ThreadPoolExecutor(THREADS)
        self._side = ThreadPoolExecutor(4)

    @property
    def notes(self) -> list[str]:
        """What was left out, or lost without taking anything from the verdict."""
        return list(self._reader.notes)

    def run(self) -> Window:
        """Waits until the pods are ready, watches them for the window, and gives what was seen.

        A window that nothing more can be seen of ends before its time, and says why.

        :raises ProvenError: no pod matches, or the cluster can't be asked from the beginning.
        """
        settings = self._settings
        try:
            self._settle()
            first = self._patiently(self._snapshot)
            asked = probes_to_ask(self._pods)
            seconds = length(asked, settings, first)
            how = f"replayed every {settings.interval:g} s for {seconds:g} s" if seconds else "replayed once"
            self._say(f"{len(asked)} probes of {len({id(probe.pod) for probe in asked})} pods, {how}")
            self._start = self._looked = time.monotonic()
            try:
                return self._watch(first, seconds)
            except (CutOff, Unreachable) as error:
                self._say(error.what)
                return self._until_now(first, error.what)
        finally:
            for pool in (self._threads, self._side):
                pool.shutdown(wait=False, cancel_futures=True)

    def _watch(self, first: Snapshot, seconds: float) -> Window:
        self._replay(seconds)
        window = self._window(seconds, first)
        left = still_needed(window) - window.seconds
        if self._settings.window is not None or left <= 0:
            return window
        # Something has happened, so that what was counted before the window doesn't stand for it any more.
        seconds = math.ceil(still_needed(window) + self._settings.interval)
        self._say(f"not all was well: it goes on until {seconds} s")
        self._look()
        self._replay(seconds)
        return self._window(seconds, first)

    def _settle(self) -> None:
        end = time.monotonic() + self._settings.timeout
        said = ""
        self._pods = self._reader.pods()
        while True:
            waits = unsettled([pod_seen(pod) for pod in self._pods], self._settings.wanted)
            if not waits or time.monotonic() >= end:
                break
            if waits != said:
                self._say(f"waiting for {waits}")
                said = waits
            time.sleep(PAUSE)
            self._look()
        if not any(pod_seen(pod).judged for pod in self._pods):
            where = f"namespace {self._settings.namespace}, selector {self._settings.selector or '(none)'}"
            what = f"None of the {len(self._pods)} pods that match is there to serve." if self._pods else "No pod matches."
            raise ProvenError(what, where=where, fix="check the namespace and the label selectors")

    def _replay(self, seconds: float) -> None:
        """Asks, round after round, until the window has that length; a window that leaves the time for it gets two rounds at least."""
        begun, end = time.monotonic() if self._samples else self._start, self._start + seconds
        rounds, said = 0, begun
        while True:
            self._collect(wait=False)
            for item in probes_to_ask(self._pods):
                self._probes[item.key] = item
                # Once a container has started, its startup probe is asked once, for the record: the kubelet asks it no more.
                over = item.probe.kind == STARTUP and item.started and item.key in self._samples
                if item.key not in self._running and not over:
                    self._running[item.key] = self._threads.submit(self._ask, item)
            rounds += 1
            due = begun + rounds * self._settings.interval
            now = time.monotonic()
            if due > end or (now > end and rounds > 1):
                time.sleep(max(end - now, 0))
                break
            time.sleep(max(due - now, 0))
            if now - said >= SAY_EVERY:
                said = now
                self._say(self._so_far(now - self._start))
            self._look()
        self._collect(wait=True)
        self._ask_failed_again()

    def _look(self) -> None:
        """See which pods there are now."""
        self._pods = self._patiently(self._reader.pods)
        self._looked = time.monotonic()

    def _snapshot(self) -> Snapshot:
        return self._reader.snapshot(self._pods, self._side)

    def _patiently(self, read: Callable[[], Read]) -> Read:
        """A busy API server gets a while to answer."""
        end = time.monotonic() + OUTAGE
        while True:
            try:
                return read()
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
            answer = UNANSWERED
        state = item.seen.container(str(item.container["name"]))
        if state is None:
            return Sample(at, answer)
        return Sample(at, answer, state.ready, state.started, state.restarts)

    def _collect(self, *, wait: bool) -> None:
        for key, future in list(self._running.items()):
            if wait or future.done():
                self._samples[key].append(future.result())
                del self._running[key]

    def _ask_failed_again(self) -> None:
        """A moment's trouble at the very end is no verdict: what failed for the first time is asked once more."""
        for key, samples in self._samples.items():
            failed = [sample.answer.shown and not sample.answer.passes and sample.answer.result != ERROR for sample in samples[-2:]]
            if failed[-1] and not all(failed[:-1] or [False]):
                self._running[key] = self._threads.submit(self._ask, self._probes[key])
        self._collect(wait=True)

    def _window(self, seconds: float, start: Snapshot) -> Window:
        """As the cluster is at the end; what may only be a controller's delay is looked at again for a while."""
        took = time.monotonic() - self._start if seconds else 0.0
        patience = time.monotonic() + CONTROLLERS
        while True:
            self._look()
            window = self._made(took, start, self._patiently(self._snapshot))
            late = any(finding.rule.name == DELAYED for finding in check(window))
            if not late or time.monotonic() > patience:
                return window
            time.sleep(PAUSE)

    def _until_now(self, start: Snapshot, why: str) -> Window:
        """What was seen before it ended; of all that may have changed since it was read nothing is said."""
        for key, future in self._running.items():
            if future.done() and not future.cancelled() and future.exception() is None:
                self._samples[key].append(future.result())
        pods = {seen.uid: seen for seen in map(pod_seen, self._pods)}
        end = Snapshot(pods=pods, services=None, events=None, revisions=None)
        return self._made(self._looked - self._start, start, end, why)

    def _made(self, seconds: float, start: Snapshot, end: Snapshot, cut_off: str = "") -> Window:
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
            cut_off=cut_off,
        )
