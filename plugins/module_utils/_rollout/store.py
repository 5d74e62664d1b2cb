# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What there is of a release, kept up to date by whoever hears of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._rollout.model import Event, Object, Snapshot, uid_of, when

EVENTS = "events"
SETTLED_SECONDS = 1.0
"""After a connection is back, until what was missed has been told."""


def read_event(item: Object) -> Event:
    """A v1.Event; the newer kind of them counts in a series (events.k8s.io/v1)."""
    about, series = item.get("involvedObject") or {}, item.get("series") or {}
    made = item.get("eventTime") or item["metadata"].get("creationTimestamp")
    field = str(about.get("fieldPath") or "")
    return Event(
        about=str(about.get("uid", "")),
        reason=str(item.get("reason", "")),
        message=" ".join(str(item.get("message") or "").split()),
        container=field.partition("{")[2].rstrip("}"),
        count=int(series.get("count") or item.get("count") or 1),
        first=when(item.get("firstTimestamp") or made),
        last=when(series.get("lastObservedTime") or item.get("lastTimestamp") or made),
        warning=item.get("type") == "Warning",
    )


def _state(container: Object) -> tuple[Any, ...]:
    """What a container does; as long as that is the same, it is in the same state."""
    state = container.get("state") or {}
    reason = (state.get("waiting") or {}).get("reason")
    return container.get("restartCount"), reason, "running" in state, "terminated" in state, container.get("started")


class Store:
    """Safe to use from several threads.

    :param now: seconds since the epoch by the cluster's clock.
    :ivar changed: set when something that matters is new.
    :ivar moved: when something of the release moved last, by the monotonic clock.
    :ivar fatal: why watching makes no sense any more.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._items: dict[str, dict[str, Object]] = {}
        self._events: dict[str, dict[str, Event]] = {}
        self._seen: dict[tuple[str, str], tuple[tuple[Any, ...], float]] = {}
        self._pod_gone = 0.0
        self._away: dict[str, str] = {}
        self._back = 0.0
        self.since = now()
        self.changed = threading.Event()
        self.moved = time.monotonic()
        self.fatal: ProvenError | None = None

    def replace(self, kind: str, items: Iterable[Object]) -> None:
        """All there is of a kind."""
        with self._lock:
            if kind == EVENTS:
                for item in sorted(items, key=lambda one: read_event(one).last):
                    self._put_event(item)
            else:
                fresh = {uid_of(item): item for item in items}
                for uid in set(self._items.get(kind, {})) - set(fresh):
                    self._drop(kind, uid)
                for item in fresh.values():
                    self._put(kind, item)
        self.changed.set()

    def put(self, kind: str, item: Object) -> None:
        with self._lock:
            if kind == EVENTS:
                self._put_event(item)
            else:
                self._put(kind, item)
        self.changed.set()

    def drop(self, kind: str, item: Object) -> None:
        if kind == EVENTS:
            return
        with self._lock:
            self._drop(kind, uid_of(item))
        self.changed.set()

    def _put(self, kind: str, item: Object) -> None:
        known = self._items.setdefault(kind, {})
        before, uid = known.get(uid_of(item)), uid_of(item)
        if before is None or before["metadata"].get("resourceVersion") != item["metadata"].get("resourceVersion"):
            self.moved = time.monotonic()
        known[uid] = item
        if kind != "pods":
            return
        status = item.get("status") or {}
        for container in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
            key, state = (uid, str(container["name"])), _state(container)
            if self._seen.get(key, (None,))[0] != state:
                self._seen[key] = (state, self._now())

    def _drop(self, kind: str, uid: str) -> None:
        if self._items.get(kind, {}).pop(uid, None) is not None:
            self.moved = time.monotonic()
            if kind == "pods":
                self._pod_gone = self._now()

    def _put_event(self, item: Object) -> None:
        event = read_event(item)
        mine = self._events.setdefault(event.about, {})
        mine.pop(item["metadata"]["name"], None)
        mine[item["metadata"]["name"]] = event
        if any(event.about in known for known in self._items.values()):
            self.moved = time.monotonic()

    def snapshot(self, *, instead: Mapping[str, Iterable[Object]] | None = None) -> Snapshot:
        """As it is now.

        :param instead: what there is of some kinds, where somebody knows better.
        """
        with self._lock:
            items: dict[str, Any] = {kind: list(known.values()) for kind, known in self._items.items()}
            items |= {kind: list(known) for kind, known in (instead or {}).items()}
            mine = {uid_of(item) for known in items.values() for item in known}
            return Snapshot(
                **items,
                events={uid: list(self._events[uid].values()) for uid in mine & set(self._events)},
                since=self.since,
                seen={key: moment for key, (_state, moment) in self._seen.items()},
                pod_gone=self._pod_gone,
            )

    # --- the connection

    def away(self, kind: str, why: str) -> None:
        """Nothing is heard of a kind."""
        with self._lock:
            self._away.setdefault(kind, why)
        self.changed.set()

    def back(self, kind: str) -> None:
        with self._lock:
            if self._away.pop(kind, None) is not None:
                self._back = time.monotonic()
                self.changed.set()

    @property
    def lost(self) -> str:
        """Why something isn't heard of; empty where all is."""
        with self._lock:
            return next(iter(self._away.values()), "")

    @property
    def settled(self) -> bool:
        """Whether what it knows is what there is."""
        with self._lock:
            return not self._away and time.monotonic() - self._back >= SETTLED_SECONDS

    def give_up(self, error: ProvenError) -> None:
        self.fatal = error
        self.changed.set()
