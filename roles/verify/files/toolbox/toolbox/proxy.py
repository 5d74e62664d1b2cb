"""A gate before a dependency: passes, refuses, swallows or delays what goes through."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import struct
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from .dns import Resolver, family

PASS, REFUSE, BLACKHOLE, SLOW = "pass", "refuse", "blackhole", "slow"
BACKLOG = 128
CHUNK = 65536
CHUNKS_HELD = 256
CONNECT_SECONDS = 5.0
FILL_SECONDS = 0.2
FILLERS = 8


class BadMode(ValueError):
    """No such mode."""


@dataclass(frozen=True)
class Mode:
    """:ivar delay: of what the dependency says, in seconds."""

    name: str
    delay: float = 0.0

    @classmethod
    def read(cls, text: str) -> Mode:
        """`pass`, `refuse`, `blackhole` or `slow:<ms>`.

        :raises BadMode: anything else.
        """
        if match := re.fullmatch(r"slow:([0-9]{1,6})", text):
            return cls(SLOW, int(match[1]) / 1000)
        if text not in (PASS, REFUSE, BLACKHOLE):
            raise BadMode(f"no such mode: {text}")
        return cls(text)

    def __str__(self) -> str:
        return f"{SLOW}:{round(self.delay * 1000)}" if self.name == SLOW else self.name


@dataclass(frozen=True)
class Target:
    """:ivar address: to listen on. :ivar upstream: the dependency's name, and its port."""

    name: str
    address: str
    port: int
    upstream: tuple[str, int]

    @classmethod
    def read(cls, text: str) -> Target:
        """`database=127.0.0.2:5432=todo-database:5432`.

        :raises ValueError: it isn't of that form.
        """
        name, listen, upstream = text.split("=")
        address, _colon, port = listen.rpartition(":")
        host, _colon, there = upstream.rpartition(":")
        if not (name and address and host):
            raise ValueError(f"not name=address:port=host:port: {text}")
        return cls(name, address.strip("[]"), int(port), (host.strip("[]"), int(there)))


def reset_on_close(writer: asyncio.StreamWriter) -> None:
    """What is closed next tells the other side by a reset, not by an orderly end."""
    connection = writer.get_extra_info("socket")
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Gate:
    """One target, and the connections through it."""

    def __init__(self, target: Target, resolver: Resolver, mode: Mode) -> None:
        self.target = target
        self.mode = mode
        self.accepted = self.failed = self.bytes = 0
        self.error = ""
        self._resolver = resolver
        self._listener: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None
        self._fillers: list[socket.socket] = []
        self._filler_ports: set[int] = set()
        self._flow = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._changing = asyncio.Lock()

    async def start(self) -> None:
        """:raises OSError: the address can't be listened on."""
        await self.set(self.mode)

    async def set(self, mode: Mode) -> None:
        """Change what happens, to open connections too.

        :raises OSError: the address can't be listened on.
        """
        async with self._changing:
            await self._stop_accepting()
            self.mode = mode
            if mode.name == REFUSE:
                self._flow.set()
                self._close_listener()
                self._reset_all()
            elif mode.name == BLACKHOLE:
                self._flow.clear()
                self._listen().listen(0)
                await self._fill()
            else:
                self._flow.set()
                self._listen().listen(BACKLOG)
                self._drain_fillers()
                self._accepting = asyncio.create_task(self._accept())

    def status(self) -> dict[str, Any]:
        host, port = self.target.upstream
        return {
            "name": self.target.name,
            "address": self.target.address,
            "port": self.target.port,
            "upstream": f"{host}:{port}",
            "mode": str(self.mode),
            "accepted": self.accepted,
            "active": len(self._writers) // 2,
            "failed": self.failed,
            "error": self.error,
            "bytes": self.bytes,
        }

    async def close(self) -> None:
        await self._stop_accepting()
        self._close_listener()
        self._reset_all()
        for task in list(self._tasks):
            task.cancel()

    # --- listening

    def _listen(self) -> socket.socket:
        if self._listener is None:
            listener = socket.socket(family(self.target.address))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.setblocking(False)
            listener.bind((self.target.address, self.target.port))
            self._listener = listener
        return self._listener

    def _close_listener(self) -> None:
        self._drain_fillers()
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    async def _stop_accepting(self) -> None:
        if self._accepting is not None:
            self._accepting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._accepting
            self._accepting = None

    async def _fill(self) -> None:
        """Fill the queue of connections that nobody accepts: the kernel then drops further attempts, as a firewall would.

        Where it doesn't, they are accepted by the kernel and never answered.
        """
        loop = asyncio.get_running_loop()
        for _filler in range(FILLERS):
            filler = socket.socket(family(self.target.address))
            filler.setblocking(False)
            self._fillers.append(filler)
            try:
                async with asyncio.timeout(FILL_SECONDS):
                    await loop.sock_connect(filler, (self.target.address, self.target.port))
            except (TimeoutError, OSError):
                break
            self._filler_ports.add(filler.getsockname()[1])

    def _drain_fillers(self) -> None:
        for filler in self._fillers:
            filler.close()
        self._fillers.clear()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        assert self._listener is not None
        while True:
            connection, peer = await loop.sock_accept(self._listener)
            connection.setblocking(False)
            if peer[1] in self._filler_ports:
                self._filler_ports.discard(peer[1])
                connection.close()
                continue
            self.accepted += 1
            self._spawn(self._serve(connection))

    # --- connections

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _serve(self, connection: socket.socket) -> None:
        client = await asyncio.open_connection(sock=connection)
        try:
            upstream = await self._connect()
        except (OSError, TimeoutError) as error:
            self.failed += 1
            self.error = str(error) or type(error).__name__
            reset_on_close(client[1])
            client[1].transport.abort()
            return
        writers = {client[1], upstream[1]}
        self._writers |= writers
        try:
            if self.mode.name == REFUSE:
                return
            async with asyncio.TaskGroup() as pumps:
                pumps.create_task(self._pump(client[0], upstream[1], slow=False))
                pumps.create_task(self._pump(upstream[0], client[1], slow=True))
        except* (OSError, ConnectionError):
            for writer in writers:
                reset_on_close(writer)
        finally:
            self._writers -= writers
            for writer in writers:
                writer.transport.abort() if self.mode.name == REFUSE else writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, port = self.target.upstream
        async with asyncio.timeout(CONNECT_SECONDS):
            problem: OSError = OSError(f"{host}: no address")
            for address in await self._resolver.addresses(host):
                try:
                    return await asyncio.open_connection(address, port)
                except OSError as error:
                    problem = error
            raise problem

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, slow: bool) -> None:
        """Copy until the end, each piece as late as the mode says at its arrival, in order."""
        loop = asyncio.get_running_loop()
        pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(CHUNKS_HELD)

        async def read() -> None:
            while True:
                data = await reader.read(CHUNK)
                await pieces.put((loop.time() + (self.mode.delay if slow else 0.0), data))
                if not data:
                    return

        async def write() -> None:
            while True:
                due, data = await pieces.get()
                await asyncio.sleep(max(0.0, due - loop.time()))
                await self._flow.wait()
                if not data:
                    if writer.can_write_eof():
                        writer.write_eof()
                    return
                self.bytes += len(data)
                writer.write(data)
                await writer.drain()

        async with asyncio.TaskGroup() as both:
            both.create_task(read())
            both.create_task(write())

    def _reset_all(self) -> None:
        for writer in list(self._writers):
            reset_on_close(writer)
            writer.transport.abort()
