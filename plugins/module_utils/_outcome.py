# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run of a module that makes a cluster gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Outcome:
    """What was found and done, or in check mode would be.

    :ivar facts: what later stages need, whatever was done.
    :ivar before: the cluster as a diff shows it.
    """

    facts: dict[str, Any]
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    actions: list[str] = field(default_factory=list)
    drift: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def result(self, warn: Callable[[str], None]) -> dict[str, Any]:
        """The module's.

        :param warn: shows a warning with it.
        """
        for line in self.warnings:
            warn(line)
        answer = {**self.facts, "changed": bool(self.actions), "actions": self.actions, "drift": self.drift}
        if self.actions:
            answer["diff"] = {"before": self.before, "after": self.after}
        return answer
