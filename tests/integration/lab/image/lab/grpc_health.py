# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The standard health protocol. Behaviours: `serving`, `not-serving`, `service-unknown`, `slow SECONDS`, `none` (no such service)."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from .request import Request

if TYPE_CHECKING:
    from .listeners import Listener

SERVICES = ("", "lab.Shop")
STATUS = {"serving": "SERVING", "not-serving": "NOT_SERVING", "service-unknown": "SERVICE_UNKNOWN", "unknown": "UNKNOWN", "slow": "SERVING"}


class Health(health_pb2_grpc.HealthServicer):
    def __init__(self, listener: Listener) -> None:
        self.listener = listener

    def Check(self, request: Any, context: Any) -> Any:
        name, *words = self.listener.behaviour.split()
        self.listener.seen.append(
            Request("Check", request.service, tuple((str(key), str(value)) for key, value in context.invocation_metadata()))
        )
        if request.service not in SERVICES:
            context.abort(grpc.StatusCode.NOT_FOUND, "no such service")
        if name == "slow":
            time.sleep(float(words[0]))
        return health_pb2.HealthCheckResponse(status=STATUS[name])


def serve(listener: Listener) -> Any:
    """Start a server on the listener's port."""
    server = grpc.server(ThreadPoolExecutor(8))
    if listener.behaviour != "none":
        health_pb2_grpc.add_HealthServicer_to_server(Health(listener), server)
    server.add_insecure_port(f"{listener.host}:{listener.port}")
    server.start()
    return server
