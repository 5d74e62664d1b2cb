"""Asking a registry, with a small server in its place."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._images.registry import NeedsLogin, Registry, Unreachable


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
