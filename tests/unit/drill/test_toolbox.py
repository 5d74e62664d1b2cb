# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The toolbox's proxy and its resolver, on loopback addresses."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from ansible_collections.proven.webapp.roles.verify.files.toolbox.toolbox.control import Control, Pulse
from ansible_collections.proven.webapp.roles.verify.files.toolbox.toolbox.dns import (
    AAAA,
    A,
    Config,
    NameNotFound,
    Resolver,
    answer,
    question,
)
from ansible_collections.proven.webapp.roles.verify.files.toolbox.toolbox.proxy import BadMode, Gate, Mode, Target

NO_ERROR, NO_SUCH_NAME, TRUNCATED = 0x8180, 0x8183, 0x8380


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 20))


# --- DNS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nameserver 10.0.0.10\nsearch a.svc b\noptions ndots:5", Config(("10.0.0.10",), ("a.svc", "b"), 5)),
        ("# x\nnameserver 1.1.1.1 # first\nnameserver 2.2.2.2\n\n", Config(("1.1.1.1", "2.2.2.2"))),
        ("domain x\noptions edns0 ndots:x", Config((), ("x",))),
        ("", Config(())),
    ],
)
def test_resolv_conf(text: str, expected: Config) -> None:
    assert Config.read(text) == expected


def test_candidates_in_the_order_of_the_resolver() -> None:
    config = Config((), ("a.svc", "svc"), 2)
    assert config.candidates("db") == ["db.a.svc", "db.svc", "db"]
    assert config.candidates("db.example.com") == ["db.example.com", "db.example.com.a.svc", "db.example.com.svc"]
    assert config.candidates("db.example.com.") == ["db.example.com"]


def reply(query: bytes, flags: int, *records: tuple[int, bytes]) -> bytes:
    body = b"".join(struct.pack(">HHHIH", 0xC00C, kind, 1, 5, len(data)) + data for kind, data in records)
    return query[:2] + struct.pack(">HHHHH", flags, 1, len(records), 0, 0) + query[12:] + body


def test_an_answer_with_names_that_point_back_and_an_alias() -> None:
    query = question(7, "db.example.com", A)
    packet = reply(query, NO_ERROR, (5, b"\x03abc\xc0\x0c"), (A, bytes([10, 0, 0, 7])))
    assert answer(packet) == (0, False, ["10.0.0.7"])
    with pytest.raises(ValueError, match="no DNS"):
        answer(packet[:20])


class Server(asyncio.DatagramProtocol):
    """Knows some names, and takes note of what it is asked."""

    def __init__(self, known: dict[tuple[str, int], bytes], flags: Callable[[str], int]) -> None:
        self.asked: list[tuple[str, int]] = []
        self._known = known
        self._flags = flags

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # It is one before Python 3.12 too, but not by its class.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        self._transport.sendto(self.respond(data), addr)

    def respond(self, data: bytes, *, whole: bool = False) -> bytes:
        labels, at = [], 12
        while length := data[at]:
            labels.append(data[at + 1 : at + 1 + length].decode())
            at += length + 1
        name, (kind,) = ".".join(labels), struct.unpack_from(">H", data, at + 1)
        self.asked.append((name, kind))
        found = self._known.get((name, kind))
        flags = self._flags(name)
        if flags == TRUNCATED and not whole:
            return reply(data, flags)
        return reply(data, NO_ERROR if whole else flags, *([(kind, found)] if found else []))


@asynccontextmanager
async def name_server(known: dict[tuple[str, int], bytes], flags: Callable[[str], int]) -> AsyncIterator[tuple[Server, Resolver]]:
    server = Server(known, flags)

    async def over_tcp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        (length,) = struct.unpack(">H", await reader.readexactly(2))
        packet = server.respond(await reader.readexactly(length), whole=True)
        writer.write(struct.pack(">H", len(packet)) + packet)
        writer.close()

    tcp = await asyncio.start_server(over_tcp, "127.0.0.1", 0)
    port = tcp.sockets[0].getsockname()[1]
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: server, local_addr=("127.0.0.1", port))
    try:
        yield server, Resolver(Config(("127.0.0.1",), ("ns.svc",), 5), port)
    finally:
        transport.close()
        tcp.close()


KNOWN = {("db.ns.svc", A): bytes([10, 0, 0, 7]), ("six.ns.svc", AAAA): bytes(15) + b"\x01"}


def test_names_are_asked_of_the_name_server_whatever_the_hosts_file_says() -> None:
    async def work() -> None:
        async with name_server(KNOWN, lambda name: NO_ERROR if name.endswith("ns.svc") else NO_SUCH_NAME) as (server, resolver):
            assert await resolver.addresses("db") == ["10.0.0.7"]
            assert await resolver.addresses("six") == ["::1"]
            assert await resolver.addresses("192.0.2.1") == ["192.0.2.1"]
            # In the hosts file of every machine, and in no name server's.
            with pytest.raises(NameNotFound, match="no such name"):
                await resolver.addresses("localhost")
            assert ("localhost.ns.svc", A) in server.asked

    run(work())


def test_an_answer_that_is_too_long_is_asked_for_again_over_tcp() -> None:
    async def work() -> None:
        async with name_server(KNOWN, lambda _name: TRUNCATED) as (_, resolver):
            assert await resolver.addresses("db") == ["10.0.0.7"]

    run(work())


def test_a_failing_name_server_is_told_apart_from_a_missing_name() -> None:
    async def work() -> None:
        async with name_server({}, lambda _name: 0x8182) as (_, resolver):
            with pytest.raises(NameNotFound, match="fail"):
                await resolver.addresses("db")

    run(work())


# --- the proxy


class Here:
    """Resolves everything to this machine; `away` to nothing."""

    async def addresses(self, name: str) -> list[str]:
        if name == "away":
            raise NameNotFound("away: no such name")
        return ["127.0.0.1"]


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(1000):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.2", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def gate(mode: str = "pass", upstream: str = "here") -> AsyncIterator[Gate]:
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    made = Gate(Target("db", "127.0.0.2", free_port(), (upstream, port)), Here(), Mode.read(mode))  # type: ignore[arg-type]
    await made.start()
    try:
        yield made
    finally:
        await made.close()
        server.close()


class Client:
    def __init__(self, through: Gate) -> None:
        self._gate = through
        self._connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, text: bytes = b"hi", seconds: float = 2.0) -> bytes | str:
        """What comes back, or how it failed."""
        try:
            async with asyncio.timeout(seconds):
                if self._connection is None:
                    self._connection = await asyncio.open_connection(self._gate.target.address, self._gate.target.port)
                self._connection[1].write(text)
                return await self._connection[0].readexactly(len(text))
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            return type(error).__name__

    async def rest(self, size: int) -> bytes:
        assert self._connection is not None
        return await self._connection[0].readexactly(size)


def test_it_passes_on_and_counts() -> None:
    async def work() -> None:
        async with gate() as made:
            first, second = Client(made), Client(made)
            assert await first.ask() == b"hi"
            assert await second.ask(b"x" * 900) == b"x" * 900
            status = made.status()
            assert (status["accepted"], status["active"], status["failed"], status["bytes"]) == (2, 2, 0, 1804)

    run(work())


def test_refused_is_refused_and_open_connections_are_reset() -> None:
    async def work() -> None:
        async with gate() as made:
            old = Client(made)
            assert await old.ask() == b"hi"
            await made.set(Mode.read("refuse"))
            assert await Client(made).ask() == "ConnectionRefusedError"
            assert await old.ask() == "ConnectionResetError"
            await made.set(Mode.read("pass"))
            assert await Client(made).ask() == b"hi"

    run(work())


@pytest.mark.parametrize("before", ["pass", "refuse"])
def test_a_black_hole_answers_neither_new_nor_old_connections(before: str) -> None:
    async def work() -> None:
        async with gate() as made:
            old = Client(made)
            assert await old.ask() == b"hi"
            if before == "refuse":
                await made.set(Mode.read("refuse"))
            await made.set(Mode.read("blackhole"))
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.4):
                    # Not even a connection, as behind a firewall that drops.
                    await asyncio.open_connection(made.target.address, made.target.port)
            if before == "pass":
                assert await old.ask(seconds=0.4) == "TimeoutError"
            waiting = asyncio.create_task(Client(made).ask(seconds=6))
            await made.set(Mode.read("pass"))
            assert await waiting == b"hi"
            if before == "pass":
                # What was swallowed arrives late, as it does when a network heals.
                assert await old.rest(2) == b"hi"
                assert made.accepted == 2

    run(work())


def test_slow_is_slow_once_and_keeps_the_order() -> None:
    async def work() -> None:
        async with gate("slow:300") as made:
            client, loop = Client(made), asyncio.get_running_loop()
            begin = loop.time()
            assert await client.ask(b"one") == b"one"
            assert 0.3 <= loop.time() - begin < 1.5
            begin = loop.time()
            assert await asyncio.gather(*(Client(made).ask() for _ in range(5))) == [b"hi"] * 5
            assert loop.time() - begin < 1.5
            await made.set(Mode.read("pass"))
            begin = loop.time()
            assert await client.ask(b"two") == b"two"
            assert loop.time() - begin < 0.25

    run(work())


def test_it_may_begin_by_refusing() -> None:
    async def work() -> None:
        async with gate("refuse") as made:
            assert await Client(made).ask() == "ConnectionRefusedError"
            await made.set(Mode.read("pass"))
            assert await Client(made).ask() == b"hi"

    run(work())


def test_a_dependency_that_is_not_there_is_told() -> None:
    async def work() -> None:
        async with gate(upstream="away") as made:
            assert await Client(made).ask() in ("ConnectionResetError", "IncompleteReadError")
            assert made.status()["failed"] == 1
            assert "no such name" in made.status()["error"]

    run(work())


@pytest.mark.parametrize(("text", "name"), [("pass", "pass"), ("slow:1500", "slow"), ("blackhole", "blackhole")])
def test_modes_are_read_and_written_alike(text: str, name: str) -> None:
    assert (str(Mode.read(text)), Mode.read(text).name) == (text, name)


@pytest.mark.parametrize("text", ["", "slow", "slow:-1", "slow:x", "drop"])
def test_other_modes_are_refused(text: str) -> None:
    with pytest.raises(BadMode):
        Mode.read(text)


def test_targets() -> None:
    assert Target.read("db=127.0.0.2:5432=todo-database:5433") == Target("db", "127.0.0.2", 5432, ("todo-database", 5433))
    for text in ("db=127.0.0.2:5432", "db=5432=x:1", "=127.0.0.2:1=x:1"):
        with pytest.raises(ValueError, match=r"."):
            Target.read(text)


# --- the control port


async def http(port: int, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"{method} {path} HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    head, _, rest = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    return int(head.split()[1]), rest


def test_a_process_that_waits_for_its_turn_says_so_once() -> None:
    async def work() -> None:
        pulse = Pulse()
        beating = asyncio.create_task(pulse.beat())
        await asyncio.sleep(0.05)
        time.sleep(0.6)
        await asyncio.sleep(0.2)
        assert pulse.read() >= 0.4
        assert pulse.worst == 0.0
        beating.cancel()

    run(work())


def test_the_control_port_changes_modes_and_refuses_nonsense() -> None:
    async def work() -> None:
        async with gate() as made:
            server = await Control([made]).listen("127.0.0.1", 0)
            port = server.sockets[0].getsockname()[1]
            assert (await http(port, "GET", "/healthz"))[0] == 200
            status, body = await http(port, "POST", "/proxy", b'{"mode": "refuse"}')
            assert (status, made.mode.name) == (200, "refuse")
            assert b'"mode": "refuse"' in body
            assert (await http(port, "POST", "/proxy", b'{"mode": "pass", "name": "db"}'))[0] == 200
            assert made.mode.name == "pass"
            assert (await http(port, "POST", "/proxy", b'{"mode": "pass", "name": "other"}'))[0] == 404
            assert (await http(port, "POST", "/proxy", b'{"mode": "fire"}'))[0] == 400
            assert (await http(port, "POST", "/proxy", b"[]"))[0] == 400
            assert (await http(port, "POST", "/proxy", b"{"))[0] == 400
            assert (await http(port, "GET", "/traffic"))[0] == 404
            assert (await http(port, "GET", "/nothing"))[0] == 404
            server.close()

    run(work())
