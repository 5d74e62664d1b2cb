"""A steady stream of requests over fresh and over kept connections, which goes on whatever happens to it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .exchange import RESET, TIMEOUT, Connection, Lost, Place, close, exchange, request
from .tally import Tally

FRESH, KEPT = "fresh", "kept"


@dataclass(frozen=True)
class Load:
    """What to send.

    :ivar url: scheme, host and port.
    :ivar paths: asked for in turn, by each worker.
    :ivar rate: requests a second, of all workers together.
    :ivar fresh: workers that open a connection for each request; `kept`: those that keep theirs.
    :ivar timeout: seconds that one request may take.
    :ivar seconds: None goes on until it is stopped.
    :ivar streams: paths whose answers go on for long; each is kept open by one more worker.
    """

    url: str
    paths: tuple[str, ...] = ("/",)
    rate: float = 20.0
    fresh: int = 4
    kept: int = 4
    timeout: float = 10.0
    seconds: float | None = None
    streams: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    verify: bool = True

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Load:
        """:raises ValueError: a key that isn't known, or a value that makes no sense."""
        if unknown := set(raw) - set(cls.__dataclass_fields__):
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        load = cls(**{**raw, "paths": tuple(raw.get("paths") or ("/",)), "streams": tuple(raw.get("streams") or ())})
        if load.rate <= 0 or load.fresh < 0 or load.kept < 0 or load.fresh + load.kept == 0 or load.timeout <= 0:
            raise ValueError("rate and timeout must be above 0, and there must be workers")
        Place.read(load.url)
        return load


class Traffic:
    """:param told: gets each request's record as it ends."""

    def __init__(self, load: Load, told: Callable[[dict[str, Any]], object] | None = None) -> None:
        self.load = load
        self.tally = Tally()
        self._told = told
        self._place = Place.read(load.url, verify=load.verify)
        self._stop = asyncio.Event()
        self._fading = asyncio.Event()
        self._work: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._work = asyncio.create_task(self._run())

    def fade(self) -> None:
        """Open no connection any more. What is kept goes on until the server ends it."""
        self._fading.set()

    async def stop(self) -> None:
        """Begin nothing any more; what is under way may end in its time."""
        self._stop.set()
        await self.wait()

    async def wait(self) -> None:
        if self._work is not None:
            await self._work
        self.tally.stop()

    async def _run(self) -> None:
        load = self.load
        workers = load.fresh + load.kept
        interval = workers / load.rate
        tasks = []
        for number in range(workers):
            kind = FRESH if (number % 2 == 0 and number // 2 < load.fresh) or number // 2 >= load.kept else KEPT
            tasks.append(asyncio.create_task(self._worker(kind, number // 2, interval * number / workers, interval)))
        streams = [asyncio.create_task(self._stream(path)) for path in load.streams]
        if load.seconds is not None:
            asyncio.get_running_loop().call_later(load.seconds, self._stop.set)
        await asyncio.gather(*tasks)
        for task in streams:
            task.cancel()
        await asyncio.gather(*streams, return_exceptions=True)
        self.tally.stop()

    async def _until(self, moment: float, *, fading: bool) -> bool:
        """Wait for the moment; False where all is over before it.

        :param fading: the end of fresh connections counts too.
        """
        if fading and self._fading.is_set():
            return False
        try:
            async with asyncio.timeout(max(0.0, moment - self.tally.now())):
                await self._stop.wait()
        except TimeoutError:
            return not (fading and self._fading.is_set())
        return False

    async def _worker(self, kind: str, turn: int, first: float, interval: float) -> None:
        """:param turn: which path comes first: all paths get all kinds of connections."""
        paths = itertools.islice(itertools.cycle(self.load.paths), turn % len(self.load.paths), None)
        connection: Connection | None = None
        moment = first
        while await self._until(moment, fading=connection is None):
            connection = await self._one(kind, next(paths), connection)
            # Late ones aren't made up for: that would hit a server just when it comes back.
            moment = max(moment + interval, self.tally.now())
        close(connection)

    async def _one(self, kind: str, path: str, connection: Connection | None) -> Connection | None:
        """One request; the connection where it can carry another."""
        place = self._place
        at, status, ended = self.tally.now(), 0, RESET
        self.tally.in_flight += 1
        keep = False
        try:
            async with asyncio.timeout(self.load.timeout):
                connection = connection or await place.connect()
                answer = await exchange(connection, request(place, path, dict(self.load.headers), keep=kind == KEPT))
            status, ended, keep = answer.status, answer.kind, answer.keep and kind == KEPT
        except TimeoutError:
            ended = TIMEOUT
        except Lost as lost:
            ended = lost.kind
        finally:
            self.tally.in_flight -= 1
        record = self.tally.add(at, self.tally.now() - at, ended, kind, path, status)
        if self._told is not None:
            self._told(record)
        if keep:
            return connection
        close(connection)
        return None

    async def _stream(self, path: str) -> None:
        """Hold an answer that goes on and on; open the next one when it has ended."""
        while not self._fading.is_set():
            record: dict[str, Any] = {"path": path, "opened": round(self.tally.now(), 3), "ended": None, "kind": None}
            connection: Connection | None = None
            try:
                connection = await self._place.connect()
                self.tally.streams.append(record)
                answer = await exchange(connection, request(self._place, path, dict(self.load.headers), keep=False))
                record["kind"] = answer.kind
            except Lost as lost:
                record["kind"] = lost.kind
            finally:
                record["ended"] = round(self.tally.now(), 3) if record["kind"] else None
                close(connection)
            # Neither one that is refused nor one that ends at once may become a flood.
            await asyncio.sleep(0.5)
