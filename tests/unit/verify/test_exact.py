# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kubelet's own request, byte for byte, and what comes back; over a Unix socket."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.plugins.module_utils._verify import exact, proxy, streams
from ansible_collections.proven.webapp.plugins.module_utils._verify.target import Target
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

TARGET = Target("http", "10.0.0.7", 8080, "10.0.0.7:8080", "/a%2Fb", "q=1")
INTERIM = b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 100 Go on\r\n\r\n"
HEADERS = [("X-Key", "a"), ("X-Key", "ä"), ("User-Agent", "kube-probe/1.34")]


class FakeTunnel:
    """Ends at a server that says what it is told to, and then nothing for a while, or ends."""

    answer = b""
    silent = 0.0
    error = ""
    received = b""
    certificate: Path | None = None

    def __init__(self, folder: Path) -> None:
        self.path = str(folder / f"s{time.monotonic_ns()}")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.done = threading.Event()

    def __enter__(self) -> FakeTunnel:
        self.thread.start()
        return self

    def __exit__(self, *_about: Any) -> None:
        self.done.set()
        self.thread.join(5)
        self.listener.close()

    def serve(self) -> None:
        connection, _address = self.listener.accept()
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate)
            connection = context.wrap_socket(connection, server_side=True)
        with connection:
            if not self.error:
                FakeTunnel.received = connection.recv(10_000)
                connection.sendall(self.answer)
                self.done.wait(self.silent)


@pytest.fixture
def get(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., proxy.Fetched]:
    def one(
        answer: bytes, *, silent: float = 0.0, error: str = "", host: str = "", allowed: float = 1.0, target: Target = TARGET
    ) -> proxy.Fetched:
        for name, value in (("answer", answer), ("silent", silent), ("error", error)):
            monkeypatch.setattr(FakeTunnel, name, value)
        monkeypatch.setattr(exact, "Tunnel", lambda *_about: FakeTunnel(tmp_path))
        return exact.ExactWay(cast(Api, None), "n", "web-1").get(target, host, HEADERS, allowed)

    return one


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Signed by itself for another name: the kubelet asks for no better one."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "another.example")])
    began = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), began, began.replace(year=2021))
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(private + builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return file


@pytest.mark.parametrize(
    ("answer", "outcome", "status"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", proxy.ANSWERED, 200),
        (b"HTTP/1.1 500 No\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbad", proxy.ANSWERED, 500),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort", proxy.BROKEN_BODY, 200),
    ],
)
def test_over_tls_with_a_certificate_that_is_worth_nothing(
    get: Callable[..., proxy.Fetched], certificate: Path, monkeypatch: pytest.MonkeyPatch, answer: bytes, outcome: str, status: int
) -> None:
    monkeypatch.setattr(FakeTunnel, "certificate", certificate)
    found = get(answer, target=replace(TARGET, scheme="https"), allowed=5.0)
    assert (found.outcome, found.status) == (outcome, status), found.text


def test_the_request(get: Callable[..., proxy.Fetched]) -> None:
    get(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    lines = FakeTunnel.received.decode().split("\r\n")
    expected = [
        "GET /a%2Fb?q=1 HTTP/1.1",
        "Host: 10.0.0.7:8080",
        "X-Key: a",
        "X-Key: ä",
        "User-Agent: kube-probe/1.34",
        "Connection: close",
    ]
    assert lines == [*expected, "", ""]
    get(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", host="shop.example")
    assert b"\r\nHost: shop.example\r\n" in FakeTunnel.received


@pytest.mark.parametrize(
    ("answer", "outcome", "status"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", proxy.ANSWERED, 200),
        (b"HTTP/1.1 204 No Content\r\n\r\n", proxy.ANSWERED, 204),
        (b"HTTP/1.1 503 No\r\nConnection: close\r\n\r\nuntil the end", proxy.ANSWERED, 503),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", proxy.ANSWERED, 200),
        (
            b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            proxy.ANSWERED,
            200,
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort", proxy.BROKEN_BODY, 200),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nshort", proxy.BROKEN_BODY, 200),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n" + b"x" * 20_000, proxy.ANSWERED, 200),
        (b"no HTTP\r\n\r\n", proxy.UNREACHED, None),
        (b"", proxy.UNREACHED, None),
    ],
)
def test_an_answer(get: Callable[..., proxy.Fetched], answer: bytes, outcome: str, status: int | None) -> None:
    fetched = get(answer)
    assert (fetched.outcome, fetched.status) == (outcome, status)


def test_a_redirect(get: Callable[..., proxy.Fetched]) -> None:
    assert get(b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n").location == "/there"


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [(b"", proxy.LATE), (b"HTTP/1.1 200 OK\r\n", proxy.LATE), (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nslow", proxy.SLOW_BODY)],
)
def test_an_answer_that_takes_too_long(get: Callable[..., proxy.Fetched], answer: bytes, outcome: str) -> None:
    start = time.monotonic()
    fetched = get(answer, silent=10.0, allowed=0.2)
    assert fetched.outcome == outcome
    assert 0.15 < fetched.seconds < 2
    assert time.monotonic() - start < 5


def test_a_port_that_nobody_listens_at(get: Callable[..., proxy.Fetched]) -> None:
    assert get(b"", error="connection refused").outcome == proxy.IMPOSSIBLE


@pytest.mark.parametrize(
    ("error", "outcome"), [(streams.StreamRefused("create pods/portforward"), proxy.REFUSED), (streams.StreamError("no"), proxy.IMPOSSIBLE)]
)
def test_no_stream(monkeypatch: pytest.MonkeyPatch, error: Exception, outcome: str) -> None:
    def fail(*_about: Any) -> None:
        raise error

    monkeypatch.setattr(exact, "Tunnel", fail)
    assert exact.ExactWay(cast(Api, None), "n", "web-1").get(TARGET, "", [], 1.0).outcome == outcome
