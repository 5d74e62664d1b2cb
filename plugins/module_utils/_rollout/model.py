# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What there is of a release, and what is said about it: the words that all of the rollout's parts share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

Object = Mapping[str, Any]


@dataclass(frozen=True)
class Event:
    """A v1.Event.

    :ivar about: uid of the object that it is about.
    :ivar container: that it is about, or empty.
    :ivar count: how often it happened.
    :ivar first: when it happened for the first time, in seconds since the epoch; last: for the last time.
    """

    about: str
    reason: str
    message: str
    container: str = ""
    count: int = 1
    first: float = 0.0
    last: float = 0.0
    warning: bool = True


@dataclass(frozen=True)
class Snapshot:
    """What the cluster holds of a release at one moment.

    :ivar events: uid of an object → what happened to it, oldest first.
    :ivar claims: PersistentVolumeClaims.
    :ivar scalers: HorizontalPodAutoscalers.
    :ivar since: when the watch began, in seconds since the epoch; 0 where nobody watches.
    :ivar seen: (uid of a pod, container) → since when the container is in the state that it is in, as far as it was watched.
    :ivar pod_gone: when a pod of the release went last.
    :ivar autoscaler: whether something adds nodes to the cluster.
    """

    deployments: Sequence[Object] = ()
    statefulsets: Sequence[Object] = ()
    daemonsets: Sequence[Object] = ()
    jobs: Sequence[Object] = ()
    replicasets: Sequence[Object] = ()
    pods: Sequence[Object] = ()
    claims: Sequence[Object] = ()
    services: Sequence[Object] = ()
    slices: Sequence[Object] = ()
    scalers: Sequence[Object] = ()
    events: Mapping[str, Sequence[Event]] = field(default_factory=dict)
    since: float = 0.0
    seen: Mapping[tuple[str, str], float] = field(default_factory=dict)
    pod_gone: float = 0.0
    autoscaler: bool = False

    def about(self, item: Object) -> Sequence[Event]:
        """What happened to an object."""
        return self.events.get(uid_of(item), ())


@dataclass(frozen=True)
class Tolerance:
    """What a workload is granted.

    :ivar restarts: how often a container may be restarted before it works.
    :ivar ready_within: seconds from a container's start until it is ready, where no startup probe says it.
    :ivar declared: whether the workload itself says ready_within; then it holds beside a startup probe, too.
    """

    restarts: int = 2
    ready_within: float = 60.0
    declared: bool = False


@dataclass(frozen=True)
class Trouble:
    """Why something doesn't get ready.

    :ivar component: which one.
    :ivar what: one sentence.
    :ivar pod: the pod that shows it; empty where there is none.
    :ivar container: the container that shows it.
    :ivar restarted: whether the log to look at is the one before the last restart.
    :ivar about: name of the object that it is about, where that is no pod.
    """

    component: str
    what: str
    pod: str = ""
    container: str = ""
    restarted: bool = False
    about: str = ""


@dataclass(frozen=True)
class Look:
    """What one pod, workload or other object is up to.

    :ivar waits: what it waits for, in words; empty where it waits for nothing.
    :ivar doomed: what no waiting cures.
    :ivar again: when time alone may change the judgement, in seconds since the epoch.
    :ivar grace: seconds of silence that it is granted.
    :ivar silent: it works, and says nothing while it does so.
    """

    waits: str = ""
    doomed: tuple[Trouble, ...] = ()
    again: tuple[float, ...] = ()
    grace: float = 0.0
    silent: bool = False


@dataclass(frozen=True)
class Part:
    """One workload, claim or service, for a person to read.

    :ivar ready: how many new pods serve, of how many that shall.
    :ivar event: the last thing that happened to it.
    """

    name: str
    component: str
    ready: tuple[int, int] | None = None
    waits: str = ""
    event: str = ""


@dataclass(frozen=True)
class Verdict:
    """The state of a rollout.

    :ivar ready: number of new pods that serve, and how many there shall be, by component.
    :ivar waiting: components that aren't done yet.
    :ivar doomed: what no waiting cures.
    :ivar parts: each thing that is watched.
    :ivar warnings: what the user has to mend though nothing fails of it.
    :ivar notes: what the user may want to know.
    :ivar again: when time alone may change the verdict, in seconds since the epoch.
    :ivar grace: the longest silence that any waiting part is granted, in seconds.
    :ivar silent: something works that says nothing while it does so, such as a Job or the pull of an image.
    """

    ready: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    waiting: tuple[str, ...] = ()
    doomed: tuple[Trouble, ...] = ()
    parts: tuple[Part, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    again: float | None = None
    grace: float = 0.0
    silent: bool = False

    @property
    def done(self) -> bool:
        return not self.waiting and not self.doomed


def uid_of(item: Object) -> str:
    return str(item["metadata"].get("uid", ""))


def labels_of(item: Object) -> Mapping[str, str]:
    return item["metadata"].get("labels") or {}


def annotations_of(item: Object) -> Mapping[str, str]:
    return item["metadata"].get("annotations") or {}


def status_of(item: Object) -> Mapping[str, Any]:
    return item.get("status") or {}


def owners_of(item: Object) -> set[str]:
    """Their uids."""
    return {owner["uid"] for owner in item["metadata"].get("ownerReferences") or ()}


def component_of(item: Object) -> str:
    """The component that an object belongs to."""
    return str(labels_of(item).get("app.kubernetes.io/component", item["metadata"]["name"]))


def condition(item: Object, kind: str, status: str = "True") -> Object | None:
    """A condition that says so, or None."""
    found = (one for one in status_of(item).get("conditions") or () if one["type"] == kind and one["status"] == status)
    return next(found, None)


def leaving(item: Object) -> bool:
    return bool(item["metadata"].get("deletionTimestamp"))


def when(text: object) -> float:
    """A v1.Time or v1.MicroTime in seconds since the epoch; 0 where there is none."""
    return datetime.fromisoformat(text).timestamp() if isinstance(text, str) and text else 0.0


def plural(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


Now: TypeAlias = "float | None"
"""Seconds since the epoch by the cluster's clock; None where time shall decide nothing."""


def over(moment: float, now: Now) -> bool:
    return now is not None and now >= moment


Say = Callable[[str], None]
