"""Asking a registry, with a small server in its place."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._images.registry import Login, NeedsLogin, Registry, Unreachable


class Handler(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        status = int(self.path.rsplit("/", 1)[1])
        self.send_response(status)
        accepted = self.headers["Accept"]
        if status == 200 and "docker.distribution.manifest.v2+json" in accepted and "oci.image.manifest.v1+json" in accepted:
            self.send_header("Docker-Content-Digest", "sha256:abc")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Registry(f"127.0.0.1:{server.server_port}")
    server.shutdown()
    server.server_close()


def test_answers(registry: Registry) -> None:
    assert registry.digest("todo/web", "200") == "sha256:abc"
    assert registry.digest("todo/web", "404") is None
    for status in ("401", "403"):
        with pytest.raises(NeedsLogin):
            registry.digest("todo/web", status)
    with pytest.raises(ProvenError, match="answers 500"):
        registry.digest("todo/web", "500")


def test_nobody_answers() -> None:
    with pytest.raises(Unreachable, match="doesn't answer"):
        Registry("127.0.0.1:1").digest("todo/web", "x")


@pytest.mark.parametrize(
    ("address", "plain"),
    [
        ("localhost:5001", True),
        ("127.0.0.1:5000", True),
        ("localhost", True),
        ("[::1]:5000", True),
        ("ghcr.io", False),
        ("r.example:5000", False),
    ],
)
def test_plain_http_on_this_machine_alone(address: str, plain: bool) -> None:
    assert Registry(address).plain is plain


class Locked(BaseHTTPRequestHandler):
    """Wants a token, which its own token service gives to one user, as the registries of clouds do (Docker's token authentication)."""

    port = 0

    def do_GET(self) -> None:
        if self.path.startswith("/token?"):
            right = self.headers["Authorization"] == f"Basic {Login('me', 'right').basic}" and "service=here" in self.path
            body = json.dumps({"token": "scoped" if "scope=repository%3Aacme%2Ftodo%2Fweb" in self.path else "plain"}).encode()
            self.send_response(200 if right else 401)
            self.end_headers()
            self.wfile.write(body if right else b"")
            return
        self.do_HEAD()

    def do_HEAD(self) -> None:
        wanted = "Bearer plain" if self.path == "/v2/" else "Bearer scoped"
        if self.headers["Authorization"] == wanted:
            self.send_response(200)
            self.send_header("Docker-Content-Digest", "sha256:abc")
        else:
            self.send_response(401)
            self.send_header("WWW-Authenticate", f'Bearer realm="http://127.0.0.1:{self.port}/token",service="here"')
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def locked() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Locked)
    Locked.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}/acme"
    server.shutdown()
    server.server_close()


def test_login_by_token_with_a_stand_in(locked: str) -> None:
    registry = Registry(locked, Login("me", "right"))
    registry.check()
    assert registry.digest("todo/web", "1") == "sha256:abc"
    with pytest.raises(NeedsLogin):
        Registry(locked).digest("todo/web", "1")
    wrong = Registry(locked, Login("me", "wrong"))
    with pytest.raises(ProvenError, match="refuses the login of me") as error:
        wrong.check()
    assert "wrong" not in str(error.value)
    with pytest.raises(ProvenError, match="refuses the login of me"):
        wrong.digest("todo/web", "1")


def test_a_proxy_is_never_asked_for_a_registry_on_this_machine(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert Registry(registry.address).digest("todo/web", "200") == "sha256:abc"
