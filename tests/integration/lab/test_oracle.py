# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The oracle itself, on what a kubelet wrote. Needs no cluster."""

from __future__ import annotations

from typing import Any

import pytest

from .cases import ERROR, FAILURE, SUCCESS, WARNING
from .oracle import MIXED, NOT_ASKED, Asked, Counts, Said, Seen, read_counters, read_events, verdict

METRICS = """\
# TYPE prober_probe_total counter
prober_probe_total{container="a",namespace="n",pod="p",pod_uid="1",probe_type="Liveness",result="failed"} 2
prober_probe_total{container="a",namespace="n",pod="p",pod_uid="1",probe_type="Liveness",result="successful"} 1e+06
prober_probe_total{container="a",namespace="n",pod="p",pod_uid="1",probe_type="Startup",result="unknown"} 7
prober_probe_duration_seconds_count{container="a",namespace="n",pod="p",probe_type="Liveness"} 3
"""
LIVENESS, STARTUP = Asked("1", "a", "liveness"), Asked("1", "a", "startup")


def event(message: str, path: str = "spec.containers{a}") -> dict[str, Any]:
    return {"involvedObject": {"uid": "1", "fieldPath": path}, "message": message}


def test_reads_counters() -> None:
    assert read_counters(METRICS) == {LIVENESS: Counts(1_000_000, 2), STARTUP: Counts()}


def test_reads_events() -> None:
    said = read_events(
        [
            event("Liveness probe warning: Probe terminated redirects, Response body: "),
            event("(combined from similar events): Startup probe errored and resulted in unknown state: x", "spec.initContainers{a}"),
            event("Liveness probe failed: HTTP probe failed with statuscode: 500"),
            {"involvedObject": {"uid": "1"}, "message": "Successfully assigned n/p to node"},
        ]
    )
    assert said == Said({LIVENESS}, {STARTUP})


NOTHING = Said()


@pytest.mark.parametrize(
    ("asked", "before", "after", "said", "expected"),
    [
        (LIVENESS, Counts(1, 1), Counts(3, 1), NOTHING, SUCCESS),
        (LIVENESS, Counts(1, 1), Counts(3, 1), Said(warned={LIVENESS}), WARNING),
        (LIVENESS, Counts(1, 1), Counts(1, 2), Said(errored={LIVENESS}), FAILURE),
        (LIVENESS, Counts(1, 1), Counts(2, 2), NOTHING, MIXED),
        (LIVENESS, Counts(), Counts(), Said(errored={LIVENESS}), ERROR),
        (LIVENESS, Counts(), Counts(), Said(errored={STARTUP}), NOT_ASKED),
        (LIVENESS, Counts(0, 1), Counts(0, 1), Said(errored={LIVENESS}), ERROR),
        (LIVENESS, Counts(1), Counts(2), Said(errored={LIVENESS}), SUCCESS),
        (STARTUP, Counts(1), Counts(1), NOTHING, SUCCESS),
        (STARTUP, Counts(0, 1), Counts(1, 3), NOTHING, SUCCESS),
        (STARTUP, Counts(0, 1), Counts(0, 3), NOTHING, FAILURE),
    ],
)
def test_verdict(asked: Asked, before: Counts, after: Counts, said: Said, expected: str) -> None:
    assert verdict(asked, Seen({asked: before}, NOTHING), Seen({asked: after}, said)) == expected
