# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose answer it was, and how much of it came."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._api import Api, Unreachable
from ansible_collections.proven.webapp.plugins.module_utils._verify import proxy
from ansible_collections.proven.webapp.plugins.module_utils._verify.answer import Gone
from ansible_collections.proven.webapp.plugins.module_utils._verify.credential import CutOff
from ansible_collections.proven.webapp.plugins.module_utils._verify.target import Target
from urllib3 import HTTPResponse, exceptions

TARGET = Target("http", "10.0.0.7", 8080, "10.0.0.7:8080", "/ok")
JSON = "application/json"


class FakeApi:
    """Gives one answer to every probe, and a status to everything else."""

    host = "https://cluster"
    headers: Mapping[str, str] = {}

    def __init__(self, answer: HTTPResponse | Exception, status: int = 200) -> None:
        self.answer = answer
        self.status = status
        self.sent: list[tuple[str, str]] = []

    def open(self, path: str, headers: Sequence[tuple[str, str]], timeout: float) -> HTTPResponse:
        self.sent = list(headers)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def get(self, path: str) -> tuple[int, bytes]:
        if self.status == 0:
            raise Unreachable("gone")
        return self.status, b"{}"


def answer(status: int, body: bytes = b"", content_type: str = "text/plain", length: int | None = None, **headers: str) -> HTTPResponse:
    given = {"Content-Type": content_type, "Content-Length": str(len(body) if length is None else length), **headers}
    return HTTPResponse(io.BytesIO(body), given, status, preload_content=False, enforce_content_length=True, request_method="GET")


def own(code: int, message: str, **more: Any) -> HTTPResponse:
    status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code, **more}
    return answer(code, json.dumps(status).encode(), JSON)


def get(
    given: HTTPResponse | Exception, status: int = 200, host: str = "", headers: Sequence[tuple[str, str]] = ()
) -> tuple[proxy.Fetched, FakeApi]:
    api = FakeApi(given, status)
    return proxy.Way(cast(Api, api), "shop", "web-1").get(TARGET, host, headers, 1.0), api


@pytest.mark.parametrize("status", [200, 302, 404, 500, 503])
def test_an_answer_of_the_application(status: int) -> None:
    fetched, _api = get(answer(status, b"x", Location="/there"))
    assert (fetched.outcome, fetched.status, fetched.location) == (proxy.ANSWERED, status, "/there")


def test_the_host_is_the_pods_and_python_is_not_the_agent() -> None:
    _fetched, api = get(answer(200))
    assert api.sent[0] == ("Host", "10.0.0.7:8080")
    assert [value for name, value in api.sent if name == "User-Agent"] == ["@@@SKIP_HEADER@@@"]
    _fetched, api = get(answer(200), host="shop.example", headers=[("User-Agent", "lab"), ("X-Key", "ä")])
    assert api.sent == [("Host", "shop.example"), ("User-Agent", "lab"), ("X-Key", "ä".encode().decode("latin-1"))]


def test_an_application_that_answers_in_the_api_servers_form() -> None:
    for code in (403, 404, 503):
        fetched, _api = get(own(code, "of my own"))
        assert (fetched.outcome, fetched.status) == (proxy.ANSWERED, code)


def test_the_api_server_got_no_answer() -> None:
    fetched, _api = get(own(503, "error trying to reach service: dial tcp 10.0.0.7:8080: connect: connection refused"))
    assert fetched.outcome == proxy.UNREACHED
    assert fetched.text == "dial tcp 10.0.0.7:8080: connect: connection refused"


def test_the_right_is_missing() -> None:
    fetched, _api = get(own(403, 'pods "web-1:8080" is forbidden: User "x" cannot get resource "pods/proxy" in API group ""'))
    assert (fetched.outcome, fetched.text) == (proxy.REFUSED, "get pods/proxy")


def test_the_pod_is_gone() -> None:
    with pytest.raises(Gone):
        get(own(404, 'pods "web-1" not found', details={"name": "web-1", "kind": "pods"}))


def test_an_application_that_misses_another_pod() -> None:
    fetched, _api = get(own(404, 'pods "other" not found', details={"name": "other", "kind": "pods"}))
    assert (fetched.outcome, fetched.status) == (proxy.ANSWERED, 404)


def test_an_address_that_the_api_server_does_not_connect_to() -> None:
    fetched, _api = get(own(400, "address not allowed"))
    assert fetched.outcome == proxy.IMPOSSIBLE


def test_a_credential_that_has_expired() -> None:
    with pytest.raises(CutOff, match="credential"):
        get(own(401, "Unauthorized"), status=401)


def test_an_application_that_asks_for_a_credential() -> None:
    fetched, _api = get(own(401, "Unauthorized"), status=200)
    assert (fetched.outcome, fetched.status) == (proxy.ANSWERED, 401)


def test_a_body_that_breaks_off() -> None:
    fetched, _api = get(answer(200, b"short", length=100))
    assert fetched.outcome == proxy.BROKEN_BODY
    fetched, _api = get(own(500, "unexpected EOF"))
    assert fetched.outcome == proxy.BROKEN_BODY


def test_only_the_beginning_of_a_body_is_read() -> None:
    given = answer(200, b"x" * 20_000, length=1_000_000)
    fetched, _api = get(given)
    assert fetched.outcome == proxy.ANSWERED
    assert given.tell() == proxy.BODY


def test_no_answer_in_time() -> None:
    fetched, _api = get(exceptions.ReadTimeoutError(cast(Any, None), "/", "late"))
    assert fetched.outcome == proxy.LATE


def test_a_connection_that_ends_while_the_api_server_is_there() -> None:
    fetched, _api = get(exceptions.ProtocolError("Connection aborted"))
    assert fetched.outcome == proxy.BROKEN_BODY


def test_a_connection_that_ends_with_the_api_server() -> None:
    with pytest.raises(Unreachable):
        get(exceptions.ProtocolError("Connection aborted"), status=0)
    with pytest.raises(Unreachable):
        get(exceptions.NewConnectionError(cast(Any, None), "refused"))


def test_an_interim_answer_leaves_no_connection_behind() -> None:
    given = answer(103)
    fetched, _api = get(given)
    assert (fetched.status, given.closed) == (103, True)
