"""What the service shows of itself: numbers, traces, and headers that keep browsers from mistakes."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families

from .conftest import Server, signed_in
from .test_serving import service
from .test_todos import add

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


async def numbers(client: httpx.AsyncClient, name: str) -> dict[tuple[str, ...], float]:
    """Label values (in the order of their names) → value."""
    text = (await client.get("/metrics")).text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples if sample.name == name]
    return {tuple(sample.labels[label] for label in sorted(sample.labels)): sample.value for sample in samples}


async def test_requests_are_counted_by_route(client: httpx.AsyncClient) -> None:
    before = await numbers(client, "todo_http_requests_total")
    made = await add(client, "a")
    for _ in range(3):
        await client.get(f"/api/todos/{made['id']}")
    await client.get("/api/none/of/ours")
    await client.request("FOO", "/api/todos")
    await client.get("/readyz")
    after = await numbers(client, "todo_http_requests_total")
    grown = {labels: value - before.get(labels, 0) for labels, value in after.items() if value != before.get(labels, 0)}
    assert grown == {
        ("POST", "/api/todos", "201"): 1,
        ("GET", "/api/todos/{todo_id}", "200"): 3,
        ("GET", "(none)", "404"): 1,
        ("(other)", "/api/todos", "405"): 1,
    }
    seconds = await numbers(client, "todo_http_request_duration_seconds_count")
    assert seconds["GET", "/api/todos/{todo_id}"] >= 3


async def test_the_pool(app: FastAPI, client: httpx.AsyncClient) -> None:
    assert await numbers(client, "todo_database_pool_size") == {(): 5}
    async with app.state.sessions() as session:
        await session.connection()
        assert await numbers(client, "todo_database_pool_in_use") == {(): 1}
    assert await numbers(client, "todo_database_pool_in_use") == {(): 0}


@pytest.mark.parametrize("path", ["/api/todos", "/api/none", "/livez", "/api/openapi.json"])
async def test_headers(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["referrer-policy"] == "no-referrer"


class Collector(ThreadingHTTPServer):
    """Stands in for an OpenTelemetry collector: takes OTLP over HTTP, and keeps what came, by path."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Collecting)
        self.taken: list[tuple[str, bytes]] = []


class _Collecting(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        cast(Collector, self.server).taken.append((self.path, body))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Tests read other logs."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()


@pytest.mark.parametrize("on", [True, False])
async def test_traces(server: Server, database: str, collector: Collector, on: bool) -> None:
    more = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server_port}", "OTEL_SERVICE_NAME": "todo-backend"} if on else {}
    headers = {**signed_in(), "traceparent": TRACEPARENT}
    async with service(server.url(database), **more) as running, httpx.AsyncClient(base_url=running.base, headers=headers) as client:
        assert (await client.get("/api/todos")).status_code == 200
        running.process.send_signal(signal.SIGINT)
        lines = await running.end()
    [entry] = [line for line in lines if line["logger"] == "todo.access"]
    assert entry["trace_id"] == TRACE
    spans = b"".join(body for path, body in collector.taken if path == "/v1/traces")
    assert (bytes.fromhex(TRACE) in spans and b"GET /api/todos" in spans and b"todo-backend" in spans) == on
    assert "authorization" not in spans.decode(errors="replace").lower() and "sentinel" not in json.dumps(lines)
