"""For the platform: is the process alive, can it serve, and what does it see."""

from __future__ import annotations

import time
from typing import Any

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, Response

from ..drain import Drain
from ..health import Readiness

router = APIRouter(include_in_schema=False)

STARTED = time.monotonic()


@router.get("/livez")
async def livez() -> JSONResponse:
    """The event loop turns. Nothing else: a lost database is no reason to restart this process."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz")
async def readyz(request: Request) -> JSONResponse:
    drain: Drain = request.app.state.drain
    if drain.active:
        return JSONResponse({"status": "unready", "reason": "shutting down"}, 503)
    readiness: Readiness = request.app.state.readiness
    status = await readiness.check()
    if status.ready:
        return JSONResponse({"status": "ready"})
    return JSONResponse({"status": "unready", "reason": status.reason}, 503)


@router.get("/health")
async def health(request: Request) -> JSONResponse:
    """For people and dashboards: always 200, the truth is in the body."""
    readiness: Readiness = request.app.state.readiness
    drain: Drain = request.app.state.drain
    status = await readiness.check()
    body: dict[str, Any] = {
        "status": "ok" if status.ready and not drain.active else "degraded",
        "draining": drain.active,
        "uptime_seconds": round(time.monotonic() - STARTED, 1),
        "database": {
            "status": "ok" if status.ready else "failed",
            "reason": status.reason,
            "check_ms": round(status.seconds * 1000, 1),
            "schema": {"found": status.revision, "needed": readiness.schema.head},
        },
    }
    return JSONResponse(body)


@router.get("/metrics")
async def metrics() -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
