# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A window and what follows from it, as a module's result: plain JSON types. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import ERROR as SEVERE
from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import Finding, judge
from ansible_collections.proven.webapp.plugins.module_utils._probes.model import STARTUP, Exec, Grpc, HttpGet, TcpSocket
from ansible_collections.proven.webapp.plugins.module_utils._probes.timing import shortest_window, startup_budget, until_failed
from ansible_collections.proven.webapp.plugins.module_utils._verify.answer import ERROR
from ansible_collections.proven.webapp.plugins.module_utils._verify.gaps import gaps, needed
from ansible_collections.proven.webapp.plugins.module_utils._verify.lookback import looked_back
from ansible_collections.proven.webapp.plugins.module_utils._verify.rules import check, tiers_of
from ansible_collections.proven.webapp.plugins.module_utils._verify.rules_probes import http_path, startup_failures
from ansible_collections.proven.webapp.plugins.module_utils._verify.window import PodSeen, ProbeKey, ProbeSeen, Window


def summary(window: Window, notes: Sequence[str] = (), *, fail_on: str = SEVERE) -> dict[str, Any]:
    """What a window shows.

    :param notes: what else is to be told.
    :param fail_on: the mildest severity that counts.
    """
    findings, behind = check(window), looked_back(window)
    verdict = judge(findings, gaps(window), fail_on=fail_on)
    vanished = [
        pod.name for uid, pod in window.start.pods.items() if pod.judged and not (uid in window.end.pods and window.end.pods[uid].judged)
    ]
    return {
        "verdict": verdict.verdict,
        "reasons": list(verdict.reasons),
        "findings": [_finding(window, finding) for finding in findings],
        "window": {
            "seconds": round(window.seconds, 1),
            "needed": needed(window),
            "looked_back": math.floor(max(behind.values(), default=0)),
        },
        "tiers": _tiers(window),
        "lost": [{"right": right, "without": without} for right, without in window.lost],
        "notes": [*notes, *_left_out(window)],
        "pods": [_pod(window, pod, behind) for pod in window.judged],
        "vanished": sorted(vanished),
        "services": [
            {"name": service.name, "pods": len(service.selects), "ready": sum(1 for endpoint in service.endpoints if endpoint.ready)}
            for service in window.end.services or ()
        ],
    }


def _finding(window: Window, finding: Finding) -> dict[str, Any]:
    tiers = set(tiers_of(finding.rule.id)) & set(_tiers(window))
    if window.end.counters is not None and finding.probe:
        tiers.add(1)
    return {**finding.as_dict(), "tiers": sorted(tiers)}


def _tiers(window: Window) -> list[int]:
    replayed = any(seen.shown for _pod, seen in window.judged_probes)
    return [*([1] if window.end.counters is not None else []), 2, *([3] if replayed else [])]


def _left_out(window: Window) -> list[str]:
    terminating = sorted(pod.name for pod in window.end.pods.values() if pod.terminating)
    finished = sum(1 for pod in window.end.pods.values() if pod.finished and not pod.terminating)
    told = [f"{name} is on its way out and isn't judged" for name in terminating]
    return [*told, *([f"pods that ended or belong to a Job aren't judged: {finished}"] if finished else [])]


def _pod(window: Window, pod: PodSeen, behind: Mapping[ProbeKey, float]) -> dict[str, Any]:
    return {
        "name": pod.name,
        "component": pod.component,
        "node": pod.node,
        "ready": pod.ready,
        "why": pod.why,
        "containers": [
            {**{key: value for key, value in asdict(item).items() if key != "running_since"}, "restarted": window.restarts(pod, item.name)}
            for item in pod.containers
        ],
        "probes": [_probe(window, pod, seen, behind.get(seen.key, 0.0)) for seen in window.probes if seen.pod == pod.uid],
    }


def _probe(window: Window, pod: PodSeen, seen: ProbeSeen, behind: float) -> dict[str, Any]:
    probe, shown = seen.probe, seen.shown
    times = sorted(sample.answer.seconds for sample in shown if sample.answer.passes)
    counted = window.counted(seen.key)
    not_shown = "" if shown or not seen.samples else seen.samples[-1].answer.reason
    found = {
        "container": seen.container,
        "probe": probe.kind,
        "handler": handler_name(seen),
        "path": http_path(seen),
        "timeout": probe.timeout,
        "period": probe.period,
        "failure_threshold": probe.failure_threshold,
        "worst_case": until_failed(probe),
        "needed": 0 if probe.kind == STARTUP else shortest_window(probe),
        "looked_back": math.floor(behind),
        "passed": len(times),
        "failed": sum(1 for sample in shown if not sample.answer.passes and sample.answer.result != ERROR),
        "errors": sum(1 for sample in shown if sample.answer.result == ERROR),
        "not_shown": not_shown,
        "latency": {name: _milliseconds(percentile(times, share)) for name, share in (("p50", 50), ("p99", 99), ("max", 100))},
        "samples": [[round(sample.at, 2), sample.answer.result, _milliseconds(sample.answer.seconds)] for sample in shown],
        "kubelet": asdict(counted) if counted else None,
        "tiers": [*([1] if counted else []), 2, *([3] if shown else [])],
    }
    if probe.kind == STARTUP:
        found["startup"] = _startup(window, pod, seen)
    return found


def _startup(window: Window, pod: PodSeen, seen: ProbeSeen) -> dict[str, Any]:
    """How much of its budget a start took, in seconds: by its failures, and at most, by when the pod became Ready."""
    failures = startup_failures(window, seen)
    container = pod.container(seen.container)
    at_most = None
    if container and container.running_since and pod.ready_since and not container.restarts:
        at_most = max(round(pod.ready_since - container.running_since), 0)
    used = None if failures is None else seen.probe.initial_delay + failures * seen.probe.period
    return {"budget": startup_budget(seen.probe), "used": used, "used_at_most": at_most}


def handler_name(seen: ProbeSeen) -> str:
    """http, https, tcp, grpc or exec."""
    handler = seen.probe.handler
    if isinstance(handler, HttpGet):
        return handler.scheme.lower()
    names = {TcpSocket: "tcp", Grpc: "grpc", Exec: "exec"}
    return next((name for kind, name in names.items() if isinstance(handler, kind)), "")


def percentile(times: Sequence[float], share: int) -> float | None:
    """By the nearest rank, of sorted times."""
    return times[max(math.ceil(len(times) * share / 100) - 1, 0)] if times else None


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)
