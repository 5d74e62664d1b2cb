"""Errors as short JSON: {"detail": "..."}, and for bad input {"detail": [{"field", "message"}]}."""

from __future__ import annotations

import logging
from typing import Any

import asyncpg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.responses import JSONResponse

from .health import explain

log = logging.getLogger(__name__)


async def invalid(_: Request, error: Exception) -> JSONResponse:
    """Names the field and the rule; what was sent isn't repeated."""
    assert isinstance(error, RequestValidationError)
    detail: list[dict[str, Any]] = []
    for item in error.errors():
        where = [str(part) for part in item["loc"][1:]] if item["type"] != "json_invalid" else []
        detail.append({"field": ".".join(where) or str(item["loc"][0]), "message": item["msg"].removeprefix("Value error, ")})
    # json.dumps, unlike the framework's default, escapes what UTF-8 can't carry (lone surrogates in a key, say)
    return JSONResponse({"detail": detail}, 422)


# what is over when the database is back in order, as opposed to a mistake of ours
LOST = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.UndefinedTableError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


async def unavailable(_: Request, error: Exception) -> JSONResponse:
    """The driver's error comes as it is while connecting, and wrapped twice while querying."""
    cause: BaseException = error
    if isinstance(error, DBAPIError) and error.orig is not None:
        cause = error.orig.__cause__ or error.orig
        if not isinstance(cause, LOST) and not error.connection_invalidated:
            raise error
    reason = "no connection was free in time" if isinstance(error, PoolTimeoutError) else explain(cause)
    log.warning("database unavailable: %s", reason)
    return JSONResponse({"detail": "the database is unavailable, try again"}, 503, {"retry-after": "2"})


def install(app: FastAPI) -> None:
    app.add_exception_handler(RequestValidationError, invalid)
    for kind in (DBAPIError, PoolTimeoutError, *LOST):
        app.add_exception_handler(kind, unavailable)
