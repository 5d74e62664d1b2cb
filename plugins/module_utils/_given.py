# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""For values that types call optional and that are always there."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def given(value: T | None) -> T:
    """The value, which has to be there.

    :raises AssertionError: it isn't, which is an error in this collection.
    """
    if value is None:
        raise AssertionError("a value is missing that has to be there")
    return value
