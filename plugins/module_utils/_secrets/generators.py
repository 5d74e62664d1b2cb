# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Making strong secrets. Each kind of generator is one entry of GENERATORS."""

from __future__ import annotations

import base64
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


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _ec_private_key(_curve: str, _known: Mapping[str, str]) -> str:
    """The scalar, 32 bytes, as web push writes it (RFC 8292, VAPID)."""
    from cryptography.hazmat.primitives.asymmetric import ec

    return _base64url(ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value.to_bytes(SCALAR_BYTES, "big"))


def _ec_public_key(key: str, known: Mapping[str, str]) -> str:
    return public_key(known[key])


def public_key(text: str) -> str:
    """The point that belongs to a private key, uncompressed, 65 bytes; nothing where that isn't a key."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    try:
        scalar = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        private = ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1()) if len(scalar) == SCALAR_BYTES else None
    except ValueError:
        private = None
    if private is None:
        return ""
    return _base64url(private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


GENERATORS: dict[str, Kind] = {
    "token": Kind(argument=int, make=lambda size, _known: secrets.token_urlsafe(size)),
    "password": Kind(argument=int, make=_password),
    "template": Kind(argument=str, make=_template, needs=lambda text: string.Template(text).get_identifiers()),
    "ec_private_key": Kind(argument=str, make=_ec_private_key),
    "ec_public_key": Kind(argument=str, make=_ec_public_key, needs=lambda key: [key]),
}
"""`token`: random bytes, URL-safe base64. `password`: letters and digits. `template`: `${OTHER_KEY}` filled in, percent-encoded.
`ec_private_key`: of the curve named, which is P-256; `ec_public_key`: of the key named. Both as base64url without padding."""
CURVES = ("P-256",)
SCALAR_BYTES = 32


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
