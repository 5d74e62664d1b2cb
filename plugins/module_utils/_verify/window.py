# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was seen of pods over a window of time. Immutable, and without I/O: made by watch.py, judged by rules.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ansible_collections.proven.webapp.plugins.module_utils._probes.model import Probe
from ansible_collections.proven.webapp.plugins.module_utils._verify.answer import Answer

ProbeKey = tuple[str, str, str]
"""(uid of the pod, container, kind of probe)."""

TELLING = 15
"""Warnings of one pod from which on others may have been withheld: some of the 25 went to what is no warning."""


@dataclass(frozen=True)
class ContainerSeen:
    """:ivar ready: the kubelet's own verdict; likewise started.
    :ivar running_since: seconds since 1970 by the node's clock, or None while it isn't running.
    :ivar last_exit: why it ended the last time, such as `OOMKilled, exit code 137`; or empty.
    """

    name: str
    ready: bool = True
    started: bool = True
    restarts: int = 0
    running_since: float | None = 0.0
    last_exit: str = ""


@dataclass(frozen=True)
class PodSeen:
    """:ivar owner: uid of its controller, or empty.
    :ivar why: why it isn't Ready, in words; or empty.
    :ivar ready_since: of its Ready condition, seconds since 1970.
    :ivar finished: it ended, well or not, or belongs to a Job: none of these serve.
    """

    uid: str
    name: str
    component: str = ""
    owner_kind: str = ""
    owner: str = ""
    node: str = ""
    phase: str = "Running"
    ready: bool = True
    ready_since: float | None = None
    why: str = ""
    terminating: bool = False
    finished: bool = False
    grace: int = 30
    containers: tuple[ContainerSeen, ...] = ()

    def container(self, name: str) -> ContainerSeen | None:
        return next((item for item in self.containers if item.name == name), None)

    @property
    def judged(self) -> bool:
        return not (self.terminating or self.finished)


@dataclass(frozen=True)
class EndpointSeen:
    """Of an EndpointSlice; the pod by its uid."""

    pod: str
    ready: bool


@dataclass(frozen=True)
class ServiceSeen:
    """:ivar selects: uids of the pods that its selector matches."""

    name: str
    publish_not_ready: bool = False
    selects: frozenset[str] = frozenset()
    endpoints: tuple[EndpointSeen, ...] = ()


@dataclass(frozen=True)
class EventSeen:
    """:ivar kind: of the probe that its message begins with, or empty.
    :ivar form: failed, errored or warning, where it is about a probe; or empty.
    :ivar first: when it happened first, in seconds since 1970 by the node's clock; likewise the last time. 0 where that isn't said.
    """

    uid: str
    pod: str
    container: str
    reason: str
    count: int = 1
    kind: str = ""
    form: str = ""
    first: float = 0.0
    last: float = 0.0


@dataclass(frozen=True)
class RevisionSeen:
    """A ReplicaSet.

    :ivar owner: uid of its Deployment.
    """

    uid: str
    name: str
    owner: str
    revision: int


@dataclass(frozen=True)
class Counted:
    """Of the kubelet's counters prober_probe_total; a missing series is zero.

    :ivar unknown: tries that came to neither.
    """

    successful: int = 0
    failed: int = 0
    unknown: int = 0

    def __sub__(self, other: Counted) -> Counted:
        return Counted(self.successful - other.successful, self.failed - other.failed, self.unknown - other.unknown)


@dataclass(frozen=True)
class KubeletSeen:
    """Both in seconds since 1970, by the node's own clock, which is that of the pods' status too.

    :ivar now: when its counters were read.
    :ivar since: when it began, and its counters with it.
    """

    now: float
    since: float


@dataclass(frozen=True)
class CronSeen:
    """A CronJob.

    :ivar failed: why the newest of its runs that are over failed; empty where that was well, or there is none.
    """

    name: str
    suspended: bool = False
    failed: str = ""


@dataclass(frozen=True)
class Snapshot:
    """The cluster at one moment. None stands for what could not be read.

    :ivar kubelets: by their nodes' names; those alone that told both of their times.
    """

    pods: Mapping[str, PodSeen] = field(default_factory=dict)
    services: tuple[ServiceSeen, ...] | None = ()
    events: Mapping[str, EventSeen] | None = field(default_factory=dict)
    revisions: tuple[RevisionSeen, ...] | None = ()
    counters: Mapping[ProbeKey, Counted] | None = None
    kubelets: Mapping[str, KubeletSeen] = field(default_factory=dict)
    crons: tuple[CronSeen, ...] | None = ()


@dataclass(frozen=True)
class Sample:
    """:ivar at: seconds since the window began.
    The rest is the kubelet's verdict on the container when the probe was asked again.
    """

    at: float
    answer: Answer
    ready: bool = True
    started: bool = True
    restarts: int = 0


@dataclass(frozen=True)
class ProbeSeen:
    pod: str
    container: str
    probe: Probe
    samples: tuple[Sample, ...] = ()

    @property
    def key(self) -> ProbeKey:
        return self.pod, self.container, self.probe.kind

    @property
    def shown(self) -> tuple[Sample, ...]:
        """Those that could be asked."""
        return tuple(sample for sample in self.samples if sample.answer.shown)


@dataclass(frozen=True)
class Window:
    """:ivar seconds: its length.
    :ivar wanted: component → pods that have to be ready.
    :ivar lost: what could not be read or asked, and what it takes away: (right, what isn't shown without it).
    :ivar cut_off: why it ended before its time, in words; or empty.
    """

    namespace: str
    seconds: float
    start: Snapshot
    end: Snapshot
    probes: tuple[ProbeSeen, ...] = ()
    wanted: Mapping[str, int] = field(default_factory=dict)
    lost: tuple[tuple[str, str], ...] = ()
    cut_off: str = ""

    @property
    def judged(self) -> tuple[PodSeen, ...]:
        """The pods that are to serve at the end."""
        return tuple(pod for pod in self.end.pods.values() if pod.judged)

    @property
    def judged_probes(self) -> Iterator[tuple[PodSeen, ProbeSeen]]:
        for seen in self.probes:
            pod = self.end.pods.get(seen.pod)
            if pod and pod.judged:
                yield pod, seen

    def counted(self, key: ProbeKey) -> Counted | None:
        """What the kubelet counted during the window; None where its counters tell nothing."""
        if self.start.counters is None or self.end.counters is None:
            return None
        more = self.end.counters.get(key, Counted()) - self.start.counters.get(key, Counted())
        # A kubelet that was restarted counts anew.
        return None if min(more.successful, more.failed, more.unknown) < 0 else more

    def new_events(self) -> Iterator[tuple[EventSeen, int]]:
        """Events of judged pods that happened during the window, and how often."""
        before = self.start.events or {}
        for uid, event in (self.end.events or {}).items():
            pod = self.end.pods.get(event.pod)
            more = event.count - (before[uid].count if uid in before else 0)
            if more > 0 and pod and pod.judged:
                yield event, more

    def events_of(self, key: ProbeKey, form: str) -> int:
        """How often an event told of a probe during the window."""
        return sum(more for event, more in self.new_events() if (event.pod, event.container, event.kind) == key and event.form == form)

    def events_tell(self, pod: str) -> bool:
        """Would the kubelet's events have told of a failure? Of each pod it sends 25, and then one every five minutes
        (client-go/tools/record/events_cache.go, defaultSpamBurst)."""
        sent = sum(event.count for event in (self.end.events or {}).values() if event.pod == pod)
        return self.end.events is not None and sent < TELLING

    def restarts(self, pod: PodSeen, container: str) -> int:
        """During the window; a pod that began in it counts from its own beginning."""
        now, before = pod.container(container), self.start.pods.get(pod.uid)
        first = before.container(container) if before else None
        return (now.restarts if now else 0) - (first.restarts if first else 0)
