"""The control port: a few requests of HTTP, each with a JSON answer, one connection each."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from .proxy import Gate, Mode
from .traffic import Load, Traffic

BODY_LIMIT = 65536
Route = Callable[[dict[str, Any]], Awaitable[Any]]


class Refused(Exception):
    """The answer isn't 200. :ivar status: it."""

    def __init__(self, status: int, what: str) -> None:
        super().__init__(what)
        self.status = status


class Pulse:
    """How long this process waits for its turn: on a node that is too busy, nothing that hinges on time can be judged.

    :ivar worst: seconds beyond what was asked for, since it was last read.
    """

    EVERY = 0.1

    def __init__(self) -> None:
        self.worst = 0.0

    async def beat(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            begin = loop.time()
            await asyncio.sleep(self.EVERY)
            self.worst = max(self.worst, loop.time() - begin - self.EVERY)

    def read(self) -> float:
        worst, self.worst = self.worst, 0.0
        return worst


class Control:
    def __init__(self, gates: Sequence[Gate]) -> None:
        self._gates = gates
        self.pulse = Pulse()
        self._traffic: Traffic | None = None
        self._routes: dict[tuple[str, str], Route] = {
            ("GET", "/healthz"): self._health,
            ("GET", "/pulse"): self._pulse,
            ("GET", "/proxy"): self._proxy,
            ("POST", "/proxy"): self._set,
            ("POST", "/traffic"): self._start,
            ("GET", "/traffic"): self._summary,
            ("POST", "/traffic/mark"): self._mark,
            ("POST", "/traffic/fade"): self._fade,
            ("POST", "/traffic/stop"): self._stop,
        }
        self.last_asked = asyncio.Event()
        """Set by whoever asks for the traffic's summary once the end is near, see `ending`."""
        self.ending = False

    @property
    def has_traffic(self) -> bool:
        return self._traffic is not None

    def begin(self, load: Load) -> None:
        """Start a stream of requests."""
        self._traffic = Traffic(load)
        self._traffic.start()

    async def listen(self, address: str | None, port: int) -> asyncio.Server:
        """:param address: None for all, of both kinds.
        :raises OSError: the port is taken.
        """
        return await asyncio.start_server(self._serve, address, port)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(30):
                method, path, body = await self._read(reader)
            status, answer = await self._answer(method, path, body)
            payload = json.dumps(answer).encode()
            head = f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {len(payload)}\r\nConnection: close\r\n\r\n"
            writer.write(head.encode() + payload)
            await writer.drain()
        except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    @staticmethod
    async def _read(reader: asyncio.StreamReader) -> tuple[str, str, bytes]:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        method, path, _version = first.split(" ")
        headers = {name.strip().lower(): value.strip() for name, _colon, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        if not 0 <= length <= BODY_LIMIT:
            raise ValueError("too long")
        return method, path.split("?")[0], await reader.readexactly(length)

    async def _answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        route = self._routes.get((method, path))
        if route is None:
            return 404, {"error": f"there is no {method} {path}"}
        try:
            given = json.loads(body) if body else {}
            if not isinstance(given, dict):
                raise ValueError("a JSON object is asked for")
            return 200, await route(given)
        except Refused as refused:
            return refused.status, {"error": str(refused)}
        except (ValueError, TypeError) as error:
            return 400, {"error": str(error)}
        except OSError as error:
            return 500, {"error": str(error)}

    # --- what can be asked

    async def _health(self, _given: dict[str, Any]) -> Any:
        return {"status": "ok"}

    async def _pulse(self, _given: dict[str, Any]) -> Any:
        return {"worst": round(self.pulse.read(), 3)}

    async def _proxy(self, _given: dict[str, Any]) -> Any:
        return {"gates": [gate.status() for gate in self._gates]}

    async def _set(self, given: dict[str, Any]) -> Any:
        mode, name = Mode.read(str(given.get("mode"))), given.get("name")
        chosen = [gate for gate in self._gates if name in (None, gate.target.name)]
        if not chosen:
            raise Refused(404, f"there is no target {name}")
        for gate in chosen:
            await gate.set(mode)
        return await self._proxy({})

    def _running(self) -> Traffic:
        if self._traffic is None:
            raise Refused(404, "no stream was started")
        return self._traffic

    async def _start(self, given: dict[str, Any]) -> Any:
        if self._traffic is not None and self._traffic.tally.ended is None:
            raise Refused(409, "a stream runs already")
        self.begin(Load.read(given))
        return {"started": True}

    async def _summary(self, _given: dict[str, Any]) -> Any:
        summary = self._running().tally.summary()
        if self.ending:
            self.last_asked.set()
        return summary

    async def _mark(self, _given: dict[str, Any]) -> Any:
        tally = self._running().tally
        return {"at": round(tally.now(), 3), "in_flight": tally.in_flight, "sent": tally.sent}

    async def _fade(self, _given: dict[str, Any]) -> Any:
        self._running().fade()
        return await self._mark({})

    async def _stop(self, _given: dict[str, Any]) -> Any:
        traffic = self._running()
        await traffic.stop()
        return await self._summary({})
