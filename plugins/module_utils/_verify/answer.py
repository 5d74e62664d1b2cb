# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What one try of a probe came to."""

from __future__ import annotations

from dataclasses import dataclass

SUCCESS, WARNING, FAILURE, ERROR, NOT_SHOWN = "success", "warning", "failure", "error", "not_shown"
PASSES = (SUCCESS, WARNING)
"""The kubelet counts a warning as a success (pkg/kubelet/prober/prober.go, probe)."""


@dataclass(frozen=True)
class Answer:
    """As the kubelet would count the try (pkg/probe, pkg/kubelet/prober).

    :ivar result: success, warning, failure; error for what the kubelet throws away, so that it never counts;
        not_shown for what can't be asked from here.
    :ivar reason: why it isn't a plain success; the kubelet's own words where it has any.
    :ivar seconds: how long the answer took.
    :ivar status: of HTTP, or the exit code of a command; None where there is none.
    :ivar redirects: how many were met, followed or not.
    :ivar unreached: no connection came about for a cause that may lie between the API server and the pod.
    :ivar refused: the right that the API server missed, such as `get pods/proxy`; empty where it refused nothing.
    """

    result: str
    reason: str = ""
    seconds: float = 0.0
    status: int | None = None
    redirects: int = 0
    unreached: bool = False
    refused: str = ""

    @property
    def passes(self) -> bool:
        return self.result in PASSES

    @property
    def shown(self) -> bool:
        return self.result != NOT_SHOWN


UNANSWERED = Answer(NOT_SHOWN, "the API server did not answer")


class Gone(Exception):
    """The pod isn't there any more."""
