"""Run by Alembic: `alembic upgrade head`."""

from __future__ import annotations

import asyncio
import logging

from alembic import context
from alembic.util import CommandError
from sqlalchemy import Connection

from todo.database import migration_engine
from todo.logs import configure_logging
from todo.migrating import only_one, wait_for_database
from todo.models import Base
from todo.settings import DatabaseSettings, load_settings

log = logging.getLogger("todo.migrations")


def migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=Base.metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
    log.info("schema is at %s", ", ".join(context.get_context().get_current_heads()) or "nothing")


async def main() -> None:
    configure_logging()
    settings = load_settings(DatabaseSettings)
    configure_logging(settings.log_level)
    await wait_for_database(settings.dsn)
    engine = migration_engine(settings)
    async with engine.connect() as connection, only_one(connection):
        await connection.run_sync(migrate)


if context.is_offline_mode():
    raise CommandError("migrations run against a database only, not with --sql")
asyncio.run(main())
