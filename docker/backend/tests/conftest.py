"""A real PostgreSQL server in a temporary folder, and the application in front of it."""

from __future__ import annotations

import asyncio
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from todo.main import create_app
from todo.settings import Settings

from .issuer import Issuer

BACKEND = Path(__file__).resolve().parent.parent
PASSWORD = "sentinel-pässwörd"
PASSWORD_IN_URL = "sentinel-p%C3%A4ssw%C3%B6rd"
USERS = ("ada", "bob")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def server_binaries() -> Path:
    """The newest PostgreSQL server of this machine. Without one these tests can't say anything, so that is an error, not a skip."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if not found:
        pytest.exit("no PostgreSQL server in /usr/lib/postgresql/*/bin: apt-get install --no-install-recommends postgresql", returncode=3)
    return max(found, key=lambda path: int(re.sub(r"\D", "", path.parent.name) or 0))


def unprivileged() -> dict[str, Any]:
    """Arguments for subprocess: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("nobody")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@dataclass
class Server:
    """A PostgreSQL server that tests may stop and start."""

    folder: Path
    binaries: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def url(self, database: str, *, port: int | None = None, password: str = PASSWORD_IN_URL) -> str:
        return f"postgresql://todo:{password}@127.0.0.1:{port or self.port}/{database}"

    def initialise(self) -> None:
        (self.folder / "password").write_text(PASSWORD, encoding="utf-8")
        command = [str(self.binaries / "initdb"), "-D", str(self.folder / "data"), "-U", "todo", "-A", "scram-sha-256"]
        command += [f"--pwfile={self.folder / 'password'}", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]
        subprocess.run(command, check=True, cwd=self.folder, stdout=subprocess.DEVNULL, **unprivileged())

    def start(self) -> None:
        options = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off", "max_connections": "40"}
        command = [str(self.binaries / "postgres"), "-D", str(self.folder / "data"), "-p", str(self.port)]
        command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log, **unprivileged())
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                asyncio.run(self._connect_once())
                return
            except (OSError, asyncpg.CannotConnectNowError):
                time.sleep(0.05)
        raise RuntimeError(f"PostgreSQL didn't start:\n{(self.folder / 'log').read_text(errors='replace')}")

    async def _connect_once(self) -> None:
        await (await asyncpg.connect(self.url("postgres"))).close()

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(20)
            self.process = None

    async def execute(self, statement: str, database: str = "postgres") -> None:
        connection = await asyncpg.connect(self.url(database))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def fetch(self, query: str, database: str) -> list[Any]:
        connection = await asyncpg.connect(self.url(database))
        try:
            return list(await connection.fetch(query))
        finally:
            await connection.close()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    # not pytest's own temporary folder: that one is closed to other users
    folder = Path(tempfile.mkdtemp(prefix="todo-postgres-"))
    if who := unprivileged():
        os.chown(folder, who["user"], who["group"])
    made = Server(folder, server_binaries())
    try:
        made.initialise()
        made.start()
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)


def environment(**extra: str) -> dict[str, str]:
    """For child processes: nothing of ours but what is given."""
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(BACKEND), "PYTHONDONTWRITEBYTECODE": "1", **extra}


def alembic(*words: str) -> list[str]:
    return [sys.executable, "-m", "alembic", *(words or ("upgrade", "head"))]


@pytest.fixture(scope="session")
def migrated(server: Server) -> str:
    """The name of a database that the real command has migrated, with USERS in it; others are copied from it."""
    asyncio.run(server.execute("CREATE DATABASE migrated"))
    url = server.url("migrated")
    done = subprocess.run(alembic(), cwd=BACKEND, env=environment(DATABASE_URL=url), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    for user in USERS:
        asyncio.run(server.execute(f"""INSERT INTO "user" VALUES ('{user}', '{user}', '{user}@example.org', false)""", "migrated"))
    return "migrated"


@pytest.fixture
async def empty_database(server: Server) -> AsyncIterator[str]:
    name = f"empty_{uuid4().hex}"
    await server.execute(f"CREATE DATABASE {name}")
    yield name
    await server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(server: Server, migrated: str) -> AsyncIterator[str]:
    name = f"todo_{uuid4().hex}"
    await server.execute(f"CREATE DATABASE {name} TEMPLATE {migrated}")
    yield name
    await server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@cache
def issuer() -> Issuer:
    return Issuer()


def settings_for(url: str, **more: Any) -> Settings:
    return Settings(**{"database_url": SecretStr(url), **issuer().settings(), **more})


def signed_in(user: str = "ada") -> dict[str, str]:
    return {"authorization": f"Bearer {issuer().token(user)}"}


def client_of(app: FastAPI, user: str = "ada") -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://todo", headers=signed_in(user))


@pytest.fixture
async def app(server: Server, database: str) -> AsyncIterator[FastAPI]:
    made = create_app(settings_for(server.url(database)))
    async with made.router.lifespan_context(made):
        yield made


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as made:
        yield made


@pytest.fixture
async def stranger(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Another user of the same service."""
    async with client_of(app, "bob") as made:
        yield made


class Line:
    """A TCP line to the server that a test can cut (`refuse`) or freeze (`swallow`): nothing moves, and nobody is told."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._server: asyncio.Server | None = None
        self._open = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.connections = 0
        self.port = free_port()

    async def restore(self) -> None:
        self._open.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    def swallow(self) -> None:
        self._open.clear()

    async def refuse(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.sleep(0)

    async def close(self) -> None:
        await self.refuse()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        here = asyncio.current_task()
        assert here is not None
        self._tasks.add(here)
        self._writers.add(writer)
        try:
            await self._open.wait()
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
            self._writers.add(far_writer)
            await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))
        except OSError:
            pass
        finally:
            self._tasks.discard(here)
            writer.close()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                await self._open.wait()
                sink.write(data)
                await sink.drain()
        except OSError:
            pass
        finally:
            sink.close()


@pytest.fixture
async def line(server: Server) -> AsyncIterator[Line]:
    made = Line(server.port)
    await made.restore()
    yield made
    await made.close()
