"""The real server process: its logs, and how it ends."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx

from .conftest import BACKEND, Server, environment, free_port, issuer, signed_in


class Service:
    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self.base = f"http://127.0.0.1:{port}"

    async def end(self) -> list[dict[str, Any]]:
        """Wait for the end; the log's lines."""
        out, err = await self.process.communicate()
        assert err == b"", err.decode()
        return [json.loads(line) for line in out.decode().splitlines()]


@asynccontextmanager
async def service(url: str, **more: str) -> AsyncIterator[Service]:
    port = free_port()
    command = ["uvicorn", "--factory", "todo.main:create_app", "--port", str(port), "--no-access-log", "--timeout-graceful-shutdown", "20"]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *command,
        cwd=BACKEND,
        env=environment(DATABASE_URL=url, **{name.upper(): value for name, value in issuer().settings().items()}, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    made = Service(process, port)
    try:
        async with httpx.AsyncClient(base_url=made.base) as client:
            for _ in range(400):
                try:
                    assert (await client.get("/livez")).status_code == 200
                    break
                except httpx.TransportError:
                    assert process.returncode is None, await made.end()
                    await asyncio.sleep(0.05)
        yield made
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()  # not wait(): that hangs when a pipe is full


async def test_logs(server: Server, database: str) -> None:
    async with service(server.url(database)) as running, httpx.AsyncClient(base_url=running.base, headers=signed_in()) as client:
        answer = await client.get("/api/todos", params={"limit": "5"}, headers={"x-request-id": "abc-1"})
        assert answer.headers["x-request-id"] == "abc-1"
        answer = await client.get("/api/none", headers={"x-request-id": 'no good "id"'})
        assert len(answer.headers["x-request-id"]) == 32
        await client.get("/readyz")
        running.process.send_signal(signal.SIGINT)
        lines = await running.end()
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in lines)
    assert not [line for line in lines if line["logger"] == "uvicorn.access" or "livez" in str(line) or "readyz" in str(line)]
    first, second = [line for line in lines if line["logger"] == "todo.access"]
    assert first == {
        **first,
        "level": "info",
        "request_id": "abc-1",
        "method": "GET",
        "path": "/api/todos",
        "status": 200,
        "message": "GET /api/todos 200",
    }
    assert first["duration_ms"] > 0
    assert (second["status"], second["request_id"]) == (404, answer.headers["x-request-id"])
    assert "sentinel" not in json.dumps(lines)


async def test_requests_in_flight_finish(server: Server, database: str) -> None:
    """A row lock holds a request back while the process is told to end."""
    async with (
        service(server.url(database)) as running,
        httpx.AsyncClient(base_url=running.base, headers=signed_in(), timeout=20) as client,
    ):
        made = (await client.post("/api/todos", json={"title": "slow"})).json()
        holder = await asyncpg.connect(server.url(database))
        held = holder.transaction()
        await held.start()
        await holder.execute("UPDATE todos SET done = done")
        slow = asyncio.create_task(client.patch(f"/api/todos/{made['id']}", json={"done": True}))
        await asyncio.sleep(0.5)
        running.process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.3)

        # while draining: still served, readiness off, connections given back
        async with httpx.AsyncClient(base_url=running.base, headers=signed_in()) as late:
            answer = await late.get("/api/todos")
            assert (answer.status_code, answer.headers["connection"]) == (200, "close")
            assert (await late.get("/readyz")).json() == {"status": "unready", "reason": "shutting down"}

        await asyncio.sleep(2.5)
        assert running.process.returncode is None
        assert not slow.done()
        await held.rollback()
        await holder.close()
        assert (await slow).json()["done"] is True
        begin = time.monotonic()
        await running.end()
        assert time.monotonic() - begin < 2


async def test_keep_alive_clients_lose_nothing(server: Server, database: str) -> None:
    """Clients that reuse their connection and never retry, straight through a termination, until the service sends them away."""
    async with service(server.url(database)) as running:
        served, enough = 0, asyncio.Event()

        async def hammer() -> None:
            nonlocal served
            async with httpx.AsyncClient(base_url=running.base, headers=signed_in()) as client:
                while True:
                    answer = await client.get("/livez")
                    assert answer.status_code == 200
                    served += 1
                    if served > 20:
                        enough.set()
                    if answer.headers.get("connection") == "close":
                        return
                    await asyncio.sleep(0.002)

        clients = [asyncio.create_task(hammer()) for _ in range(4)]
        await asyncio.wait_for(enough.wait(), 15)
        running.process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(asyncio.gather(*clients), 15)
        await running.end()
