"""What surrounds each request: its id, its log line, the last resort for errors, and the limit on its body."""

from __future__ import annotations

import logging
import re
import time
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .drain import Drain
from .logs import request_id

access_log = logging.getLogger("todo.access")

MAX_BODY_BYTES = 64 * 1024
TOO_LARGE = f"the body is larger than {MAX_BODY_BYTES} bytes"
PROBE_PATHS = frozenset({"/livez", "/readyz", "/health"})
GOOD_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestContext:
    """Outermost: gives each request an id (the caller's own when it is sane) and logs how it ended."""

    def __init__(self, app: ASGIApp, drain: Drain) -> None:
        self._app = app
        self._drain = drain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        token = request_id.set(given if GOOD_ID.fullmatch(given) else uuid4().hex)
        begin = time.monotonic()
        status = 0

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = request_id.get() or ""
                if self._drain.active:
                    headers["connection"] = "close"
            await send(message)

        try:
            await self._app(scope, receive, send_marked)
        except Exception:
            access_log.exception("unexpected error")
            if status:  # too late for another answer: let the server cut the connection
                raise
            await JSONResponse({"detail": "internal error"}, 500)(scope, receive, send_marked)
        finally:
            fields = {
                "method": scope["method"],
                "path": scope["path"],
                "status": status,
                "duration_ms": round((time.monotonic() - begin) * 1000, 1),
            }
            level = logging.DEBUG if scope["path"] in PROBE_PATHS else logging.INFO
            access_log.log(level, "%s %s %d", scope["method"], scope["path"], status, extra={"fields": fields})
            request_id.reset(token)


class BodyLimit:
    """Refuses a body that says it is too large at once, and one that turns out to be too large as soon as it does."""

    def __init__(self, app: ASGIApp, limit: int = MAX_BODY_BYTES) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "0")
        if length.isdecimal() and int(length) > self._limit:
            await JSONResponse({"detail": TOO_LARGE}, 413)(scope, receive, send)
            return
        seen = 0

        async def receive_counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._limit:
                raise HTTPException(413, TOO_LARGE)
            return message

        await self._app(scope, receive_counted, send)
