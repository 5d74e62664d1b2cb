# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Making strong secrets. Each kind of generator is one entry of GENERATORS."""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True)
class Generator:
    """`generate: {kind: argument}` of a key's rule."""

    kind: str
    argument: Any


@dataclass(frozen=True)
class Kind:
    """One kind of generator.

    :param argument: the type of its argument.
    :param needs: the other keys that must have a value before it can run.
    :param make: argument and the values known so far → value.
    """

    argument: type
    make: Callable[[Any, Mapping[str, str]], str]
    needs: Callable[[Any], list[str]] = lambda _argument: []


def _password(length: int, _known: Mapping[str, str]) -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _position in range(length))


def _template(text: str, known: Mapping[str, str]) -> str:
    """Other keys' values are percent-encoded: what is composed is a URL."""
    return string.Template(text).substitute({key: quote(value, safe="") for key, value in known.items()})


GENERATORS: dict[str, Kind] = {
    "token": Kind(argument=int, make=lambda size, _known: secrets.token_urlsafe(size)),
    "password": Kind(argument=int, make=_password),
    "template": Kind(argument=str, make=_template, needs=lambda text: string.Template(text).get_identifiers()),
}
"""`token`: random bytes, URL-safe base64. `password`: letters and digits. `template`: `${OTHER_KEY}` filled in, percent-encoded."""


def generate(wanted: Mapping[str, Generator], known: Mapping[str, str]) -> dict[str, str]:
    """Make the wanted keys' values, those that others are composed of first.

    :param known: key → value of what is there already.
    :returns: key → new value. A key whose template needs one that is neither known nor made is left out.
    """
    made: dict[str, str] = {}
    left = dict(wanted)
    while True:
        values = {**known, **made}
        ready = [key for key, one in left.items() if all(need in values for need in GENERATORS[one.kind].needs(one.argument))]
        if not ready:
            return made
        for key in ready:
            one = left.pop(key)
            made[key] = GENERATORS[one.kind].make(one.argument, values)
