# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one exception that carries a message for the user."""

from __future__ import annotations


class ProvenError(Exception):
    """What is wrong, where, and what to do, in words meant for the person at the terminal.

    :param what: one sentence that says what is wrong.
    :param where: the file, key, host or object that it is about.
    :param fix: what the user can do about it.
    """

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        self.what = what
        self.where = where
        self.fix = fix
        super().__init__(str(self))

    def __str__(self) -> str:
        parts = [self.what]
        if self.where:
            parts.append(f"Where: {self.where}")
        if self.fix:
            parts.append(f"What to do: {self.fix}")
        return "\n".join(parts)
