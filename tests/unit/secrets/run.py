# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run of the role said."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass
class Run:
    """One finished ansible-playbook.

    :ivar text: both of its streams.
    :ivar events: all that a job event would hold, where it was listened to.
    """

    code: int
    text: str
    events: str = ""

    @property
    def everything(self) -> str:
        return self.text + self.events

    @property
    def flat(self) -> str:
        """The output with each run of white space as one blank, as messages are wrapped."""
        return " ".join(self.text.split())

    @property
    def names(self) -> dict[str, str]:
        text = self.text[self.text.index("NAMES ") + 6 :]
        found: dict[str, str] = json.JSONDecoder().raw_decode(text.replace('\\"', '"'))[0]
        return found
