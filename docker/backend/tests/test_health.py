"""The promises that the probes rest on, kept against a real database and a line that fails in every way."""

from __future__ import annotations

import asyncio
import time

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from todo.database import CONNECT_SECONDS, POOL_WAIT_SECONDS, QUERY_SECONDS
from todo.health import CHECK_SECONDS, Readiness, explain
from todo.main import create_app
from todo.schema import Schema

from .conftest import PASSWORD, Line, Server, client_of, free_port, settings_for

SLACK = 2.0
"""Seconds that a busy test machine may add."""

SCHEMA = Schema(head="0002", known=frozenset({"0001", "0002"}))


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        (["0002"], None),
        (["0003"], None),  # newer code has migrated: a rolling update, or a rollback after one
        (["0001"], "schema is behind: 0001, needs 0002"),
        ([], "schema is missing: run the migrations"),
    ],
)
def test_schema_verdict(found: list[str], problem: str | None) -> None:
    assert SCHEMA.problem(found) == problem


def test_the_check_ends_before_the_probe_does() -> None:
    assert CHECK_SECONDS <= 1.5


def test_one_head_is_packaged() -> None:
    schema = Schema.of_this_code()
    assert schema.head in schema.known


async def test_all_is_well(client: httpx.AsyncClient) -> None:
    assert (await client.get("/livez")).json() == {"status": "ok"}
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})
    health = (await client.get("/health")).json()
    assert health["status"] == "ok"
    assert health["database"]["schema"] == {"found": "0003", "needed": "0003"}


async def reason(client: httpx.AsyncClient) -> str | None:
    """What /readyz says is wrong, or None; always in bounded time, with liveness untouched."""
    begin = time.monotonic()
    answer = await client.get("/readyz")
    assert time.monotonic() - begin < CHECK_SECONDS + SLACK
    assert (await client.get("/livez")).status_code == 200
    health = await client.get("/health")
    assert health.status_code == 200
    assert PASSWORD not in health.text and "127.0.0.1" not in health.text
    assert (health.json()["status"] == "ok") == (answer.status_code == 200)
    if answer.status_code == 200:
        return None
    assert answer.status_code == 503
    text: str = answer.json()["reason"]
    assert health.json()["database"]["reason"] == text
    return text


async def test_schema_missing_then_behind_then_newer(server: Server, empty_database: str) -> None:
    app = create_app(settings_for(server.url(empty_database)))
    async with app.router.lifespan_context(app), client_of(app) as client:
        assert await reason(client) == "schema is missing: run the migrations"
        await server.execute("CREATE TABLE alembic_version (version_num varchar(32))", empty_database)
        assert await reason(client) == "schema is missing: run the migrations"
        await server.execute("INSERT INTO alembic_version VALUES ('9999')", empty_database)
        assert await reason(client) is None


async def test_no_way_in(server: Server, database: str) -> None:
    for url, said in (
        (server.url(database, port=free_port()), "database is unreachable"),
        (server.url(database, password="wrong"), "database refused the sign-in"),
        (server.url("nowhere"), "database does not exist"),
        ("postgresql://todo:x@no-such-host.invalid/todo", "database is unreachable"),
        (server.url(database) + "?sslmode=require", "database is unreachable"),
    ):
        app = create_app(settings_for(url))
        async with app.router.lifespan_context(app), client_of(app) as client:
            assert await reason(client) in (said, "database did not answer in time"), url
            answer = await client.get("/api/todos")
            assert (answer.status_code, answer.json()) == (
                503,
                {"detail": "the database is unavailable, try again", "code": "database_unavailable"},
            )


def test_a_line_that_breaks_while_the_database_is_asked_is_a_lost_one_too() -> None:
    assert explain(asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")) == "database is unreachable"


async def test_refused_and_back(server: Server, database: str, line: Line) -> None:
    app = create_app(settings_for(server.url(database, port=line.port)))
    async with app.router.lifespan_context(app), client_of(app) as client:
        assert await reason(client) is None
        assert (await client.get("/api/todos")).status_code == 200
        await line.refuse()
        assert await reason(client) == "database is unreachable"
        assert (await client.get("/api/todos")).status_code == 503
        await line.restore()
        assert await reason(client) is None
        assert (await client.get("/api/todos")).status_code == 200


async def test_swallowed_and_back(server: Server, database: str, line: Line) -> None:
    """Nothing is refused, nothing comes back: the failure that fills thread and connection pools."""
    app = create_app(settings_for(server.url(database, port=line.port), database_pool_size=2))
    async with app.router.lifespan_context(app), client_of(app) as client:
        assert await reason(client) is None
        assert (await client.get("/api/todos")).status_code == 200
        line.swallow()
        begin = time.monotonic()
        crowd = [asyncio.create_task(client.get("/api/todos")) for _ in range(6)]
        await asyncio.sleep(0.1)
        assert await reason(client) == "database did not answer in time"
        assert {answer.status_code for answer in await asyncio.gather(*crowd)} == {503}
        assert time.monotonic() - begin < CONNECT_SECONDS + QUERY_SECONDS + POOL_WAIT_SECONDS + SLACK
        await line.restore()
        assert await reason(client) is None
        assert (await client.get("/api/todos")).status_code == 200


async def test_busy_pool_is_not_a_lost_database(app: FastAPI, client: httpx.AsyncClient) -> None:
    sessions = [app.state.sessions() for _ in range(5)]
    try:
        for session in sessions:
            await session.connection()
        assert await reason(client) is None
    finally:
        for session in sessions:
            await session.close()


async def test_a_crowd_costs_one_connection(server: Server, database: str, line: Line) -> None:
    readiness = Readiness(server.url(database, port=line.port), Schema.of_this_code())
    line.swallow()
    begin = time.monotonic()
    answers = await asyncio.gather(*(readiness.check() for _ in range(200)))
    assert time.monotonic() - begin < CHECK_SECONDS + SLACK
    assert {answer.reason for answer in answers} == {"database did not answer in time"}
    assert line.connections == 1
    await line.restore()
    assert all([(await readiness.check()).ready for _ in range(5)])
    assert line.connections == 2  # and the connection is kept
    await readiness.close()


async def test_a_caller_that_hangs_up_disturbs_nobody(server: Server, database: str) -> None:
    readiness = Readiness(server.url(database), Schema.of_this_code())
    first = asyncio.create_task(readiness.check())
    second = asyncio.create_task(readiness.check())
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).ready
    await readiness.close()


async def test_a_kept_connection_that_died_is_replaced(server: Server, database: str) -> None:
    readiness = Readiness(server.url(database), Schema.of_this_code())
    assert (await readiness.check()).ready
    for _ in range(20):  # how the driver notices is a matter of timing
        await server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'todo-readiness'")
        status = await readiness.check()
        assert status.ready, status
    await readiness.close()


async def test_server_stopped_and_started(server: Server, app: FastAPI, client: httpx.AsyncClient) -> None:
    assert await reason(client) is None
    assert (await client.get("/api/todos")).status_code == 200
    await asyncio.to_thread(server.stop)
    try:
        assert await reason(client) == "database is unreachable"
        assert (await client.post("/api/todos", json={"title": "a"})).status_code == 503
    finally:
        await asyncio.to_thread(server.start)
    assert await reason(client) is None
    assert (await client.post("/api/todos", json={"title": "a"})).status_code == 201


async def test_unexpected_errors_stay_inside(app: FastAPI, client: httpx.AsyncClient) -> None:
    def broken() -> None:
        raise asyncpg.DataError("secret detail")

    app.add_api_route("/broken", broken)
    answer = await client.get("/broken")
    assert (answer.status_code, answer.json()) == (500, {"detail": "internal error", "code": "internal"})
