# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where secrets come from. A new source is one class with the three methods of `Source`; where it is nothing but maps of names to
values, such as files or paths of a store, a class with the two of `Store` will do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias


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


Reading: TypeAlias = "Value | Missing | Unreadable"


class Source(Protocol):
    """Gives the value of a declared key."""

    def keys(self) -> list[str]:
        """The declared keys."""

    def read(self, key: str) -> Reading:
        """One key's value. Never raises because of what a value is."""

    def where(self, key: str) -> str:
        """What a person calls the place of a key's value."""

    def store_as(self, key: str) -> str | None:
        """The name that the source would find a new value under; None where nothing can be stored for the key."""

    def having(self, stored: Mapping[str, str]) -> Source:
        """The same source as it would be with these values stored (store_as → value)."""


class Store(Protocol):
    """Holds maps of entry to value, each under a place of its own: files, paths, objects."""

    def fetch(self, place: str) -> Mapping[str, Any] | None:
        """All that lies at a place; None where there is no such place.

        :param place: empty for the one that the inventory names for all keys.
        :raises ProvenError: it can't be had. That is one fault, not one of each key.
        """

    def where(self, place: str, entry: str) -> str:
        """What a person calls an entry."""

    def fix(self, place: str, entry: str) -> str:
        """How a person puts a value there."""


class StoreSource:
    """A source that only reads: each key is an entry of a store, under its own name or the one that `entries` gives it.

    :param keys: the declared keys.
    :param entries: key → `entry`, or `place#entry` where it lies elsewhere.
    """

    def __init__(self, store: Store, keys: Sequence[str], entries: Mapping[str, str]) -> None:
        self._store = store
        self._keys = list(dict.fromkeys([*keys, *entries]))
        self._entries = dict(entries)
        self._places: dict[str, Mapping[str, Any] | None] = {}

    def keys(self) -> list[str]:
        return list(self._keys)

    def having(self, stored: Mapping[str, str]) -> Source:
        raise NotImplementedError  # nothing says store_as here

    def where(self, key: str) -> str:
        place, _sign, entry = self._entries.get(key, key).rpartition("#")
        return self._store.where(place, entry)

    def store_as(self, key: str) -> str | None:
        return None

    def read(self, key: str) -> Reading:
        place, _sign, entry = self._entries.get(key, key).rpartition("#")
        if place not in self._places:
            self._places[place] = self._store.fetch(place)
        held = self._places[place]
        where = self._store.where(place, entry)
        if held is None or held.get(entry) is None:
            return Missing(f"is missing: there is no {where}", fix=self._store.fix(place, entry))
        return as_reading(held[entry], where)


def as_reading(value: object, where: str) -> Reading:
    """A value as a store gives it."""
    if value in ("", b""):
        return Missing(f"is empty ({where})", fix="Give it a value, or remove it.")
    try:
        text = value.decode() if isinstance(value, bytes) else value
        if isinstance(text, str):
            text.encode()
    except UnicodeError:
        return Unreadable(f"isn't UTF-8 text ({where})", fix="Keep binary content as base64.")
    if not isinstance(text, str):
        return Unreadable(f"isn't text ({where})", fix="Put the value in quotes.")
    return Value(str(text))
