# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks of what happens when pods end, and of how many are left."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._audit.checks import (
    BUDGET,
    CONTAINER,
    DESIGN,
    WORKLOAD,
    Fault,
    check,
    probe_check,
)
from ansible_collections.proven.webapp.plugins.module_utils._audit.commands import words_of
from ansible_collections.proven.webapp.plugins.module_utils._audit.model import Budget, Container, Workload, scaled
from ansible_collections.proven.webapp.plugins.module_utils._probes.model import LIVENESS, STARTUP, Probe

DRAIN = 10
"""Seconds that requests in flight are given at least."""
AMPLE_DRAIN = 30
QUARTER = "25%"
"""What a Deployment's maxSurge and maxUnavailable are by default (pkg/apis/apps/v1/defaults.go)."""


def before_stop(container: Container) -> int:
    """Seconds that preStop is seen to wait."""
    hook = container.raw.get("lifecycle", {}).get("preStop", {})
    words = words_of(hook.get("exec", {}).get("command", []))
    slept = [_seconds(after) for word, after in pairwise(words) if word.rpartition("/")[2] == "sleep"]
    return int(hook.get("sleep", {}).get("seconds", 0)) + sum(slept)


def _seconds(word: str) -> int:
    found = re.fullmatch(r"([0-9]{1,6})(?:\.[0-9]*)?([smh]?)", word)
    return int(found.group(1)) * {"": 1, "s": 1, "m": 60, "h": 3600}[found.group(2)] if found else 0


@check("PV130", WORKLOAD)
def grace_too_short(workload: Workload) -> Iterator[Fault]:
    waited = max((before_stop(container) for container in workload.running), default=0)
    left = workload.grace - waited
    if (waited or workload.services) and left < DRAIN:
        what = f"of a grace period of {workload.grace} s, preStop takes {waited} s and leaves {max(left, 0)} s"
        yield Fault(what, workload.pod_fragment({"terminationGracePeriodSeconds": waited + AMPLE_DRAIN}))


@probe_check("PV131", DESIGN, LIVENESS, STARTUP)
def probe_grace_over_pod(container: Container, probe: Probe) -> Iterator[Fault]:
    grace = container.workload.grace
    if probe.termination_grace is not None and probe.termination_grace > grace:
        what = f"its grace period is {probe.termination_grace} s, the pod's {grace} s"
        yield Fault(what, {"terminationGracePeriodSeconds": grace})


@check("PV132", WORKLOAD)
def rollout_takes_all(workload: Workload) -> Iterator[Fault]:
    replicas = workload.replicas
    if workload.subject.kind != "Deployment" or not workload.services or not replicas:
        return
    strategy: Mapping[str, Any] = workload.subject.raw.get("strategy", {})
    corrected = {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}}}
    if strategy.get("type") == "Recreate":
        yield Fault("its strategy is Recreate", corrected)
        return
    rolling = strategy.get("rollingUpdate", {})
    surge = scaled(rolling.get("maxSurge", QUARTER), replicas, up=True)
    gone = scaled(rolling.get("maxUnavailable", QUARTER), replicas, up=False)
    if gone == 0 and surge == 0:
        # Neither may be: something has to give.
        gone = 1
    if gone is not None and gone >= replicas:
        yield Fault(f"{gone} of its {replicas} pods may be unavailable", corrected)


@check("PV133", WORKLOAD)
def single_replica(workload: Workload) -> Iterator[Fault]:
    if workload.replicas == 1 and workload.services:
        services = ", ".join(str(service.subject) for service in workload.services)
        by = f"{workload.scalers[0].subject} may leave 1 pod" if workload.scalers else "it has 1 pod"
        # More pods of a StatefulSet are another application.
        simple = workload.subject.kind == "Deployment" and not workload.scalers
        yield Fault(f"{by} for {services}", {"spec": {"replicas": 2}} if simple else {})


def healthy_needed(budget: Budget, expected: int) -> int | None:
    """How many pods a budget wants healthy (pkg/controller/disruption/disruption.go, getExpectedPodCount)."""
    raw = budget.subject.raw
    if "maxUnavailable" in raw:
        gone = scaled(raw["maxUnavailable"], expected, up=True)
        return None if gone is None else max(expected - gone, 0)
    return scaled(raw["minAvailable"], expected, up=True) if "minAvailable" in raw else None


def expected_pods(budget: Budget) -> int | None:
    """How many pods a budget counts; None where nobody says."""
    counts = [workload.replicas for workload in budget.workloads]
    return None if not counts or None in counts else sum(count for count in counts if count is not None)


def _one_gone(budget: Budget) -> dict[str, Any]:
    out = {"minAvailable": None} if "minAvailable" in budget.subject.raw else {}
    return {"spec": {**out, "maxUnavailable": 1}}


@check("PV134", BUDGET)
def budget_blocks_drains(budget: Budget) -> Iterator[Fault]:
    raw, expected = budget.subject.raw, expected_pods(budget)
    never = raw.get("maxUnavailable") in (0, "0%") or ("maxUnavailable" not in raw and raw.get("minAvailable") == "100%")
    if never and expected != 0:
        field = "maxUnavailable" if "maxUnavailable" in raw else "minAvailable"
        yield Fault(f"{field} is {raw[field]}", _one_gone(budget))
    elif expected:
        needed = healthy_needed(budget, expected)
        if needed is not None and needed >= expected:
            yield Fault(f"{needed} of {expected} pods have to stay: {_whose(budget)}", _one_gone(budget))


@check("PV135", BUDGET)
def budget_protects_nothing(budget: Budget) -> Iterator[Fault]:
    expected = expected_pods(budget)
    # Of a single pod there is nothing to protect.
    if expected is not None and expected > 1 and healthy_needed(budget, expected) == 0:
        yield Fault(f"none of {expected} pods has to stay: {_whose(budget)}", _one_gone(budget))


def _whose(budget: Budget) -> str:
    return ", ".join(str(workload.subject) for workload in budget.workloads)


def image_tag(image: str) -> str | None:
    """The tag of an image; None where a digest names it, `latest` where nothing does."""
    if "@" in image:
        return None
    _name, colon, tag = image.rpartition("/")[2].partition(":")
    return tag if colon else "latest"


@check("PV136", CONTAINER)
def image_latest(container: Container) -> Iterator[Fault]:
    image = container.raw.get("image")
    if image and image_tag(image) == "latest":
        yield Fault(f"the image is {image}", {"image": f"{image.removesuffix(':latest')}@sha256:…"})


@check("PV137", CONTAINER)
def image_by_tag(container: Container) -> Iterator[Fault]:
    image = container.raw.get("image")
    if image and image_tag(image) not in (None, "latest"):
        yield Fault(f"the image is {image}", {"image": f"{image}@sha256:…"})
