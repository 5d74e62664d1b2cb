"""What surrounds each request: its ids, its log line and numbers, the last resort for errors, and the limit on its body."""

from __future__ import annotations

import logging
import re
import time
from uuid import uuid4

from opentelemetry import trace
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import metrics
from .drain import Drain
from .errors import answer
from .logs import request_id, trace_id

access_log = logging.getLogger("todo.access")

MAX_BODY_BYTES = 64 * 1024
TOO_LARGE = f"the body is larger than {MAX_BODY_BYTES} bytes"
QUIET_PATHS = frozenset({"/livez", "/readyz", "/health", "/metrics"})
GOOD_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SAFE = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
"""For each answer that doesn't say otherwise: data, of one user, and never a page."""


def current_trace(headers: Headers) -> str | None:
    """Of our own span where tracing is on, else of the caller's."""
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        return format(context.trace_id, "032x")
    given = TRACEPARENT.fullmatch(headers.get("traceparent", ""))
    return given[1] if given else None


def route_of(scope: Scope) -> str:
    """The route's pattern: a name for numbers, which must not grow with what is asked for."""
    return getattr(scope.get("route"), "path", "(none)")


class RequestContext:
    """Outermost: gives each request an id (the caller's own when it is sane) and logs how it ended."""

    def __init__(self, app: ASGIApp, drain: Drain) -> None:
        self._app = app
        self._drain = drain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        token = request_id.set(given if GOOD_ID.fullmatch(given) else uuid4().hex)
        trace_token = trace_id.set(current_trace(headers))
        begin = time.monotonic()
        status = 0

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                sent = MutableHeaders(scope=message)
                sent["x-request-id"] = request_id.get() or ""
                for name, value in SAFE.items():
                    sent.setdefault(name, value)
                if self._drain.active:
                    sent["connection"] = "close"
            await send(message)

        try:
            with metrics.in_progress.track_inprogress():
                await self._app(scope, receive, send_marked)
        except Exception:
            access_log.exception("unexpected error")
            if status:  # too late for another answer: let the server cut the connection
                raise
            await answer(500, "internal", "internal error")(scope, receive, send_marked)
        finally:
            seconds = time.monotonic() - begin
            if scope["path"] not in QUIET_PATHS:
                method = scope["method"] if scope["method"] in METHODS else "(other)"
                metrics.requests.labels(method, route_of(scope), str(status or 499)).inc()
                metrics.durations.labels(method, route_of(scope)).observe(seconds)
            fields = {
                "method": scope["method"],
                "path": scope["path"],
                "status": status,
                "duration_ms": round(seconds * 1000, 1),
            }
            level = logging.DEBUG if scope["path"] in QUIET_PATHS else logging.INFO
            access_log.log(level, "%s %s %d", scope["method"], scope["path"], status, extra={"fields": fields})
            request_id.reset(token)
            trace_id.reset(trace_token)


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
            await answer(413, "too_large", TOO_LARGE)(scope, receive, send)
            return
        seen = 0

        async def receive_counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._limit:
                raise HTTPException(413, TOO_LARGE)  # the framework lets this one through while it reads a body
            return message

        await self._app(scope, receive_counted, send)
