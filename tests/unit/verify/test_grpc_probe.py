# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The health protocol against a real gRPC server on a Unix socket."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from ansible_collections.proven.webapp.plugins.module_utils._verify.answer import FAILURE, SUCCESS
from ansible_collections.proven.webapp.plugins.module_utils._verify.grpc_probe import check, decode_response, encode_request

Health = Callable[[bytes, Any], bytes]


class Server:
    def __init__(self, folder: Path, health: Health | None) -> None:
        self.seen: dict[str, str] = {}
        self.request = b""
        self.health = health
        self.address = f"unix:{folder}/s"
        self.server = grpc.server(ThreadPoolExecutor(2))
        if health:
            handler: Any = grpc.unary_unary_rpc_method_handler(self._check)
            self.server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": handler}),))
        self.server.add_insecure_port(self.address)
        self.server.start()

    def _check(self, request: bytes, context: Any) -> bytes:
        assert self.health
        self.seen = dict(context.invocation_metadata())
        self.request = request
        return self.health(request, context)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[Health | None], Server]]:
    made: list[Server] = []

    def start(health: Health | None) -> Server:
        made.append(Server(tmp_path, health))
        return made[-1]

    yield start
    for server in made:
        server.server.stop(None)


def unknown(_request: bytes, context: Any) -> bytes:
    context.abort(grpc.StatusCode.NOT_FOUND, "unknown service")
    return b""


@pytest.mark.parametrize(
    ("response", "result", "words"),
    [
        (b"\x08\x01", SUCCESS, ""),
        (b"\x08\x02", FAILURE, "NOT_SERVING"),
        (b"", FAILURE, "UNKNOWN"),
        (b"\x08\x03", FAILURE, "SERVICE_UNKNOWN"),
    ],
)
def test_the_servers_state(serve: Callable[[Health | None], Server], response: bytes, result: str, words: str) -> None:
    server = serve(lambda _request, _context: response)
    answer = check(server.address, "10.0.0.7:9000", "", 2, "kube-probe/1.34")
    assert answer.result == result
    assert words in answer.reason
    assert server.seen["user-agent"].startswith("kube-probe/1.34 ")


def test_the_service_is_named(serve: Callable[[Health | None], Server]) -> None:
    server = serve(lambda _request, _context: b"\x08\x01")
    check(server.address, "10.0.0.7:9000", "shop.Cart", 2, "a")
    assert server.request == b"\x0a\x09shop.Cart"


def test_an_unknown_service(serve: Callable[[Health | None], Server]) -> None:
    answer = check(serve(unknown).address, "10.0.0.7:9000", "x", 2, "a")
    assert answer.result == FAILURE
    assert "NOT_FOUND: unknown service" in answer.reason


def test_a_server_without_the_protocol(serve: Callable[[Health | None], Server]) -> None:
    answer = check(serve(None).address, "10.0.0.7:9000", "", 2, "a")
    assert answer.result == FAILURE
    assert "does not implement the grpc health protocol" in answer.reason


def test_a_server_that_does_not_answer_in_time(serve: Callable[[Health | None], Server]) -> None:
    released = threading.Event()

    def hang(_request: bytes, _context: Any) -> bytes:
        released.wait(10)
        return b""

    start = time.monotonic()
    answer = check(serve(hang).address, "10.0.0.7:9000", "", 1, "a")
    released.set()
    assert answer.result == FAILURE
    assert "did not complete within 1s" in answer.reason
    assert time.monotonic() - start < 5


def test_nobody_there(tmp_path: Path) -> None:
    assert check(f"unix:{tmp_path}/none", "10.0.0.7:9000", "", 1, "a").result == FAILURE


def test_messages() -> None:
    assert encode_request("") == b""
    assert encode_request("s" * 300) == b"\x0a\xac\x02" + b"s" * 300
    assert [decode_response(data) for data in (b"", b"\x08\x01", b"\x08\xac\x02")] == [0, 1, 300]
    with pytest.raises(ValueError, match="no HealthCheckResponse"):
        decode_response(b"\x12\x01")
