# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the answers to HTTP, TCP and exec probes mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._probes.model import HttpGet
from ansible_collections.proven.webapp.plugins.module_utils._verify import exec_probe, http_probe, proxy, tcp_probe
from ansible_collections.proven.webapp.plugins.module_utils._verify.answer import ERROR, FAILURE, NOT_SHOWN, SUCCESS, WARNING, Answer
from ansible_collections.proven.webapp.plugins.module_utils._verify.proxy import ANSWERED, Fetched, Way
from ansible_collections.proven.webapp.plugins.module_utils._verify.target import Target, proxy_prefix

REFUSED = "dial tcp 10.0.0.7:8080: connect: connection refused"


class FakeWay:
    """Gives its answers one after the other, the last one again and again."""

    namespace, pod = "shop", "web-1"

    def __init__(self, *answers: Fetched) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str, dict[str, str]]] = []

    def prefix(self, target: Target) -> str:
        return proxy_prefix("shop", "web-1", target)

    def get(self, target: Target, host: str, headers: Sequence[tuple[str, str]], allowed: float) -> Fetched:
        self.asked.append((target.url, host, dict(headers)))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def http(*answers: Fetched, timeout: int = 1, **fields: Any) -> tuple[Answer, FakeWay]:
    way = FakeWay(*answers)
    handler = HttpGet(port=8080, path="/ok", **fields)
    return http_probe.ask(way, http_probe.Question(handler, "10.0.0.7", 8080, timeout, "kube-probe/1.34")), way


def status(code: int, location: str = "") -> Fetched:
    return Fetched(ANSWERED, "", code, location)


@pytest.mark.parametrize(
    ("code", "result"),
    [
        (200, SUCCESS),
        (204, SUCCESS),
        (299, SUCCESS),
        (300, WARNING),
        (304, WARNING),
        (399, WARNING),
        (400, FAILURE),
        (503, FAILURE),
        (600, FAILURE),
    ],
)
def test_a_status(code: int, result: str) -> None:
    answer, _way = http(status(code))
    assert (answer.result, answer.status) == (result, code)
    assert answer.passes == (result in (SUCCESS, WARNING))


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(code: int) -> None:
    answer, way = http(status(code, "there"), status(200))
    assert (answer.result, answer.redirects) == (SUCCESS, 1)
    assert way.asked[1] == (
        "http://10.0.0.7:8080/there",
        "",
        {"User-Agent": "kube-probe/1.34", "Accept": "*/*", "Referer": "http://10.0.0.7:8080/ok"},
    )


@pytest.mark.parametrize("code", [300, 304, 305])
def test_other_redirects_are_an_answer(code: int) -> None:
    answer, way = http(status(code, "/there"), status(500))
    assert (answer.result, len(way.asked)) == (WARNING, 1)


def test_a_redirect_without_a_location_is_an_answer() -> None:
    assert http(status(302))[0].result == WARNING


def test_a_redirect_to_another_host_is_a_warning() -> None:
    answer, way = http(status(302, "http://elsewhere.example/"), status(500))
    assert (answer.result, answer.status, len(way.asked)) == (WARNING, 302, 1)


def test_ten_requests_and_no_more() -> None:
    answer, way = http(status(302, "/again"))
    assert (answer.result, len(way.asked)) == (FAILURE, 10)
    assert "stopped after 10 redirects" in answer.reason
    answer, way = http(*[status(302, "/again")] * 9, status(200))
    assert (answer.result, len(way.asked)) == (SUCCESS, 10)


def test_the_probes_own_host_goes_along_with_relative_redirects_alone() -> None:
    own = (("Host", "shop.example"),)
    assert [host for _url, host, _headers in http(status(302, "/x"), status(200), headers=own)[1].asked] == ["shop.example"] * 2
    absolute = status(302, "http://10.0.0.7:9090/x")
    assert [host for _url, host, _headers in http(absolute, status(200), headers=own)[1].asked] == ["shop.example", ""]


@pytest.mark.parametrize("outcome", [proxy.SLOW_BODY, proxy.BROKEN_BODY])
def test_an_answer_that_does_not_end_errs_after_three_attempts(outcome: str) -> None:
    answer, way = http(Fetched(outcome, "", 200))
    assert (answer.result, len(way.asked)) == (ERROR, 3)
    answer, way = http(Fetched(outcome, "", 200), status(503))
    assert (answer.result, len(way.asked)) == (FAILURE, 2)


@pytest.mark.parametrize(
    ("text", "unreached"),
    [
        (REFUSED, False),
        ("EOF", False),
        ("tls: failed to verify", False),
        ("dial tcp 10.0.0.7:8080: i/o timeout", True),
        ("dial tcp 10.0.0.7:8080: connect: no route to host", True),
    ],
)
def test_whose_doing_it_is_that_nothing_answers(text: str, unreached: bool) -> None:
    answer, _way = http(Fetched(proxy.UNREACHED, text))
    assert (answer.result, answer.reason, answer.unreached) == (FAILURE, text, unreached)


def test_no_answer_in_time_is_a_failure() -> None:
    answer, _way = http(Fetched(proxy.LATE), timeout=3)
    assert (answer.result, answer.unreached) == (FAILURE, True)
    assert "within 3 s" in answer.reason


def test_a_missing_right_is_not_shown() -> None:
    answer, _way = http(Fetched(proxy.REFUSED, "get pods/proxy"))
    assert (answer.result, answer.refused) == (NOT_SHOWN, "get pods/proxy")


def test_a_header_that_can_not_be_sent_fails() -> None:
    answer, way = http(status(200), headers=(("X-Key", "a\nb"),))
    assert (answer.result, way.asked) == (FAILURE, [])


def tcp(fetched: Fetched, timeout: int = 1, *, tls: bool = False) -> Answer:
    return tcp_probe.ask(cast(Way, FakeWay(fetched)), "10.0.0.7", 8080, timeout, tls=tls)


@pytest.mark.parametrize(
    "fetched",
    [
        status(200),
        status(503),
        Fetched(proxy.UNREACHED, "tls: first record does not look like a TLS handshake"),
        Fetched(proxy.UNREACHED, "EOF"),
        Fetched(proxy.UNREACHED, "read tcp 10.0.0.1:1->10.0.0.7:8080: read: connection reset by peer"),
        Fetched(proxy.UNREACHED, "net/http: TLS handshake timeout"),
        Fetched(proxy.BROKEN_BODY),
    ],
)
def test_a_port_that_is_listened_at(fetched: Fetched) -> None:
    assert tcp(fetched).result == SUCCESS


def test_a_port_that_refuses() -> None:
    answer = tcp(Fetched(proxy.UNREACHED, REFUSED))
    assert (answer.result, answer.reason, answer.unreached) == (FAILURE, REFUSED, False)


def test_a_port_that_swallows() -> None:
    answer = tcp(Fetched(proxy.LATE))
    assert (answer.result, answer.unreached) == (FAILURE, True)
    assert tcp(Fetched(proxy.LATE), tls=True).result == NOT_SHOWN


def test_tcp_without_the_right() -> None:
    assert tcp(Fetched(proxy.REFUSED, "get pods/proxy")).refused == "get pods/proxy"
    assert tcp(Fetched(proxy.IMPOSSIBLE, "no")).result == NOT_SHOWN


@pytest.mark.parametrize(
    ("found", "result", "code"),
    [
        ({"status": "Success"}, SUCCESS, 0),
        (
            {"status": "Failure", "reason": "NonZeroExitCode", "details": {"causes": [{"reason": "ExitCode", "message": "7"}]}},
            FAILURE,
            7,
        ),
        ({"status": "Failure", "reason": "InternalError", "message": "exec failed: no such file"}, ERROR, None),
        ({}, ERROR, None),
    ],
)
def test_how_a_command_ended(found: dict[str, Any], result: str, code: int | None) -> None:
    answer = exec_probe.judge(found, 0.1)
    assert (answer.result, answer.status) == (result, code)
    assert not exec_probe.timed_out(answer)
