# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a verification is to look at, and for how long. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

AUTO = "auto"
SHORTEST_INTERVAL = 0.2
"""Seconds: more often would be a load and no probe."""


@dataclass(frozen=True)
class Settings:
    """:ivar selector: of the pods, as kubectl's.
    :ivar wanted: component → pods that have to be ready.
    :ivar window: seconds; None for as long as the slowest probe takes to fail for good.
    :ivar interval: seconds between two replays of a probe.
    :ivar timeout: seconds to wait until the pods are ready, before the window begins.
    """

    namespace: str
    selector: str = ""
    wanted: Mapping[str, int] = field(default_factory=dict)
    window: float | None = None
    interval: float = 2.0
    timeout: float = 60.0
    exec_allowed: bool = False
    kubelet_metrics: bool = False


def settings_of(given: Mapping[str, Any]) -> Settings:
    """The module's parameters.

    :raises ProvenError: one of them makes no sense; it says which.
    """
    selectors = [str(item).strip() for item in given["label_selectors"]]
    if not selectors or not all(selectors):
        raise ProvenError("There is no label selector.", where="label_selectors", fix="name the labels of the pods to look at")
    if given["interval"] < SHORTEST_INTERVAL:
        raise ProvenError(f"{given['interval']:g} s is too short.", where="interval", fix=f"give at least {SHORTEST_INTERVAL} s")
    if given["timeout"] < 0:
        raise ProvenError("A time can't be negative.", where="timeout", fix="give a number of seconds, or 0 not to wait")
    return Settings(
        namespace=given["namespace"],
        selector=",".join(selectors),
        wanted=_wanted(given["replicas"]),
        window=_window(str(given["window"])),
        interval=given["interval"],
        timeout=given["timeout"],
        exec_allowed=given["exec_allowed"],
        kubelet_metrics=given["kubelet_metrics"],
    )


def _window(text: str) -> float | None:
    if text.strip().lower() == AUTO:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise ProvenError(f"{text!r} is no length of time.", where="window", fix="give a number of seconds, or auto")
    return seconds


def _wanted(replicas: Mapping[str, Any]) -> dict[str, int]:
    wanted = {}
    for component, number in replicas.items():
        try:
            wanted[str(component)] = int(str(number))
        except ValueError as error:
            raise ProvenError(f"{number!r} is no number of pods.", where=f"replicas.{component}", fix="give a whole number") from error
    return wanted
