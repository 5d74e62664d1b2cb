# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One clone while it is drilled: what is done to it, what it does, and when."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._drill.clone import Order, Subject, clone
from ansible_collections.proven.webapp.plugins.module_utils._drill.cluster import Cluster, NoToolbox, Refused, Unreachable
from ansible_collections.proven.webapp.plugins.module_utils._drill.guard import PODS
from ansible_collections.proven.webapp.plugins.module_utils._drill.model import CREATED, PROBE_FAILED, RESTARTED, Moment, Times
from ansible_collections.proven.webapp.plugins.module_utils._drill.watch import PodState, changes
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

SLICES = ("apis/discovery.k8s.io/v1", "endpointslices")
KILLING, KILLED_FOR = "Killing", "failed liveness probe"
"""Reason and words of the kubelet's event (pkg/kubelet/kuberuntime/kuberuntime_manager.go, computePodActions)."""
POLL_SECONDS = 0.4
TOOLBOX_SECONDS = 10.0
PULL_SECONDS = 120.0
"""To be scheduled, to fetch the images, and to start."""


class NotShown(Exception):
    """This drill can't show anything; the text says why."""


class Interrupted(Exception):
    """All drills end now."""


class Actor:
    """One clone, its states and its timeline. Its own thread acts; the watch's thread tells what it sees.

    :param over: set when all drills have to end.
    :param until: when the time of all drills is over, by time.monotonic().
    """

    def __init__(
        self, cluster: Cluster, subject: Subject, order: Order, over: threading.Event, until: float, say: Callable[[str], None]
    ) -> None:
        self.cluster = cluster
        self.subject = subject
        self.order = order
        self.times = Times.of(subject.probes, subject.grace)
        self.moments: list[Moment] = []
        self.state = PodState()
        self.address = ""
        self.uid = ""
        self._over = over
        self._until = until
        self._say = say
        self._begin = time.monotonic()
        self._changed = threading.Condition()
        self._toolbox_restarts: int | None = None

    # --- seen

    def told(self, pod: Mapping[str, Any], gone: bool) -> None:
        """The watch's news."""
        with self._changed:
            after = PodState.of(pod, self.subject.container)
            if gone:
                after = PodState(**{**vars(after), "gone": True, "ready": False})
            for kind, what in changes(self.state, after):
                self._note(kind, what)
            self.state = after
            self.address = str((pod.get("status") or {}).get("podIP") or self.address)
            self._changed.notify_all()

    def note(self, kind: str, what: str = "") -> None:
        """Put something on the timeline, as of now."""
        with self._changed:
            self._note(kind, what)

    def _note(self, kind: str, what: str) -> None:
        moment = Moment(time.monotonic() - self._begin, kind, what)
        self.moments.append(moment)
        self._say(f"{self.order.name}: {moment.text}")

    def wait(self, done: Callable[[PodState], bool], seconds: float) -> bool:
        """Until the clone's state is as wanted; False where it isn't in time.

        :raises Interrupted: all ends.
        :raises NotShown: the time of all drills is over.
        """
        end = time.monotonic() + seconds
        with self._changed:
            while not done(self.state):
                now = time.monotonic()
                if self._over.is_set():
                    raise Interrupted
                if now >= self._until:
                    raise NotShown("the deadline came first: give it more time")
                if now >= end:
                    return False
                # Wakes up now and then, for an interruption has no part in the condition.
                self._changed.wait(min(1.0, end - now, self._until - now))
        return True

    # --- done

    def create(self) -> None:
        self._begin = time.monotonic()
        self.note(CREATED)
        made = self.cluster.create(*PODS, clone(self.subject, self.order))
        self.uid = made["metadata"]["uid"]

    def check_proxy(self) -> None:
        """:raises NotShown: the proxy was restarted, and has forgotten what it was told."""
        if self._toolbox_restarts is not None and self.state.toolbox_restarts > self._toolbox_restarts:
            raise NotShown("the proxy beside the clone was restarted meanwhile: the node may lack memory or time")

    def remove(self) -> None:
        """At once: nobody is served by it."""
        self.cluster.delete(*PODS, self.order.name, grace=1)

    def become_ready(self) -> None:
        """:raises NotShown: it doesn't, with all that it needs; then nothing can be taken from it."""
        limit = PULL_SECONDS + self.times.startup + (self.times.until_ready or 0.0)
        if not self.wait(lambda state: state.ready or state.gone, limit) or self.state.gone:
            raise NotShown(f"the clone does not become ready within {limit:.0f} s: {self.why_not()}")
        if self.state.restarts:
            raise NotShown(f"the clone restarts with all that it needs: {self.state.last_end}")
        self._toolbox_restarts = self.state.toolbox_restarts
        self.check_unselected()

    def why_not(self) -> str:
        """The plainest reason."""
        state = self.state
        if state.gone:
            return "somebody deleted it"
        return (
            state.unschedulable
            or state.waiting
            or state.last_end
            or ("its readiness probe doesn't pass" if state.started else "it doesn't start")
        )

    def check_unselected(self) -> None:
        """:raises ProvenError: a Service leads to the clone; nothing may go on then."""
        for item in self.cluster.items_if_allowed(*SLICES) or []:
            for endpoint in item.get("endpoints") or []:
                target = endpoint.get("targetRef") or {}
                if target.get("uid") == self.uid:
                    raise ProvenError(
                        f"{item['metadata']['name']} leads to the clone {self.order.name}: users could reach it.", where=self.order.name
                    )

    def toolbox(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Ask the toolbox beside it; tries again for a while.

        :raises NotShown: it can't be reached.
        """
        end = time.monotonic() + TOOLBOX_SECONDS
        while True:
            try:
                return self.cluster.toolbox(self.order.name, method, path, body)
            except NoToolbox as problem:
                if time.monotonic() > end or self.state.gone:
                    raise NotShown(str(problem).replace("\n", " ")) from problem
            except Unreachable:
                if time.monotonic() > end:
                    raise
            self.wait(lambda state: state.gone, POLL_SECONDS)

    def poll(self, ask: Callable[[], Any], seconds: float) -> Any:
        """The first true answer; None where there is none in time."""
        end = time.monotonic() + seconds
        while not (answer := ask()):
            if time.monotonic() > end:
                return None
            self.wait(lambda state: state.gone, POLL_SECONDS)
        return answer

    def liveness_failures(self) -> int:
        """How often the kubelet said so; events are joined and held back, so there may be more."""
        events = self._events()
        return sum(int(event.get("count") or 1) for event in events if str(event.get("message", "")).startswith("Liveness probe"))

    def note_liveness(self, before: int) -> None:
        """What the kubelet said of liveness since. Its decision to restart comes a grace period before the restart."""
        if (now := self.liveness_failures()) > before:
            self.note(PROBE_FAILED, f"{now - before} times, as its events say")
        if any(event.get("reason") == KILLING and KILLED_FOR in str(event.get("message", "")) for event in self._events()):
            self.note(RESTARTED, "it is being ended for its liveness probe")

    def _events(self) -> Sequence[Mapping[str, Any]]:
        try:
            return self.cluster.events_of(self.uid)
        except Refused:
            return ()
