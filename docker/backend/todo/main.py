"""The application, put together. Served by `uvicorn --factory todo.main:create_app`."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import async_sessionmaker

from . import errors
from .auth import Authenticator
from .chat.model import Model
from .database import request_engine
from .drain import Drain
from .health import Readiness
from .logs import configure_logging
from .metrics import watch_pool
from .middleware import BodyLimit, RequestContext
from .routers import chat, health, push, todos
from .schema import Schema
from .settings import Settings, load_settings

log = logging.getLogger(__name__)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Nothing is connected yet when this returns: the process starts, and says that it isn't ready, without its database."""
    configure_logging()
    settings = settings or load_settings(Settings)
    configure_logging(settings.log_level)

    engine = request_engine(settings)
    readiness = Readiness(settings.dsn, Schema.of_this_code())
    drain = Drain()
    # the keys come from within: a proxy for the way out has no business there
    inside = httpx.AsyncClient(trust_env=False)
    outside = httpx.AsyncClient()
    authenticator = Authenticator(settings, inside)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with drain.on_sigterm():
            log.info("started, needs schema %s", readiness.schema.head)
            yield
        await authenticator.keys.close()
        await inside.aclose()
        await outside.aclose()
        await readiness.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(3):
                await engine.dispose()

    app = FastAPI(
        title="Todo",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=lifespan,
        telemetry={"auto_configure": "OTEL_EXPORTER_OTLP_ENDPOINT" in os.environ, "logs": False},
    )
    app.state.settings = settings
    app.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
    app.state.readiness = readiness
    app.state.drain = drain
    app.state.authenticator = authenticator
    app.state.model = Model.of(settings, outside)
    watch_pool(engine)
    errors.install(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(RequestContext, drain=drain)
    for router in (health.router, todos.router, chat.router, push.router):
        app.include_router(router)
    return app
