# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long a probe takes to decide, at worst. Seconds throughout."""

from __future__ import annotations

from ansible_collections.proven.webapp.plugins.module_utils._probes.model import Probe


def until_failed(probe: Probe) -> int:
    """From the loss of what the probe asks for to the kubelet's decision, at worst.

    The loss comes right after a try; each try then begins a period after the last one, or when that one has timed out, whichever is later:
    period + (failureThreshold - 1) x max(period, timeout) + timeout.
    """
    return probe.period + (probe.failure_threshold - 1) * max(probe.period, probe.timeout) + probe.timeout


def until_passed(probe: Probe) -> int:
    """From the return of what the probe asks for to the kubelet's decision, at worst: as `until_failed`, with the other threshold."""
    return probe.period + (probe.success_threshold - 1) * max(probe.period, probe.timeout) + probe.timeout


def startup_budget(probe: Probe) -> int:
    """How long a container may take to start before a startup probe has it restarted: initial delay + failureThreshold x period."""
    return probe.initial_delay + probe.failure_threshold * probe.period


def shortest_window(probe: Probe) -> int:
    """Observing for less proves nothing: a probe that fails each time would not have been acted upon."""
    return probe.failure_threshold * probe.period
