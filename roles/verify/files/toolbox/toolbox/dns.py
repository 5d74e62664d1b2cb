"""Names by DNS alone: the hosts file, which every container of a pod shares, sends the dependency's name to the proxy itself."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
import struct
from dataclasses import dataclass
from pathlib import Path

A, AAAA = 1, 28
TRUNCATED = 0x0200
NO_ERROR, NO_SUCH_NAME = 0, 3
SECONDS = 2.0
TRIES = 2


class NameNotFound(OSError):
    """No server knows an address of the name."""


@dataclass(frozen=True)
class Config:
    """What resolv.conf(5) says.

    :ivar ndots: a name with fewer dots is looked for below the search domains first.
    """

    servers: tuple[str, ...]
    search: tuple[str, ...] = ()
    ndots: int = 1

    @classmethod
    def read(cls, text: str) -> Config:
        servers: list[str] = []
        search: tuple[str, ...] = ()
        ndots = 1
        for line in text.splitlines():
            key, *values = line.split("#")[0].split(";")[0].split() or [""]
            if key == "nameserver" and values:
                servers.append(values[0])
            elif key in ("search", "domain"):
                search = tuple(values)
            elif key == "options":
                ndots = next((int(item[6:]) for item in values if item.startswith("ndots:") and item[6:].isdigit()), ndots)
        return cls(tuple(servers), search, ndots)

    def candidates(self, name: str) -> list[str]:
        """The full names to ask for, in order."""
        if name.endswith("."):
            return [name[:-1]]
        below = [f"{name}.{domain.rstrip('.')}" for domain in self.search]
        return [name, *below] if name.count(".") >= self.ndots else [*below, name]


def question(number: int, name: str, kind: int) -> bytes:
    """A query for one kind of record."""
    labels = b"".join(bytes([len(label)]) + label for label in name.encode("idna").split(b".") if label)
    return struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", kind, 1)


def _skip_name(packet: bytes, at: int) -> int:
    while length := packet[at]:
        if length >= 0xC0:
            return at + 2
        at += length + 1
    return at + 1


def answer(packet: bytes) -> tuple[int, bool, list[str]]:
    """(code, whether it was cut short, addresses) of an answer.

    :raises ValueError: it is none.
    """
    try:
        _number, flags, questions, answers = struct.unpack_from(">HHHH", packet)
        at = 12
        for _question in range(questions):
            at = _skip_name(packet, at) + 4
        found = []
        for _answer in range(answers):
            at = _skip_name(packet, at)
            kind, _class, _ttl, length = struct.unpack_from(">HHIH", packet, at)
            at += 10
            if (kind, length) in ((A, 4), (AAAA, 16)):
                found.append(str(ipaddress.ip_address(packet[at : at + length])))
            at += length
    except (struct.error, IndexError) as error:
        raise ValueError("no DNS answer") from error
    return flags & 0x000F, bool(flags & TRUNCATED), found


class _Reply(asyncio.DatagramProtocol):
    def __init__(self, number: int) -> None:
        self._number = number
        self.packet: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, _from: tuple[str | object, int]) -> None:
        if not self.packet.done() and data[:2] == struct.pack(">H", self._number):
            self.packet.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if not self.packet.done():
            self.packet.set_exception(exc)


async def _over_udp(server: tuple[str, int], number: int, query: bytes) -> bytes:
    transport, reply = await asyncio.get_running_loop().create_datagram_endpoint(lambda: _Reply(number), remote_addr=server)
    try:
        transport.sendto(query)
        async with asyncio.timeout(SECONDS):
            return await reply.packet
    finally:
        transport.close()


async def _over_tcp(server: tuple[str, int], query: bytes) -> bytes:
    async with asyncio.timeout(SECONDS):
        reader, writer = await asyncio.open_connection(*server)
        try:
            writer.write(struct.pack(">H", len(query)) + query)
            (length,) = struct.unpack(">H", await reader.readexactly(2))
            return await reader.readexactly(length)
        finally:
            writer.close()


class Resolver:
    """Asks the servers of resolv.conf; nothing is kept, so that what moves is found again.

    :param port: of the servers.
    """

    def __init__(self, config: Config | None = None, port: int = 53) -> None:
        self._config = config
        self._port = port

    async def addresses(self, name: str) -> list[str]:
        """IPv4 addresses first.

        :raises NameNotFound: there is none.
        """
        try:
            return [str(ipaddress.ip_address(name))]
        except ValueError:
            pass
        config = self._config or Config.read(Path("/etc/resolv.conf").read_text(encoding="utf-8"))
        problem = "no such name"
        for candidate in config.candidates(name):
            for kind in (A, AAAA):
                code, found = await self._ask(config, candidate, kind)
                if found:
                    return found
                if code == NO_SUCH_NAME:
                    break
                if code != NO_ERROR:
                    problem = "the name servers don't answer" if code < 0 else f"the name servers fail (code {code})"
        raise NameNotFound(f"{name}: {problem}")

    async def _ask(self, config: Config, name: str, kind: int) -> tuple[int, list[str]]:
        """(code, addresses); a negative code where nobody answers."""
        for _try in range(TRIES):
            for server in config.servers:
                number = int.from_bytes(os.urandom(2), "big")
                query = question(number, name, kind)
                try:
                    code, cut, found = answer(await _over_udp((server, self._port), number, query))
                    if cut:
                        code, _truncated, found = answer(await _over_tcp((server, self._port), query))
                except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError):
                    continue
                return code, found
        return -1, []


def family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET
