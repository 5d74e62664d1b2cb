# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is drilled, and what was seen of it. Seconds throughout, since the drill's own beginning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._probes.model import LIVENESS, READINESS, STARTUP, Probe
from ansible_collections.proven.webapp.plugins.module_utils._probes.timing import startup_budget, until_failed, until_passed

REFUSED, BLACKHOLED, SLOW, COLD_START, SIGTERM = "refused", "blackholed", "slow", "cold_start", "sigterm"
LOSSES = (REFUSED, BLACKHOLED, SLOW)
SCENARIOS = (*LOSSES, COLD_START, SIGTERM)
UNREADY, DEGRADED = "unready", "degraded"

SLACK = 3.0
"""From the kubelet's decision until it is seen here: the kubelet's own jitter, its write to the API server, and the watch."""
COLD_SECONDS = (20.0, 60.0)
"""How long a start without the dependency is looked at, at least and at most, once the container counts as started."""
SPREAD_SECONDS = 2.0
"""Until every node knows that a pod is going: new connections come that long."""
BLIND_SECONDS = 30.0
"""How long a container without a liveness probe is looked at."""


@dataclass(frozen=True)
class Dependency:
    """What a component can't do without, or can.

    :ivar hosts: the names that it may be called by; the first one is what the proxy connects to.
    :ivar ports: of it.
    :ivar on_loss: unready or degraded.
    """

    name: str
    hosts: tuple[str, ...]
    ports: tuple[int, ...]
    on_loss: str


@dataclass(frozen=True)
class Times:
    """What the probes promise, at worst.

    :ivar until_unready: None without a readiness probe; likewise `until_ready`.
    :ivar until_killed: None without a liveness probe.
    :ivar startup: 0 without a startup probe.
    :ivar grace: terminationGracePeriodSeconds.
    """

    until_unready: float | None
    until_ready: float | None
    until_killed: float | None
    startup: float
    grace: float

    @classmethod
    def of(cls, probes: Mapping[str, Probe], grace: float) -> Times:
        readiness, liveness, startup = (probes.get(kind) for kind in (READINESS, LIVENESS, STARTUP))
        return cls(
            until_unready=until_failed(readiness) if readiness else None,
            # It may start to be asked only when its delay is over, and the startup probe has passed at its own pace.
            until_ready=until_passed(readiness) if readiness else None,
            until_killed=until_failed(liveness) if liveness else None,
            startup=startup_budget(startup) + startup.timeout if startup else 0.0,
            grace=grace,
        )

    @property
    def liveness_window(self) -> float:
        """How long a loss has to last, or it proves nothing of liveness: one and a half times what it takes to be killed."""
        return 1.5 * self.until_killed if self.until_killed else BLIND_SECONDS

    @property
    def window(self) -> float:
        """How long a loss lasts: long enough for both probes to decide."""
        return max(self.liveness_window, (self.until_unready or 0.0) + SLACK) + 1.0

    @property
    def cold_window(self) -> float:
        least, most = COLD_SECONDS
        return min(max(self.liveness_window, least), most)


# What can be seen, in the words of the timeline.
CREATED, STARTED, READY, NOT_READY, RESTARTED, WAITING, ENDED, PROBE_FAILED = (
    "created",
    "started",
    "ready",
    "not ready",
    "restarted",
    "waiting",
    "ended",
    "liveness probe failed",
)
FAULT_ON, FAULT_OFF, DELETED, FADED, OVER = "fault on", "fault off", "deleted", "no new connections", "over"


@dataclass(frozen=True)
class Moment:
    """:ivar kind: one of the words above. :ivar what: the same with the details of this case."""

    at: float
    kind: str
    what: str = ""

    @property
    def text(self) -> str:
        return f"{self.kind}: {self.what}" if self.what else self.kind


@dataclass(frozen=True)
class Load:
    """What became of the requests that were sent to the clone.

    :ivar summary: the toolbox's, see roles/verify/files/toolbox/toolbox/tally.py; its times are the stream's own.
    :ivar marks: moment's kind → the same moment in the stream's own time.
    :ivar health_paths: paths that are probes: what they say isn't lost when it is bad.
    """

    summary: Mapping[str, Any]
    marks: Mapping[str, float] = field(default_factory=dict)
    health_paths: tuple[str, ...] = ()


@dataclass(frozen=True)
class Record:
    """One drill, as it was seen.

    :ivar exit_code: of the container, where it ended in the drill.
    :ivar not_shown: what could not be seen, and why.
    :ivar stall: seconds that the process beside the clone waited for its turn, at worst.
    """

    kind: str
    name: str
    namespace: str
    component: str
    container: str
    scenario: str
    times: Times
    dependency: str = ""
    on_loss: str = UNREADY
    clone: str = ""
    moments: tuple[Moment, ...] = ()
    load: Load | None = None
    exit_code: int | None = None
    not_shown: tuple[str, ...] = ()
    stall: float = 0.0

    @property
    def title(self) -> str:
        """`backend, database refused`."""
        return f"{self.component}, {self.dependency} {self.scenario}" if self.dependency else f"{self.component}, {self.scenario}"

    def at(self, kind: str, after: float = 0.0) -> float | None:
        """When it was first seen, at or after a moment."""
        return next((moment.at for moment in self.moments if moment.kind == kind and moment.at >= after), None)

    def seen(self, kind: str, begin: float, end: float | None = None) -> list[Moment]:
        """All of a kind between two moments."""
        return [moment for moment in self.moments if moment.kind == kind and begin <= moment.at and (end is None or moment.at <= end)]
