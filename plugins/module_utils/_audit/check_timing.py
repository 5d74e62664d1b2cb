# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks of a probe's numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ansible_collections.proven.webapp.plugins.module_utils._audit.check_validity import raw_probe
from ansible_collections.proven.webapp.plugins.module_utils._audit.checks import CONTAINER, DESIGN, Fault, check, probe_check
from ansible_collections.proven.webapp.plugins.module_utils._audit.model import PROGRESS_DEADLINE, Container
from ansible_collections.proven.webapp.plugins.module_utils._audit.shown import probe_shown
from ansible_collections.proven.webapp.plugins.module_utils._probes.model import LIVENESS, READINESS, STARTUP, Exec, HttpGet, Probe
from ansible_collections.proven.webapp.plugins.module_utils._probes.timing import startup_budget, until_failed

SHORT_TIMEOUT = 2
PATIENCE = 3
"""Failures."""
LONG_DELAY = 30
LEAST_BUDGET = 30
EXEC_PERIOD = 10
SPARE = 60
"""Seconds that a rollout's deadline should leave beyond the startup budget, for scheduling and pulling."""


@probe_check("PV122", DESIGN)
def timeout_over_period(_container: Container, probe: Probe) -> Iterator[Fault]:
    if probe.timeout > probe.period:
        yield Fault(f"it may take {probe.timeout} s, every {probe.period} s", {"timeoutSeconds": probe.period})


@probe_check("PV123", DESIGN, LIVENESS, READINESS)
def timeout_short(_container: Container, probe: Probe) -> Iterator[Fault]:
    if probe.timeout < SHORT_TIMEOUT and isinstance(probe.handler, HttpGet | Exec):
        longer = {"timeoutSeconds": SHORT_TIMEOUT}
        corrected = longer if probe.period >= SHORT_TIMEOUT else {**longer, "periodSeconds": SHORT_TIMEOUT}
        yield Fault(f"its timeout is {probe.timeout} s", corrected)


@check("PV124", CONTAINER)
def killed_before_drained(container: Container) -> Iterator[Fault]:
    liveness, readiness = container.sound(LIVENESS), container.sound(READINESS)
    if liveness and readiness:
        killed, drained = until_failed(liveness), until_failed(readiness)
        if killed <= drained:
            # The fewest failures by which it takes longer than readiness.
            more = math.floor((drained - liveness.period - liveness.timeout) / max(liveness.period, liveness.timeout)) + 2
            what = f"liveness kills it after at most {killed} s, and readiness drains it after at most {drained} s"
            yield Fault(what, {"livenessProbe": {"failureThreshold": more}})


@probe_check("PV125", DESIGN, LIVENESS)
def liveness_impatient(_container: Container, probe: Probe) -> Iterator[Fault]:
    if probe.failure_threshold < PATIENCE:
        yield Fault(f"its failureThreshold is {probe.failure_threshold}", {"failureThreshold": PATIENCE})


@check("PV126", CONTAINER)
def delay_for_startup(container: Container) -> Iterator[Fault]:
    liveness = container.sound(LIVENESS)
    if liveness and liveness.initial_delay >= LONG_DELAY and STARTUP not in container.probes:
        raw = raw_probe(container, LIVENESS)
        handlers = {key: value for key, value in probe_shown(raw, without="").items() if isinstance(value, dict)}
        startup = {**handlers, "periodSeconds": 5, "failureThreshold": math.ceil(2 * liveness.initial_delay / 5)}
        what = f"liveness waits for {liveness.initial_delay} s, and there is no startup probe"
        yield Fault(what, {"startupProbe": startup, "livenessProbe": {"initialDelaySeconds": 0}})


@probe_check("PV127", DESIGN, STARTUP)
def startup_budget_short(_container: Container, probe: Probe) -> Iterator[Fault]:
    budget = startup_budget(probe)
    if budget < LEAST_BUDGET:
        corrected = {"failureThreshold": math.ceil((LEAST_BUDGET - probe.initial_delay) / probe.period)}
        yield Fault(f"it leaves {budget} s: {_sum(probe)}", corrected)


@probe_check("PV128", DESIGN, STARTUP)
def startup_budget_over_deadline(container: Container, probe: Probe) -> Iterator[Fault]:
    subject = container.workload.subject
    budget, deadline = startup_budget(probe), subject.raw.get("progressDeadlineSeconds", PROGRESS_DEADLINE)
    if subject.kind == "Deployment" and budget > deadline:
        what = f"it leaves {budget} s ({_sum(probe)}), and the rollout has {deadline} s"
        yield Fault(what, {"spec": {"progressDeadlineSeconds": budget + SPARE}}, whole=True)


@probe_check("PV129", DESIGN, LIVENESS, READINESS)
def exec_often(_container: Container, probe: Probe) -> Iterator[Fault]:
    if isinstance(probe.handler, Exec) and probe.period < EXEC_PERIOD:
        yield Fault(f"its command runs every {probe.period} s", {"periodSeconds": EXEC_PERIOD})


def _sum(probe: Probe) -> str:
    return f"initial delay {probe.initial_delay} s + {probe.failure_threshold} tries, one every {probe.period} s"
