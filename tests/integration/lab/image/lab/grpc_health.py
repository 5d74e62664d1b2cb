# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The standard health protocol, its two messages written by hand.

Behaviours: `serving`, `not-serving`, `unknown`, `service-unknown`, `slow SECONDS`, `none` (no health service).
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import grpc

from .request import Request

if TYPE_CHECKING:
    from .listeners import Listener

SERVICES = ("", "lab.Shop")
STATUS = {"unknown": 0, "serving": 1, "slow": 1, "not-serving": 2, "service-unknown": 3}


def service_of(message: bytes) -> str:
    """A HealthCheckRequest's only field."""
    return message[2 : 2 + message[1]].decode() if message else ""


def response(status: int) -> bytes:
    """A HealthCheckResponse."""
    return bytes((8, status)) if status else b""


def serve(listener: Listener) -> Any:
    """Start a server on the listener's port."""

    def check(message: bytes, context: Any) -> bytes:
        name, *words = listener.behaviour.split()
        service = service_of(message)
        listener.seen.append(Request("Check", service, tuple((str(key), str(value)) for key, value in context.invocation_metadata())))
        if service not in SERVICES:
            context.abort(grpc.StatusCode.NOT_FOUND, "no such service")
        if name == "slow":
            time.sleep(float(words[0]))
        return response(STATUS[name])

    server = grpc.server(ThreadPoolExecutor(8))
    if listener.behaviour != "none":
        handlers: dict[str, Any] = {"Check": grpc.unary_unary_rpc_method_handler(check)}
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("grpc.health.v1.Health", handlers),))
    server.add_insecure_port(f"{listener.host}:{listener.port}")
    server.start()
    return server
