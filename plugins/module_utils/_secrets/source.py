# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where secrets come from. A new source is one class with the three methods of `Source`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Value:
    """A secret that is there. Its text stays out of representations, and so out of tracebacks."""

    text: str = field(repr=False)


@dataclass(frozen=True)
class Missing:
    """A secret that isn't there.

    :param problem: why, in words for the user.
    :param fix: what the user can do about it.
    :param store_as: the name that the source would find a new value under; None where nothing can be stored for it.
    """

    problem: str
    fix: str
    store_as: str | None = None


@dataclass(frozen=True)
class Unreadable:
    """A secret that is there, but can't be had.

    :param problem: why, in words for the user.
    :param fix: what the user can do about it.
    """

    problem: str
    fix: str


Reading = Value | Missing | Unreadable


class Source(Protocol):
    """Gives the value of a declared key."""

    def keys(self) -> list[str]:
        """The declared keys."""

    def read(self, key: str) -> Reading:
        """One key's value. Never raises because of what a value is."""

    def having(self, stored: Mapping[str, str]) -> Source:
        """The same source as it would be with these values stored (store_as → value)."""
