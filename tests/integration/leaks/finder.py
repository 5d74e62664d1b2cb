# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds secrets in bytes, in every form that they may have there. Pure."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

SHORTEST = 8
"""Bytes that a form has to have, so that it isn't found by chance."""


@dataclass(frozen=True, order=True)
class Leak:
    """:ivar place: where it was found.
    :ivar secret: name of the secret.
    :ivar form: in which it was there.
    """

    place: str
    secret: str
    form: str

    def __str__(self) -> str:
        return f"{self.place}: {self.secret}, {self.form}"


def forms(value: str) -> dict[str, tuple[bytes, ...]]:
    """Name of a form → what a value is in it."""
    raw = value.encode()
    escaped = {json.dumps(value, ensure_ascii=ascii)[1:-1] for ascii in (True, False)}
    # As text in text that is JSON again, such as an event's line with the result of a module.
    again = {json.dumps(each, ensure_ascii=ascii)[1:-1] for each in escaped for ascii in (True, False)}
    urls = {quote(value, safe=safe) for safe in ("", "/", ":/")} | {quote_plus(value)}
    found = {
        "raw": {raw},
        "base64": {part for kind in (base64.b64encode, base64.urlsafe_b64encode) for part in aligned(raw, kind)},
        "base64 twice": {part for each in aligned(raw, base64.b64encode) for part in aligned(each, base64.b64encode)},
        "URL-encoded": {form.encode() for form in urls | {re.sub("%..", lambda code: code[0].lower(), url) for url in urls}},
        "JSON-escaped": {form.encode() for form in escaped | again},
        "Python's repr": {repr(value)[1:-1].encode(), repr(raw)[2:-1].encode()},
    }
    known: set[bytes] = set()
    distinct: dict[str, tuple[bytes, ...]] = {}
    for name, each in found.items():
        distinct[name] = tuple(sorted(part for part in each - known if len(part) >= SHORTEST))
        known |= each
    return distinct


def aligned(raw: bytes, encode: object) -> set[bytes]:
    """What is always the same of a value's base64, wherever in a longer text it begins."""
    assert callable(encode)
    found = set()
    for before in range(3):
        text: bytes = encode(bytes(before) + raw)
        start = (0, 2, 3)[before]
        # Of the last group, what depends on what comes after it, and padding, isn't its own.
        end = len(text) if (before + len(raw)) % 3 == 0 else (before + len(raw)) // 3 * 4 + ((before + len(raw)) % 3 * 8) // 6
        found.add(text[start:end])
    return found


class Finder:
    """:param secrets: name → value."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._forms = {name: forms(value) for name, value in secrets.items()}

    def leaks(self, place: str, content: bytes) -> list[Leak]:
        """Each secret in each form that is in there."""
        return [
            Leak(place, name, form)
            for name, kinds in self._forms.items()
            for form, parts in kinds.items()
            if any(part in content for part in parts)
        ]

    def all(self, places: Iterable[tuple[str, bytes]]) -> list[Leak]:
        return sorted({leak for place, content in places for leak in self.leaks(place, content)})
