"""Is this process able to serve? Asked often, by several at once, while the database may be gone."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import asyncpg

from .database import connect
from .schema import Schema

log = logging.getLogger(__name__)

CHECK_SECONDS = 1.5
"""Less than the 2 s that the probes wait, so that the answer is ours, with a reason."""


# a connection that dies in the middle of a query shows up as any of these
DRIVER_ERRORS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


@dataclass(frozen=True)
class Status:
    """`reason` is None when ready; `revision` and `seconds` are what the check saw and took."""

    reason: str | None
    revision: str | None
    seconds: float

    @property
    def ready(self) -> bool:
        return self.reason is None


def explain(error: BaseException) -> str:
    """A short reason without addresses, names or secrets."""
    match error:
        case TimeoutError():
            return "database did not answer in time"
        case asyncpg.InvalidAuthorizationSpecificationError():
            return "database refused the sign-in"
        case asyncpg.InvalidCatalogNameError():
            return "database does not exist"
        case asyncpg.CannotConnectNowError():
            return "database is starting up or shutting down"
        case asyncpg.TooManyConnectionsError():
            return "database has no connection left"
        case asyncpg.UndefinedTableError():
            return "schema is missing: run the migrations"
        case OSError() | asyncpg.PostgresConnectionError():
            return "database is unreachable"
        case _:
            return f"database check failed: {type(error).__name__}"


class Readiness:
    """Checks over a connection of its own, so a busy request pool never looks like a lost database.

    Whoever asks while a check runs gets that check's answer: a crowd of callers costs one query.
    """

    def __init__(self, dsn: str, schema: Schema, *, seconds: float = CHECK_SECONDS) -> None:
        self._dsn = dsn
        self._schema = schema
        self._seconds = seconds
        self._connection: Any = None
        self._running: asyncio.Task[Status] | None = None
        self._last_reason: str | None = "not checked yet"

    @property
    def schema(self) -> Schema:
        return self._schema

    async def check(self) -> Status:
        """Never raises, and takes no longer than the limit."""
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._check())
        # shielded: one caller that hangs up must not cancel the check of the others
        return await asyncio.shield(self._running)

    async def close(self) -> None:
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running
        self._drop()

    async def _check(self) -> Status:
        begin = time.monotonic()
        revision: str | None = None
        try:
            async with asyncio.timeout(self._seconds):
                found = await self._revisions()
            revision = ", ".join(sorted(found)) or None
            reason = self._schema.problem(found)
        except DRIVER_ERRORS as error:
            self._drop()
            reason = explain(error)
        self._tell(reason)
        return Status(reason, revision, time.monotonic() - begin)

    async def _revisions(self) -> list[str]:
        """The kept connection may have died unnoticed since the last check: that alone is no verdict, so try a new one."""
        if self._connection is not None:
            try:
                return await self._query()
            except DRIVER_ERRORS:
                self._drop()
        self._connection = await connect(self._dsn, name="todo-readiness", connect_seconds=self._seconds, query_seconds=None)
        return await self._query()

    async def _query(self) -> list[str]:
        rows = await self._connection.fetch("SELECT version_num FROM alembic_version")
        return [row["version_num"] for row in rows]

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    def _tell(self, reason: str | None) -> None:
        """Log changes only: they are what someone looks for afterwards."""
        if reason == self._last_reason:
            return
        self._last_reason = reason
        if reason is None:
            log.info("ready")
        else:
            log.warning("not ready: %s", reason)
