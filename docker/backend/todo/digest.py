"""A job: `python -m todo.digest`. Plans each user's daily summary; the worker sends them. Run it often: it plans each one once."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import async_sessionmaker

from .database import request_engine
from .health import DRIVER_ERRORS, explain
from .logs import configure_logging
from .push import planning
from .settings import DigestSettings, load_settings

log = logging.getLogger(__name__)


async def run(settings: DigestSettings) -> None:
    engine = request_engine(settings, name="todo-digest")
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    now = datetime.now(UTC)
    try:
        planned = await planning.plan_digests(sessions, now, settings.digest_hour)
        log.info("planned %d summaries", planned)
        log.info("forgot %d old deliveries", await planning.forget(sessions, now))
    except (SQLAlchemyError, *DRIVER_ERRORS) as error:
        cause = getattr(error, "orig", None) or error
        log.critical("can't plan summaries: %s", explain(cause.__cause__ or cause))
        raise SystemExit(1) from None
    finally:
        await engine.dispose()


def main() -> None:
    configure_logging()
    settings = load_settings(DigestSettings)
    configure_logging(settings.log_level)
    asyncio.run(run(settings))


if __name__ == "__main__":
    main()
