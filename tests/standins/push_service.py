# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A stand-in for a browser and its push service (RFC 8030, 8188, 8291, 8292): checks who sends, and opens what is sent.

    python3 push_service.py [--port 8091] [--host 0.0.0.0]

POST /subscribe {"name": "…", "public_key": "<VAPID key, optional>"} → a subscription as a browser gives it; GET /messages/<name> → what has
arrived; POST /answer/<name> {"statuses": [429, 503], "retry_after": "1"} → what to answer next; POST /push/<name> → as the protocol says.
"""

from __future__ import annotations

import argparse
import base64
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

Json = dict[str, Any]


def encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def derive(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


class RefusedError(Exception):
    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass
class Subscription:
    """A browser's side: its keys, what has arrived (opened), and the answers that were ordered."""

    public_key: str | None
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = b"0123456789abcdef"
    messages: list[Json] = field(default_factory=list)
    attempts: int = 0
    statuses: list[int] = field(default_factory=list)
    retry_after: str | None = None
    delay: float = 0.0

    @property
    def p256dh(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def opened(self, body: bytes) -> bytes:
        """RFC 8291: one record, the last, padded by 0x02 and zeros."""
        salt, size, length = body[:16], int.from_bytes(body[16:20]), body[20]
        theirs, sealed = body[21 : 21 + length], body[21 + length :]
        if length != 65 or size < 18 or len(sealed) > size or len(body) > 4096:
            raise RefusedError(400, "not a record of aes128gcm")
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs))
        secret = derive(shared, self.auth, b"WebPush: info\x00" + self.p256dh + theirs, 32)
        key = derive(secret, salt, b"Content-Encoding: aes128gcm\x00", 16)
        nonce = derive(secret, salt, b"Content-Encoding: nonce\x00", 12)
        try:
            padded = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\x00")
        except InvalidTag:
            raise RefusedError(400, "can't be opened") from None
        if not padded.endswith(b"\x02"):
            raise RefusedError(400, "no last record")
        return padded[:-1]


def check_vapid(header: str, origin: str, expected: str | None) -> Json:
    """The claims of a good Authorization header (RFC 8292)."""
    scheme, _, rest = header.partition(" ")
    parts = dict(piece.strip().split("=", 1) for piece in rest.split(",") if "=" in piece)
    if scheme.lower() != "vapid" or not {"t", "k"} <= parts.keys():
        raise RefusedError(401, "no VAPID header")
    if expected is not None and parts["k"] != expected:
        raise RefusedError(403, "not the key of this subscription")
    head, claims, signature = parts["t"].split(".")
    raw = decode(signature)
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decode(parts["k"]))
    der = utils.encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    try:
        key.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise RefusedError(403, "not signed by that key") from None
    found: Json = json.loads(decode(claims))
    if json.loads(decode(head)).get("alg") != "ES256" or found.get("aud") != origin:
        raise RefusedError(403, f"for another audience than {origin}")
    if not time.time() < found.get("exp", 0) <= time.time() + 86400:
        raise RefusedError(403, "expired, or for longer than a day")
    if not str(found.get("sub", "")).startswith(("mailto:", "https://")):
        raise RefusedError(403, "no contact")
    return found


class PushService(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__((host, port), Handler)
        self.subscriptions: dict[str, Subscription] = {}
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def subscribe(self, name: str, public_key: str | None = None, *, origin: str | None = None) -> Json:
        """As PushSubscription.toJSON() gives it."""
        made = Subscription(public_key)
        self.subscriptions[name] = made
        keys = {"p256dh": encode(made.p256dh), "auth": encode(made.auth)}
        return {"endpoint": f"{origin or self.url}/push/{name}", "expirationTime": None, "keys": keys}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        subscription = self._subscription("/messages/")
        self._answer(200, {"messages": subscription.messages, "attempts": subscription.attempts} if subscription else {"status": "ok"})

    def do_POST(self) -> None:
        server = cast(PushService, self.server)
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        if self.path == "/subscribe":
            wanted = json.loads(body)
            self._answer(201, server.subscribe(wanted["name"], wanted.get("public_key"), origin=self._origin()))
        elif subscription := self._subscription("/answer/"):
            wanted = json.loads(body)
            subscription.statuses, subscription.retry_after = wanted["statuses"], wanted.get("retry_after")
            self._answer(200, {})
        elif subscription := self._subscription("/push/"):
            try:
                self._push(subscription, body)
            except RefusedError as error:
                self._answer(error.status, {"reason": str(error)})
        else:
            self._answer(404, {"reason": "no such subscription"})

    def _push(self, subscription: Subscription, body: bytes) -> None:
        with cast(PushService, self.server).lock:
            subscription.attempts += 1
            status = subscription.statuses.pop(0) if subscription.statuses else 201
        if status != 201:
            more = {"retry-after": subscription.retry_after} if subscription.retry_after else {}
            self._answer(status, {"reason": "as told"}, **more)
            return
        if self.headers.get("content-encoding") != "aes128gcm" or not self.headers.get("ttl", "").isdecimal():
            raise RefusedError(400, "content-encoding aes128gcm and a TTL are needed")
        topic = self.headers.get("topic")
        if topic is not None and (len(topic) > 32 or not topic.replace("-", "").replace("_", "").isalnum()):
            raise RefusedError(400, "a bad topic")
        claims = check_vapid(self.headers.get("authorization", ""), self._origin(), subscription.public_key)
        message = {"payload": json.loads(subscription.opened(body)), "topic": topic, "ttl": int(self.headers["ttl"]), "claims": claims}
        subscription.messages.append({**message, "urgency": self.headers.get("urgency")})
        time.sleep(subscription.delay)
        self._answer(201, {}, location=f"{self._origin()}/message/{len(subscription.messages)}")

    def _origin(self) -> str:
        return f"http://{self.headers.get('host', '')}"

    def _subscription(self, prefix: str) -> Subscription | None:
        if not self.path.startswith(prefix):
            return None
        return cast(PushService, self.server).subscriptions.get(self.path.removeprefix(prefix))

    def _answer(self, status: int, body: Json, **headers: str) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"content-type": "application/json", "content-length": str(len(raw)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: Any) -> None:
        """Tests read other logs."""


def main() -> None:
    parser = argparse.ArgumentParser(description="A stand-in for a browser's push service")
    parser.add_argument("--host", default="0.0.0.0")
    parser.add_argument("--port", type=int, default=8091)
    given = parser.parse_args()
    PushService(given.host, given.port).serve_forever()


if __name__ == "__main__":
    main()
