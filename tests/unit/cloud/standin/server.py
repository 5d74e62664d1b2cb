# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A server with TLS, a certificate of its own, and routes."""

from __future__ import annotations

import copy
import datetime
import ipaddress
import json
import re
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(frozen=True)
class Request:
    """
    :ivar body: JSON, or a form's fields.
    :ivar groups: of the route's pattern.
    """

    method: str
    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]
    groups: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any = None


Route = Callable[[Request], Reply]


@dataclass(frozen=True)
class Fault:
    """An answer given instead of the right one, as often as `times` says."""

    method: str
    pattern: str
    reply: Reply


class StandIn:
    """
    :ivar url: where it answers.
    :ivar journal: what it was asked.
    :ivar exchanges: that, with what it answered.
    :ivar faults: given out before any route is looked for; each once.
    """

    def __init__(self, folder: Path) -> None:
        self.routes: list[tuple[str, str, Route]] = []
        self.journal: list[Request] = []
        self.exchanges: list[tuple[Request, Reply]] = []
        self.faults: list[Fault] = []
        self.ca = folder / "stand-in-ca.pem"
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate(folder, self.ca))
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://localhost:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def route(self, method: str, pattern: str, answer: Route) -> None:
        self.routes.append((method, pattern, answer))

    def changes(self) -> list[str]:
        """What was asked that changes something; logins don't."""
        return [
            f"{request.method} {request.path}"
            for request in self.journal
            if request.method not in ("GET", "HEAD") and "token" not in request.path
        ]

    def answer(self, request: Request) -> Reply:
        self.journal.append(request)
        reply = self._reply(request)
        # As it is now: the stand-in goes on to change what it describes
        self.exchanges.append((request, copy.deepcopy(reply)))
        return reply

    def _reply(self, request: Request) -> Reply:
        for fault in self.faults:
            if fault.method == request.method and re.search(fault.pattern, request.path):
                self.faults.remove(fault)
                return fault.reply
        for method, pattern, route in self.routes:
            match = re.fullmatch(pattern, request.path)
            if match and method == request.method:
                return route(Request(**{**vars(request), "groups": match.groupdict()}))
        return Reply(404, {"id": "not_found", "message": f"the stand-in has no {request.method} {request.path}"})


def _handler(stand_in: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            parts = urlsplit(self.path)
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            form = "x-www-form-urlencoded" in self.headers.get("Content-Type", "")
            body = {key: values[0] for key, values in parse_qs(raw).items()} if form else json.loads(raw) if raw else None
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            reply = stand_in.answer(
                Request(self.command, parts.path, query, body, {key.lower(): value for key, value in self.headers.items()})
            )
            text = isinstance(reply.body, str)
            data = b"" if reply.body is None else (reply.body if text else json.dumps(reply.body)).encode()
            self.send_response(reply.status)
            self.send_header("Content-Type", "application/yaml" if text else "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_DELETE = _any

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


def certificate(folder: Path, ca: Path) -> tuple[Path, Path]:
    """(chain, key) of a certificate for localhost that signs itself; it is the CA, too."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "stand-in")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    ca.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    file = folder / "stand-in-key.pem"
    file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return ca, file
