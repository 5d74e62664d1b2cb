from __future__ import annotations

import asyncio
import json
import subprocess
import time
from typing import Any

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from todo import migrating
from todo.models import OTHERS, Base

from .conftest import BACKEND, Line, Server, alembic, environment, free_port


async def launch(url: str, *words: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *alembic(*words),
        cwd=BACKEND,
        env=environment(DATABASE_URL=url),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


async def run(url: str, *words: str) -> tuple[int, list[str], str]:
    """Exit code, messages and everything printed by a real `alembic`."""
    process = await launch(url, *words)
    out, err = await process.communicate()
    assert process.returncode is not None
    text = (out + err).decode()
    return process.returncode, [json.loads(line)["message"] for line in out.decode().splitlines()], text


async def test_models_and_migrations_agree(server: Server, database: str) -> None:
    def compare(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(
            connection, opts={"include_object": lambda _, name, kind, *__: kind != "table" or name not in OTHERS}
        )
        return list(compare_metadata(context, Base.metadata))

    engine = create_async_engine("postgresql+asyncpg://", async_creator=lambda *_, **__: asyncpg.connect(server.url(database)))
    async with engine.connect() as connection:
        assert await connection.run_sync(compare) == []
    await engine.dispose()


async def test_two_at_once_then_again_then_back(server: Server, empty_database: str) -> None:
    url = server.url(empty_database)
    results = await asyncio.gather(run(url), run(url))
    assert [code for code, _, _ in results] == [0, 0], results
    assert sum("Running upgrade  -> 0001" in message for _, messages, _ in results for message in messages) == 1
    assert all(messages[-1] == "schema is at 0003" for _, messages, _ in results)
    code, messages, _ = await run(url, "downgrade", "base")
    assert (code, messages[-1]) == (0, "schema is at nothing")


async def test_waits_for_the_other_migration(server: Server, empty_database: str) -> None:
    url = server.url(empty_database)
    holder = await asyncpg.connect(url)
    await holder.execute(f"SELECT pg_advisory_lock({migrating.LOCK_KEY})")
    process = await launch(url)
    assert process.stdout is not None
    first = json.loads(await asyncio.wait_for(process.stdout.readline(), 30))
    assert first["message"] == "another migration is running, waiting for it"
    await asyncio.sleep(0.7)
    assert process.returncode is None
    await holder.close()
    out, _ = await process.communicate()
    assert process.returncode == 0
    assert json.loads(out.splitlines()[-1])["message"] == "schema is at 0003"


async def test_waits_for_the_database(server: Server, database: str, line: Line, caplog: pytest.LogCaptureFixture) -> None:
    await line.refuse()
    waiting = asyncio.create_task(migrating.wait_for_database(server.url(database, port=line.port), pause=0.1))
    await asyncio.sleep(0.5)
    assert not waiting.done()
    await line.restore()
    await asyncio.wait_for(waiting, 2)
    assert any("waiting for the database" in message and "unreachable" in message for message in caplog.messages)


async def test_gives_up_in_time(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    begin = time.monotonic()
    with pytest.raises(SystemExit):
        await migrating.wait_for_database(server.url("x", port=free_port()), seconds=0.5, pause=0.1)
    assert time.monotonic() - begin < 3
    assert "gave up" in caplog.messages[-1]


async def test_what_time_cannot_heal_fails_at_once(server: Server, empty_database: str) -> None:
    code, messages, text = await run(server.url(empty_database, password="wrong-sentinel"))
    assert (code, messages) == (1, ["can't migrate: database refused the sign-in"])
    assert "sentinel" not in text
