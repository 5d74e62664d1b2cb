"""VAPID (RFC 8292): tells a push service who is sending."""

from __future__ import annotations

import base64
import time
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

LIFE_SECONDS = 12 * 3600
"""Push services accept 24 hours at most."""


def unpad(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def from_base64url(text: str) -> bytes:
    """Padding or not. Raises ValueError."""
    return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True)


def private_key(text: str) -> ec.EllipticCurvePrivateKey:
    """Of 32 bytes in base64url. Raises ValueError when that is no key of the curve."""
    return ec.derive_private_key(int.from_bytes(from_base64url(text)), ec.SECP256R1())


def public_key_of(text: str) -> str:
    """The public key (base64url, as browsers take it) of a private one."""
    return unpad(private_key(text).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


class Vapid:
    def __init__(self, private: str, public: str, subject: str) -> None:
        self._key = private_key(private)
        self._public = public.rstrip("=")
        self._subject = subject

    def header(self, endpoint: str) -> str:
        """The Authorization header for an endpoint's service."""
        url = urlsplit(endpoint)
        claims = {"aud": f"{url.scheme}://{url.netloc}", "exp": int(time.time()) + LIFE_SECONDS, "sub": self._subject}
        return f"vapid t={jwt.encode(claims, self._key, 'ES256')}, k={self._public}"
