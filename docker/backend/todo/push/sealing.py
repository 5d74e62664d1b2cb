"""Message encryption for web push (RFC 8291, one record of RFC 8188's aes128gcm): only the browser can read it.

Written with `cryptography` alone: the library for this comes as source only and draws in three HTTP clients.
"""

from __future__ import annotations

import os
import struct

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

MAX_BYTES = 3072
"""Push services carry 4096 bytes sealed; some browsers a little less."""
RECORD_SIZE = 4096


def browser_key(raw: bytes) -> ec.EllipticCurvePublicKey:
    """A subscription's p256dh. Raises ValueError when it is no point of the curve."""
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)


def seal(message: bytes, p256dh: bytes, auth: bytes, *, salt: bytes | None = None, key: ec.EllipticCurvePrivateKey | None = None) -> bytes:
    """The body for the push service. `salt` and `key` are new for each message, and given only to check the RFC's example.

    Raises ValueError when a key is bad or the message is too long.
    """
    if len(message) > MAX_BYTES:
        raise ValueError(f"a pushed message has at most {MAX_BYTES} bytes")
    salt = salt or os.urandom(16)
    key = key or ec.generate_private_key(ec.SECP256R1())
    ours = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = key.exchange(ec.ECDH(), browser_key(p256dh))
    secret = _derive(shared, auth, b"WebPush: info\x00" + p256dh + ours, 32)
    content_key = _derive(secret, salt, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derive(secret, salt, b"Content-Encoding: nonce\x00", 12)
    header = salt + struct.pack("!LB", RECORD_SIZE, len(ours)) + ours
    return header + AESGCM(content_key).encrypt(nonce, message + b"\x02", None)


def _derive(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)
