"""Errors as short JSON: {"detail": "...", "code": "..."}, and for bad input {"fields": [{"field", "message"}]} beside them."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

import asyncpg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from .health import explain

log = logging.getLogger(__name__)


class ApiError(Exception):
    """An answer other than success: the status, a code for programs and a sentence for people."""

    def __init__(
        self, status: int, code: str, detail: str, *, retry_after: int | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = {**(headers or {}), **({"retry-after": str(retry_after)} if retry_after is not None else {})}


class FieldFault(BaseModel):
    field: str
    message: str


class ErrorBody(BaseModel):
    """For the OpenAPI document."""

    detail: str
    code: str
    fields: list[FieldFault] | None = None


ERRORS: dict[int | str, dict[str, Any]] = {status: {"model": ErrorBody} for status in (400, 401, 404, 413, 422, 503)}


def answer(status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"detail": detail, "code": code}, status, headers)


async def said(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ApiError)
    return answer(error.status, error.code, error.detail, error.headers)


async def plain(request: Request, error: Exception) -> JSONResponse:
    """The framework's own: unknown paths and methods, unreadable bodies."""
    assert isinstance(error, HTTPException)
    code = {413: "too_large"}.get(error.status_code) or HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
    headers = dict(error.headers or {})
    path = getattr(request.scope.get("route"), "path", None)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED and (described := request.app.openapi()["paths"].get(path)):
        # The framework names those of the first route with that path alone.
        headers["Allow"] = ", ".join(sorted(method.upper() for method in described))
    return answer(error.status_code, code, error.detail, headers)


async def invalid(_: Request, error: Exception) -> JSONResponse:
    """Names the field and the rule; what was sent isn't repeated."""
    assert isinstance(error, RequestValidationError)
    fields = []
    for item in error.errors():
        where = [str(part) for part in item["loc"][1:]] if item["type"] != "json_invalid" else []
        fields.append({"field": ".".join(where) or str(item["loc"][0]), "message": item["msg"].removeprefix("Value error, ")})
    detail = "; ".join(f"{item['field']}: {item['message']}" for item in fields)
    # json.dumps, unlike the framework's default, escapes what UTF-8 can't carry (lone surrogates in a key, say)
    return JSONResponse({"detail": detail, "code": "invalid", "fields": fields}, 422)


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
        if isinstance(cause, asyncpg.ForeignKeyViolationError) and str(cause.constraint_name).endswith("owner_id_fkey"):
            # what we store refers to its user: a good token may outlive its account by some minutes
            return answer(401, "unauthenticated", "the account no longer exists", {"www-authenticate": "Bearer"})
        if not isinstance(cause, LOST) and not error.connection_invalidated:
            raise error
    reason = "no connection was free in time" if isinstance(error, PoolTimeoutError) else explain(cause)
    log.warning("database unavailable: %s", reason)
    return answer(503, "database_unavailable", "the database is unavailable, try again", {"retry-after": "2"})


def install(app: FastAPI) -> None:
    app.add_exception_handler(ApiError, said)
    app.add_exception_handler(HTTPException, plain)
    app.add_exception_handler(RequestValidationError, invalid)
    for kind in (DBAPIError, PoolTimeoutError, *LOST):
        app.add_exception_handler(kind, unavailable)
