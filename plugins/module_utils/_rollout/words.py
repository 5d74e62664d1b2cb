# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Progress of a rollout, as lines that a person reads while it runs."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from ansible_collections.proven.webapp.plugins.module_utils._rollout.model import Part, Say, Verdict
from ansible_collections.proven.webapp.plugins.module_utils._rollout.report import shorten

EVERY_SECONDS = 5.0
"""Something is said at least this often."""
CALM_SECONDS = 1.0
"""What changes all the time is told this often at most."""
LINES = 6


class Teller:
    """Says what has changed, and what is waited for."""

    def __init__(self, say: Say, clock: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._clock = clock
        self._counts, self._counted = "", -CALM_SECONDS
        self._told: dict[str, tuple[str, float]] = {}
        self._events: dict[str, str] = {}

    def tell(self, verdict: Verdict, *, last: bool = False) -> None:
        """Say what is new, or due to be said again.

        :param last: it is over; what is waited for doesn't matter any more.
        """
        names = _names(verdict.parts)
        counted = [f"{name} {part.ready[0]}/{part.ready[1]}" for name, part in zip(names, verdict.parts, strict=True) if part.ready]
        counts = ", ".join(sorted(counted))
        now, said = self._clock(), 0
        # Many pods get ready one after the other.
        if counts and counts != self._counts and (last or now - self._counted >= CALM_SECONDS):
            self._say(counts)
            self._counts, self._counted = counts, now
        if last:
            return
        for name, part in zip(names, verdict.parts, strict=True):
            if not part.waits:
                self._told.pop(name, None)
                continue
            before, when = self._told.get(name, ("", now - EVERY_SECONDS))
            key, event = (re.sub(r"[0-9]+", "", text) for text in (part.waits + part.event, part.event))
            if now - when < (EVERY_SECONDS if key == before else CALM_SECONDS) or said >= LINES:
                continue
            self._told[name] = (key, now)
            # The same warning stands for all that is waited for after it.
            self._say(shorten(line(name, part if self._events.get(name) != event else replace(part, event=""))))
            self._events[name] = event
            said += 1


def line(name: str, part: Part) -> str:
    """What a part waits for, and the last warning about it where that says something else."""
    count = f" {part.ready[0]}/{part.ready[1]}" if part.ready else ""
    words = part.event.partition(": ")[2]
    event = f" ({part.event})" if words and words not in part.waits else ""
    return f"{name}{count} waits for {part.waits}{event}"


def _names(parts: tuple[Part, ...]) -> list[str]:
    """The component's, or where that has several workloads, their own."""
    often = Counter(part.component for part in parts if part.ready)
    return [part.component if part.ready and often[part.component] == 1 else part.name for part in parts]
