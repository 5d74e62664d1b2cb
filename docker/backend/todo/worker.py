"""The worker: `python -m todo.worker`. Pushes reminders when their time comes; any number of it may run.

It serves its own probes and metrics over HTTP: asked by the kubelet that way, they cost no new process each time.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

import httpx
import uvicorn
from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import async_sessionmaker
from starlette.responses import JSONResponse

from . import metrics
from .database import Sessions, request_engine
from .drain import Drain
from .health import DRIVER_ERRORS, Readiness, explain
from .logs import configure_logging
from .push import planning
from .push.sending import Sender, send_next
from .push.vapid import Vapid
from .routers import health
from .schema import Schema
from .settings import WorkerSettings, load_settings

log = logging.getLogger(__name__)

PORT = 8001
TICK_SECONDS = 1.0
SENDERS = 4
BEAT_SECONDS = 60.0
"""Each step of a round is bounded in time, the lost database's and the slow push service's too, and far below this."""


class Worker:
    def __init__(self, sessions: Sessions, sender: Sender, *, senders: int = SENDERS, tick: float = TICK_SECONDS) -> None:
        self._sessions = sessions
        self._sender = sender
        self._senders = senders
        self._tick = tick
        self._ending = asyncio.Event()
        self._beat = time.monotonic()
        self._lost = False

    @property
    def alive(self) -> bool:
        """The rounds go on, whatever comes of them."""
        return time.monotonic() - self._beat < BEAT_SECONDS

    def end(self) -> None:
        """After the deliveries in hand."""
        self._ending.set()

    async def run(self) -> None:
        while not self._ending.is_set():
            try:
                await self._round()
            except (SQLAlchemyError, *DRIVER_ERRORS) as error:
                metrics.worker_ticks.labels("failed").inc()
                cause = getattr(error, "orig", None) or error
                log.log(logging.DEBUG if self._lost else logging.WARNING, "can't work: %s", explain(cause.__cause__ or cause))
                self._lost = True
            else:
                metrics.worker_ticks.labels("ok").inc()
                self._lost = False
            self._beat = time.monotonic()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), self._tick)

    async def _round(self) -> None:
        while not self._ending.is_set():
            planned = await planning.plan_reminders(self._sessions, datetime.now(UTC))
            self._beat = time.monotonic()
            if planned < planning.BATCH:
                break
        results = await asyncio.gather(*(self._send() for _ in range(self._senders)), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        number, oldest = await planning.queue(self._sessions, datetime.now(UTC))
        metrics.deliveries_pending.set(number)
        metrics.deliveries_oldest.set(oldest)

    async def _send(self) -> None:
        while not self._ending.is_set() and await send_next(self._sessions, self._sender):
            self._beat = time.monotonic()


def create_app(settings: WorkerSettings | None = None) -> FastAPI:
    configure_logging()
    settings = settings or load_settings(WorkerSettings)
    configure_logging(settings.log_level)

    engine = request_engine(settings, name="todo-worker")
    readiness = Readiness(settings.dsn, Schema.of_this_code())
    client = httpx.AsyncClient(follow_redirects=False)
    vapid = Vapid(settings.vapid_private_key.get_secret_value(), settings.vapid_public_key, settings.vapid_subject)
    sender = Sender(client, vapid, settings.push_allowed_hosts, settings.push_allow_http)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    worker = Worker(sessions, sender, senders=min(SENDERS, settings.database_pool_size))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        work = asyncio.create_task(worker.run())
        log.info("started, needs schema %s", readiness.schema.head)
        yield
        worker.end()
        await asyncio.wait({work}, timeout=20)
        work.cancel()
        await client.aclose()
        await readiness.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(3):
                await engine.dispose()

    app = FastAPI(lifespan=lifespan, openapi_url=None)
    app.state.readiness = readiness
    app.state.drain = Drain(0)

    @app.get("/livez")
    async def livez() -> JSONResponse:
        return JSONResponse({"status": "ok"}) if worker.alive else JSONResponse({"status": "stuck"}, 503)

    app.include_router(health.router)
    return app


def main() -> None:
    uvicorn.run(create_app(), host="0.0.0.0", port=PORT, log_config=None, access_log=False, server_header=False)


if __name__ == "__main__":
    main()
