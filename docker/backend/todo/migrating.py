"""Around a migration: wait for the database, and let one migration run at a time."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from .database import connect
from .health import explain

log = logging.getLogger(__name__)

WAIT_SECONDS = 60.0
LOCK_SECONDS = 600.0
LOCK_KEY = 7310271958301472

# on the very first installation the database comes up at the same time as we do
PASSING = (OSError, asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError, asyncpg.PostgresConnectionError)


async def wait_for_database(dsn: str, *, seconds: float = WAIT_SECONDS, pause: float = 1.0) -> None:
    """Return when the database takes connections. What time can't heal (a refused sign-in, say) fails at once.

    Raises SystemExit(1), after saying why.
    """
    begin = time.monotonic()
    while True:
        left = begin + seconds - time.monotonic()
        try:
            connection = await connect(dsn, name="todo-migration", connect_seconds=max(1.0, min(5.0, left)))
        except PASSING as error:
            if left <= pause:
                log.critical("gave up after %.0f s: %s", seconds, explain(error))
                raise SystemExit(1) from None
            log.warning("waiting for the database (%.0f s left): %s", left, explain(error))
            await asyncio.sleep(pause)
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.critical("can't migrate: %s", explain(error))
            raise SystemExit(1) from None
        else:
            await connection.close(timeout=5)
            return


@asynccontextmanager
async def only_one(connection: AsyncConnection, *, seconds: float = LOCK_SECONDS, pause: float = 0.5) -> AsyncIterator[None]:
    """Hold an advisory lock of the session. It ends with the connection, so a killed migration leaves none behind.

    Asked for again and again instead of waited for in the database: a waiting statement holds a snapshot, and an index that the other
    migration builds concurrently would wait for that. Raises SystemExit(1) when the other one takes too long.
    """
    begin = time.monotonic()
    told = False
    while True:
        got = await connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK_KEY})
        await connection.commit()
        if got:
            break
        if time.monotonic() - begin > seconds:
            log.critical("another migration still runs after %.0f s", seconds)
            raise SystemExit(1)
        if not told:
            log.info("another migration is running, waiting for it")
            told = True
        await asyncio.sleep(pause)
    try:
        yield
    finally:
        if not connection.closed and not connection.invalidated:
            await connection.rollback()
            await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK_KEY})
            await connection.commit()
