"""What became of a stream of requests: counts by kind, kind of connection and path, moments of losses, latencies."""

from __future__ import annotations

import bisect
import time
from dataclasses import dataclass, field
from typing import Any

from .exchange import OK

BOUNDS_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 30000)
FAILURES_KEPT = 300
"""Of each kind: a flood of bad statuses must not hide the one that timed out."""


@dataclass
class Count:
    sent: int = 0
    failed: int = 0


@dataclass
class Tally:
    """:ivar started_at: seconds since 1970; all other times are seconds since then, by a clock that never jumps."""

    started_at: float = field(default_factory=time.time)
    _start: float = field(default_factory=time.monotonic)
    sent: int = 0
    in_flight: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    connections: dict[str, Count] = field(default_factory=dict)
    paths: dict[str, Count] = field(default_factory=dict)
    failures: list[dict[str, Any]] = field(default_factory=list)
    latencies: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_MS) + 1))
    slowest: float = 0.0
    per_second: list[Count] = field(default_factory=list)
    streams: list[dict[str, Any]] = field(default_factory=list)
    ended: float | None = None

    def now(self) -> float:
        return time.monotonic() - self._start

    def add(self, at: float, seconds: float, kind: str, connection: str, path: str, status: int = 0) -> dict[str, Any]:
        """Count one request that is over, and give it back as a record.

        :param at: when it began.
        """
        failed = kind != OK
        self.sent += 1
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        second = int(at)
        self.per_second.extend(Count() for _second in range(second + 1 - len(self.per_second)))
        for count in (self.connections.setdefault(connection, Count()), self.paths.setdefault(path, Count()), self.per_second[second]):
            count.sent += 1
            count.failed += failed
        self.latencies[bisect.bisect_left(BOUNDS_MS, seconds * 1000)] += 1
        self.slowest = max(self.slowest, seconds)
        record = {"at": round(at, 3), "seconds": round(seconds, 3), "kind": kind, "connection": connection, "path": path, "status": status}
        if failed and self.kinds[kind] <= FAILURES_KEPT:
            self.failures.append(record)
        return record

    def stop(self) -> None:
        if self.ended is None:
            self.ended = self.now()

    def summary(self) -> dict[str, Any]:
        """JSON. `latency.counts` has one number for each bound, of requests that took no longer, and one for what took longer than all."""
        ok = self.kinds.get(OK, 0)
        return {
            "started_at": round(self.started_at, 3),
            "seconds": round(self.ended if self.ended is not None else self.now(), 3),
            "running": self.ended is None,
            "sent": self.sent,
            "ok": ok,
            "failed": self.sent - ok,
            "in_flight": self.in_flight,
            "kinds": dict(self.kinds),
            "connections": {name: vars(count) for name, count in self.connections.items()},
            "paths": {name: vars(count) for name, count in self.paths.items()},
            "failures": self.failures,
            "latency": {"bounds_ms": list(BOUNDS_MS), "counts": self.latencies, "slowest_ms": round(self.slowest * 1000, 1)},
            "per_second": [[count.sent - count.failed, count.failed] for count in self.per_second],
            "streams": self.streams,
        }
