# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which way a probe is asked, and what stands where it can't be."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.plugins.module_utils._probes.model import read_probe
from ansible_collections.proven.webapp.plugins.module_utils._verify import exec_probe, grpc_probe, http_probe, tcp_probe
from ansible_collections.proven.webapp.plugins.module_utils._verify.answer import ERROR, FAILURE, NOT_SHOWN, SUCCESS, Answer, Gone
from ansible_collections.proven.webapp.plugins.module_utils._verify.exact import ExactWay
from ansible_collections.proven.webapp.plugins.module_utils._verify.replay import HANGS, Replayer
from ansible_collections.proven.webapp.plugins.module_utils._verify.target import NotReplayable

GOOD = Answer(SUCCESS, "", 0.01, 200)
BAD = Answer(FAILURE, "HTTP probe failed with statuscode: 503", 0.01, 503)
LATE = Answer(FAILURE, "no answer", 1.0, unreached=True)
CLOSED = Answer(FAILURE, "dial tcp: connection refused")
NO_TUNNEL = Answer(NOT_SHOWN, "the user may not", refused="create pods/portforward")


class FakeApi:
    def get(self, path: str) -> tuple[int, bytes]:
        return 200, json.dumps({"major": "1", "minor": "34"}).encode()


class Ways:
    """What each way answers; exceptions are raised. Counts how often each was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers: dict[str, Any] = {"proxy": GOOD, "exact": GOOD, "tcp": GOOD, "grpc": GOOD, "exec": GOOD}
        self.asked: list[str] = []
        self.arguments: tuple[Any, ...] = ()
        monkeypatch.setattr(http_probe, "ask", lambda way, _question: self.answer("exact" if isinstance(way, ExactWay) else "proxy"))
        monkeypatch.setattr(tcp_probe, "ask", lambda *_about, **_more: self.answer("tcp"))
        monkeypatch.setattr(grpc_probe, "ask", lambda *_about: self.answer("grpc"))
        monkeypatch.setattr(exec_probe, "ask", self.run)

    def answer(self, way: str) -> Answer:
        self.asked.append(way)
        found = self.answers[way]
        if isinstance(found, Exception):
            raise found
        return cast(Answer, found)

    def run(self, *about: Any) -> Answer:
        self.arguments = about
        return self.answer("exec")


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> Ways:
    return Ways(monkeypatch)


def ask(handler: dict[str, Any], replayer: Replayer | None = None, *, ip: str = "10.0.0.7", restarts: int = 0) -> Answer:
    container = {"name": "app", "ports": [{"name": "web", "containerPort": 8080}], "env": [{"name": "PORT", "value": "8080"}]}
    statuses = [{"name": "app", "restartCount": restarts}]
    pod = {
        "metadata": {"name": "web-1", "namespace": "n", "uid": "u"},
        "spec": {"containers": [container], "nodeName": "n1"},
        "status": {"podIP": ip, "containerStatuses": statuses},
    }
    return (replayer or made()).ask(pod, container, read_probe("readiness", handler))


def made(**more: Any) -> Replayer:
    return Replayer(cast(Api, FakeApi()), **more)


HTTP: dict[str, Any] = {"httpGet": {"port": "web"}}
GRPC: dict[str, Any] = {"grpc": {"port": 9000}}
EXEC: dict[str, Any] = {"exec": {"command": ["check", "$(PORT)"]}}


def test_a_good_answer_is_one(ways: Ways) -> None:
    assert ask(HTTP) == GOOD
    assert ways.asked == ["proxy"]


@pytest.mark.parametrize("doubtful", [BAD, LATE])
def test_a_bad_answer_that_the_proxy_may_have_made_is_asked_for_without_it(ways: Ways, doubtful: Answer) -> None:
    ways.answers["proxy"] = doubtful
    assert ask(HTTP) == GOOD
    ways.answers["exact"] = NO_TUNNEL
    assert ask(HTTP) == doubtful


def test_what_hangs_without_the_proxy_too_is_the_applications_doing(ways: Ways) -> None:
    ways.answers.update(proxy=LATE, exact=LATE)
    assert not ask(HTTP).unreached


@pytest.mark.parametrize("clear", [CLOSED, Answer(ERROR, "broke off", 0.1, 200), Answer(NOT_SHOWN, "no", refused="get pods/proxy")])
def test_what_is_clear_is_not_asked_again(ways: Ways, clear: Answer) -> None:
    ways.answers["proxy"] = clear
    assert ask(HTTP) == clear
    assert ways.asked == ["proxy"]


def test_what_the_proxy_would_change_goes_without_it_where_the_port_is_open(ways: Ways) -> None:
    ways.answers["proxy"] = NotReplayable("its header")
    replayer = made()
    assert ask(HTTP, replayer) == GOOD
    assert ask(HTTP, replayer) == GOOD
    assert ways.asked == ["proxy", "tcp", "exact", "proxy", "exact"]
    ask(HTTP, replayer, restarts=1)
    assert ways.asked[-2:] == ["tcp", "exact"]


def test_a_port_that_is_closed_to_the_kubelet_fails(ways: Ways) -> None:
    ways.answers.update(proxy=NotReplayable("its header"), tcp=CLOSED)
    assert ask(HTTP) == CLOSED
    assert ask(GRPC) == CLOSED
    assert "exact" not in ways.asked
    assert "grpc" not in ways.asked


def test_what_neither_way_can_ask_is_not_shown(ways: Ways) -> None:
    ways.answers.update(proxy=NotReplayable("its header"), exact=NO_TUNNEL)
    answer = ask(HTTP)
    assert (answer.result, answer.reason, answer.refused) == (NOT_SHOWN, "its header", "create pods/portforward")
    ways.answers["exact"] = NotReplayable("its URL")
    assert ask(HTTP).reason == "its header"


def test_grpc_asks_the_port_once(ways: Ways) -> None:
    replayer = made()
    ask(GRPC, replayer)
    ask(GRPC, replayer)
    assert ways.asked == ["tcp", "grpc", "grpc"]


def test_commands_only_where_allowed(ways: Ways) -> None:
    assert ask(EXEC).result == NOT_SHOWN
    assert ways.asked == []
    assert ask(EXEC, made(exec_allowed=True)) == GOOD
    assert ways.arguments[1:] == ("n", "web-1", "app", ["check", "8080"], 1)


def test_a_command_that_hangs_is_not_run_for_ever(ways: Ways) -> None:
    ways.answers["exec"] = Answer(FAILURE, "command timed out after 1s", 1.0)
    replayer = made(exec_allowed=True)
    results = [ask(EXEC, replayer).result for _time in range(HANGS + 2)]
    assert results == [FAILURE] * HANGS + [NOT_SHOWN] * 2


@pytest.mark.parametrize(
    ("handler", "result", "words"),
    [
        ({}, ERROR, "missing probe handler for web-1:app"),
        ({"httpGet": {"port": "metrics"}}, ERROR, "invalid syntax"),
        ({"tcpSocket": {"port": 0}}, ERROR, "invalid port number"),
        ({"httpGet": {"port": 80, "host": "127.0.0.1"}}, NOT_SHOWN, "names a host"),
        ({"tcpSocket": {"port": 80, "host": "127.0.0.1"}}, NOT_SHOWN, "names a host"),
    ],
)
def test_what_is_known_without_asking(ways: Ways, handler: dict[str, Any], result: str, words: str) -> None:
    answer = ask(handler)
    assert answer.result == result
    assert words in answer.reason
    assert ways.asked == []


def test_a_pod_without_an_address_or_gone(ways: Ways) -> None:
    assert ask(HTTP, ip="").result == NOT_SHOWN
    ways.answers["proxy"] = Gone("web-1")
    assert ask(HTTP).reason == "the pod is gone"
