"""The way to the database: one place that opens connections, bounded in time."""

from __future__ import annotations

from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import NullPool

from .settings import DatabaseSettings

CONNECT_SECONDS = 3.0
QUERY_SECONDS = 5.0
POOL_WAIT_SECONDS = 3.0
RECYCLE_SECONDS = 1800

Sessions = async_sessionmaker[AsyncSession]


async def connect(dsn: str, *, name: str, connect_seconds: float = CONNECT_SECONDS, query_seconds: float | None = QUERY_SECONDS) -> Any:
    """Open an asyncpg connection. The driver reads the URL itself, so libpq's options (sslmode and so on) work.

    Raises OSError (TimeoutError among them) or asyncpg.PostgresError.
    """
    return await asyncpg.connect(dsn, timeout=connect_seconds, command_timeout=query_seconds, server_settings={"application_name": name})


def request_engine(settings: DatabaseSettings, *, name: str = "todo-backend") -> AsyncEngine:
    """The pool that requests share. It never grows beyond its size; who waits too long gets an error."""
    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda *_, **__: connect(settings.dsn, name=name),
        pool_size=settings.database_pool_size,
        max_overflow=0,
        pool_timeout=POOL_WAIT_SECONDS,
        pool_recycle=RECYCLE_SECONDS,
        pool_pre_ping=True,
        hide_parameters=True,
    )


def migration_engine(settings: DatabaseSettings) -> AsyncEngine:
    """One connection at a time, without a limit on a statement's time."""
    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda *_, **__: connect(settings.dsn, name="todo-migration", connect_seconds=10, query_seconds=None),
        poolclass=NullPool,
    )
