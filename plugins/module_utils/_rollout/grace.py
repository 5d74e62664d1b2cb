# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long a container may take until it is ready. Follows from the probes' own numbers; seconds throughout."""

from __future__ import annotations

import json
from dataclasses import dataclass

from ansible_collections.proven.webapp.plugins.module_utils._probes.model import READINESS, STARTUP, Probe, read_probe
from ansible_collections.proven.webapp.plugins.module_utils._probes.timing import startup_budget
from ansible_collections.proven.webapp.plugins.module_utils._rollout.model import Object, Tolerance, annotations_of

ANNOTATION = "proven.webapp/rollout"
SLACK = 1.5
"""Until the kubelet's last word has come through the API server."""


@dataclass(frozen=True)
class Grace:
    """:ivar startup: from a container's start to its startup probe's last try; None without such a probe.
    :ivar ready: from a container's start until it is ready, at worst.
    :ivar readiness: from the end of a startup probe to a readiness probe that passes, at worst.
    """

    startup: float | None
    ready: float
    readiness: float


def tolerance_of(workload: Object, default: Tolerance) -> tuple[Tolerance, str]:
    """What a workload says in its annotation, and a warning where that can't be read."""
    text = annotations_of(workload).get(ANNOTATION)
    if text is None:
        return default, ""
    try:
        said = json.loads(text)
        unknown = sorted(set(said) - {"restartsTolerated", "readyWithin"})
        restarts, within = said.get("restartsTolerated", default.restarts), said.get("readyWithin", default.ready_within)
        if unknown or not _is_number(restarts, int) or not _is_number(within, (int, float)) or within == 0:
            raise ValueError
    except (ValueError, TypeError, AttributeError):
        name = workload["metadata"]["name"]
        return default, (
            f"{name}: its annotation {ANNOTATION} is left out of account, it can't be read: {text[:80]!r}. "
            'It has to be JSON such as {"restartsTolerated": 2, "readyWithin": 60}.'
        )
    return Tolerance(restarts, float(within), "readyWithin" in said), ""


def _is_number(value: object, kind: type | tuple[type, ...]) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool) and value >= 0  # type: ignore[operator]


def _probe(kind: str, container: Object) -> Probe | None:
    raw = container.get(f"{kind}Probe")
    return read_probe(kind, raw) if raw else None


def grace_of(container: Object, tolerance: Tolerance) -> Grace:
    """What a v1.Container is granted.

    Startup: initial delay + failureThreshold x period + the timeout of the last try. Readiness after it: a try may come a period later, and
    successThreshold of them have to pass. Without a startup probe, ready_within; a readiness probe that takes longer by its own numbers has
    that.
    """
    starting, reading = _probe(STARTUP, container), _probe(READINESS, container)
    startup = float(startup_budget(starting) + starting.timeout) if starting else None
    readiness = float(reading.period * reading.success_threshold + reading.timeout) if reading else 0.0
    own = readiness + (reading.initial_delay if reading else 0)
    if startup is None:
        return Grace(None, max(tolerance.ready_within, own), readiness)
    return Grace(startup, max(startup, own, tolerance.ready_within if tolerance.declared else 0.0), readiness)
