# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The stream of requests: how each way to lose one is told, and what is counted."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._traffic.pod import Stream, findings, pod
from ansible_collections.proven.webapp.plugins.module_utils._traffic.run import same
from ansible_collections.proven.webapp.roles.verify.files.toolbox.toolbox.exchange import Place, parse_head
from ansible_collections.proven.webapp.roles.verify.files.toolbox.toolbox.tally import BOUNDS_MS, FAILURES_KEPT, Tally
from ansible_collections.proven.webapp.roles.verify.files.toolbox.toolbox.traffic import Load, Traffic

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def answering(*answers: bytes, hold: float = 0.0) -> Handler:
    """Sends one of the answers for each request of a connection, and closes it after the last one."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            for answer in answers:
                await reader.readuntil(b"\r\n\r\n")
                await asyncio.sleep(hold)
                writer.write(answer)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    return handle


@asynccontextmanager
async def server(handler: Handler) -> AsyncIterator[str]:
    made = await asyncio.start_server(handler, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{made.sockets[0].getsockname()[1]}"
    finally:
        made.close()


async def sent(url: str, **changes: Any) -> dict[str, Any]:
    """The summary of a short stream."""
    traffic = Traffic(Load.read({"url": url, "rate": 50, "fresh": 1, "kept": 1, "seconds": 0.4, "timeout": 0.5, **changes}))
    traffic.start()
    await asyncio.wait_for(traffic.wait(), 15)
    return traffic.tally.summary()


def ask(handler: Handler, **changes: Any) -> dict[str, Any]:
    async def work() -> dict[str, Any]:
        async with server(handler) as url:
            return await sent(url, **changes)

    return asyncio.run(work())


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (OK, "ok"),
        (b"HTTP/1.1 204 No\r\n\r\n", "ok"),
        (b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", "ok"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, "ok"),
        (CHUNKED + b"4\r\nabcd\r\n0\r\n\r\n", "ok"),
        (CHUNKED + b"4;x=1\r\nabcd\r\n0\r\nTrailer: x\r\n\r\n", "ok"),
        (b"HTTP/1.0 200 OK\r\n\r\nto the end", "ok"),
        (b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", "status"),
        (b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", "status"),
        (b"", "reset"),
        (b"HTTP/1.1 200", "truncated"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", "truncated"),
        (CHUNKED + b"4\r\nab", "truncated"),
        (CHUNKED + b"4\r\nabcd\r\n", "truncated"),
        (CHUNKED + b"zz\r\n", "truncated"),
        (b"SSH-2.0-x\r\n\r\n", "truncated"),
    ],
)
def test_each_way_to_end_has_its_kind(answer: bytes, kind: str) -> None:
    summary = ask(answering(answer), fresh=2, kept=0)
    assert set(summary["kinds"]) == {kind}
    assert summary["sent"] > 5
    assert summary["failed"] == (0 if kind == "ok" else summary["sent"])


def test_nobody_listens() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        summary = asyncio.run(sent(f"http://127.0.0.1:{probe.getsockname()[1]}"))
    assert set(summary["kinds"]) == {"refused"}


def test_no_answer_in_time() -> None:
    summary = ask(answering(OK, hold=5.0), seconds=0.2)
    assert set(summary["kinds"]) == {"timeout"}
    assert all(0.4 < item["seconds"] < 2 for item in summary["failures"])


def test_no_such_host() -> None:
    assert set(asyncio.run(sent("http://nowhere.invalid:80", rate=5))["kinds"]) == {"unreachable"}


def counting(counts: list[int], *answers: bytes) -> Handler:
    inner = answering(*answers)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        counts.append(1)
        await inner(reader, writer)

    return handle


def test_kept_connections_are_kept_and_fresh_ones_are_not() -> None:
    kept: list[int] = []
    summary = ask(counting(kept, *[OK] * 100), fresh=0, kept=2)
    assert summary["sent"] > 10
    assert len(kept) == 2
    fresh: list[int] = []
    summary = ask(counting(fresh, *[OK] * 100), fresh=2, kept=0)
    assert len(fresh) == summary["sent"]


def test_a_server_that_says_close_gets_a_new_connection() -> None:
    opened: list[int] = []
    last = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    summary = ask(counting(opened, OK, last), fresh=0, kept=1)
    assert summary["failed"] == 0
    assert len(opened) > 2


def test_a_kept_connection_that_is_closed_without_a_word_is_a_loss() -> None:
    summary = ask(answering(OK, OK), fresh=0, kept=1)
    assert summary["kinds"]["reset"] >= 1
    assert summary["connections"]["kept"]["failed"] == summary["failed"]


def test_faded_it_opens_no_connection_and_goes_on_with_those_it_has() -> None:
    async def work() -> None:
        opened: list[int] = []
        async with server(counting(opened, *[OK] * 1000)) as url:
            traffic = Traffic(Load.read({"url": url, "rate": 100, "fresh": 2, "kept": 2}))
            traffic.start()
            await asyncio.sleep(0.3)
            traffic.fade()
            await asyncio.sleep(0.1)
            before, sent_before = len(opened), traffic.tally.connections["kept"].sent
            fresh = traffic.tally.connections["fresh"].sent
            await asyncio.sleep(0.3)
            assert len(opened) == before
            assert traffic.tally.connections["fresh"].sent == fresh
            assert traffic.tally.connections["kept"].sent > sent_before
            await traffic.stop()
            assert traffic.tally.summary()["running"] is False

    asyncio.run(asyncio.wait_for(work(), 15))


def test_paths_take_turns_and_streams_are_held() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if b"/stream" in head:
            writer.write(CHUNKED + b"1\r\na\r\n")
            await asyncio.sleep(0.2)
        else:
            writer.write(OK)
        await writer.drain()
        writer.close()

    summary = ask(handle, paths=["/a", "/b"], streams=["/stream"], fresh=1, kept=0)
    assert abs(summary["paths"]["/a"]["sent"] - summary["paths"]["/b"]["sent"]) <= 1
    assert summary["streams"][0]["kind"] == "truncated"
    assert summary["streams"][0]["ended"] >= 0.1


def test_the_rate_is_kept() -> None:
    summary = ask(answering(*[OK] * 1000), rate=40, fresh=2, kept=2, seconds=1.0)
    assert 25 <= summary["sent"] <= 45


def test_each_path_gets_both_kinds_of_connections() -> None:
    seen: set[tuple[str, str]] = set()

    async def work() -> None:
        async with server(answering(*[OK] * 1000)) as url:
            load = Load.read({"url": url, "rate": 100, "fresh": 2, "kept": 2, "seconds": 0.5, "paths": ["/a", "/b"]})
            traffic = Traffic(load, lambda record: seen.add((record["connection"], record["path"])))
            traffic.start()
            await asyncio.wait_for(traffic.wait(), 15)

    asyncio.run(work())
    assert seen == {(kind, path) for kind in ("fresh", "kept") for path in ("/a", "/b")}


@pytest.mark.parametrize("raw", [{"rate": 0}, {"fresh": 0, "kept": 0}, {"timeout": 0}, {"url": "ftp://x"}, {"url": "x"}, {"colour": 1}])
def test_loads_that_make_no_sense_are_refused(raw: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Load.read({"url": "http://x", **raw})


def test_places() -> None:
    assert Place.read("http://x").authority == "x"
    assert Place.read("http://x:8000").authority == "x:8000"
    assert Place.read("http://[::1]:8000").authority == "[::1]:8000"
    assert Place.read("https://x", verify=False).port == 443
    assert parse_head(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n") == (200, {"a": "b"}, "HTTP/1.1")


def test_the_tally_counts_by_second_and_latency_and_keeps_the_first_of_each_kind() -> None:
    tally = Tally()
    tally.add(0.1, 0.004, "ok", "fresh", "/")
    tally.add(2.5, 40.0, "timeout", "kept", "/a")
    for _ in range(FAILURES_KEPT + 5):
        tally.add(3.0, 0.001, "status", "fresh", "/", 500)
    summary = tally.summary()
    assert summary["per_second"] == [[1, 0], [0, 0], [0, 1], [0, FAILURES_KEPT + 5]]
    assert sum(summary["latency"]["counts"]) == summary["sent"]
    assert summary["latency"]["counts"][BOUNDS_MS.index(5)] == 1
    assert summary["latency"]["counts"][-1] == 1
    assert len(summary["failures"]) == FAILURES_KEPT + 1
    assert summary["failed"] == FAILURES_KEPT + 6
    assert json.loads(json.dumps(summary)) == summary


# --- the generator's pod

STREAM = Stream("http://todo-backend:8000", ("/a",), 50.0, 4, 4, 10.0, 30.0, {}, True)


def test_the_pod_sends_what_is_asked_for_and_ends_by_itself() -> None:
    made = pod("check", "todo", "toolbox@sha256:1", STREAM, 330, {"team": "a"})
    (container,) = made["spec"]["containers"]
    load = next(arg for arg in container["args"] if arg.startswith("--load=")).removeprefix("--load=")
    assert Load.read(json.loads(load)).paths == ("/a",)
    assert made["spec"]["activeDeadlineSeconds"] == 330
    assert made["metadata"]["labels"] == {"team": "a", "proven.webapp/traffic": "check"}
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert same(made, made)
    assert not same(made, pod("check", "todo", "toolbox@sha256:2", STREAM, 330, {}))


def test_losses_are_a_finding_beyond_what_is_accepted() -> None:
    lost = {"sent": 2000, "failed": 2, "kinds": {"ok": 1998, "reset": 2}, "failures": [{"at": 12.3}, {"at": 14.0}]}
    assert findings(lost, "todo-backend", "todo", 2) == []
    (found,) = findings(lost, "todo-backend", "todo", 1)
    assert found.rule.id == "PV330"
    assert found.what == "2 of 2000 requests failed (2 reset), 12 to 14 s into the stream; 1 may"
