"""Stands in for Better Auth: signs JWTs as its JWT plugin does, and publishes the keys at an address that can fail."""

from __future__ import annotations

import base64
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ISSUER = "https://todo.example"
AUDIENCE = "https://todo.example"


class Issuer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.keys = {"first": Ed25519PrivateKey.generate()}
        self.extra: list[dict[str, Any]] = []
        self.status = 200
        self.delay = 0.0
        self.requests = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/api/auth/jwks"

    def document(self) -> dict[str, Any]:
        return {"keys": [public(kid, key) for kid, key in self.keys.items()] + self.extra}

    def token(self, user: str, *, kid: str = "first", headers: dict[str, Any] | None = None, **claims: Any) -> str:
        """A claim of None is left out."""
        now = int(time.time())
        payload = {"sub": user, "iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + 900, "email": f"{user}@example.org", **claims}
        payload = {name: value for name, value in payload.items() if value is not None}
        return jwt.encode(payload, self.keys[kid], "EdDSA", {"kid": kid, **(headers or {})})

    def settings(self) -> dict[str, str]:
        return {"auth_jwks_url": self.url, "auth_issuer": ISSUER, "auth_audience": AUDIENCE}


def public(kid: str, key: Ed25519PrivateKey) -> dict[str, Any]:
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {"alg": "EdDSA", "crv": "Ed25519", "kty": "OKP", "kid": kid, "x": base64.urlsafe_b64encode(raw).decode().rstrip("=")}


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        issuer = cast(Issuer, self.server)
        issuer.requests += 1
        time.sleep(issuer.delay)
        body = json.dumps(issuer.document() if issuer.status == 200 else {"error": "as told"}).encode()
        self.send_response(issuer.status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Tests read other logs."""
