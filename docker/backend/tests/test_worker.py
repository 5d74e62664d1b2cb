"""Reminders and summaries, pushed once: by real worker processes, over a stand-in push service, through kills at the worst moment."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from push_service import PushService, Subscription
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.pool import NullPool

from todo.database import Sessions, connect
from todo.push import planning, subscriptions
from todo.push.planning import digest, plan_digests, plan_reminders
from todo.push.sending import FIRST_PAUSE, MOST_ATTEMPTS, Sender, send_next
from todo.push.vapid import Vapid, public_key_of
from todo.worker import Worker

from .conftest import BACKEND, Line, Server, environment, free_port
from .test_settings import PRIVATE

PUBLIC = public_key_of(PRIVATE)
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.fixture
def service() -> Iterator[PushService]:
    made = PushService()
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def sessions_of(dsn: str) -> Sessions:
    engine = create_async_engine("postgresql+asyncpg://", async_creator=lambda *_, **__: connect(dsn, name="test"), poolclass=NullPool)
    return async_sessionmaker(engine, expire_on_commit=False)


@pytest.fixture
def sessions(server: Server, database: str) -> Sessions:
    return sessions_of(server.url(database))


@pytest.fixture
async def sender() -> AsyncIterator[Sender]:
    async with httpx.AsyncClient() as client:
        yield Sender(client, Vapid(PRIVATE, PUBLIC, "mailto:ops@example.org"), ("127.0.0.1",), True)


async def subscribe(sessions: Sessions, service: PushService, name: str, owner: str = "ada", zone: str = "UTC") -> Subscription:
    given = service.subscribe(name, PUBLIC)
    await subscriptions.subscribe(sessions, owner, given["endpoint"], **given["keys"], time_zone=zone)
    return service.subscriptions[name]


async def todo(server: Server, database: str, title: str, owner: str = "ada", **values: str) -> str:
    names = ", ".join(values)
    given = ", ".join(values.values())
    [row] = await server.fetch(
        f"INSERT INTO todos (id, title, owner_id, {names}) VALUES (gen_random_uuid(), '{title}', '{owner}', {given}) RETURNING id", database
    )
    return str(row["id"])


async def states(server: Server, database: str) -> list[tuple[str, int]]:
    return [
        (row["state"], row["attempts"])
        for row in await server.fetch("SELECT state, attempts FROM deliveries ORDER BY created_at", database)
    ]


async def send_all(sessions: Sessions, sender: Sender) -> None:
    while await send_next(sessions, sender):
        pass


async def test_a_reminder(sessions: Sessions, sender: Sender, service: PushService, server: Server, database: str) -> None:
    phone, laptop = await subscribe(sessions, service, "phone", zone="Europe/Berlin"), await subscribe(sessions, service, "laptop")
    other = await subscribe(sessions, service, "other", "bob")
    identity = await todo(server, database, "call Zoë", remind_at="now()", due_at="'2030-07-01T10:00Z'")
    await todo(server, database, "later", remind_at="now() + interval '1 hour'")
    await todo(server, database, "done", remind_at="now()", done="true")
    await todo(server, database, "long past", remind_at="now() - interval '2 days'")
    before = await server.fetch("SELECT updated_at FROM todos ORDER BY id", database)
    assert await plan_reminders(sessions, datetime.now(UTC) + timedelta(seconds=1)) == 2
    await send_all(sessions, sender)
    [seen] = phone.messages
    assert seen["payload"] == {
        "kind": "reminder",
        "title": "call Zoë",
        "body": "Due 2030-07-01 12:00",
        "todo_id": identity,
        "tag": f"todo-{identity}",
        "url": f"/?todo={identity}",
    }
    assert seen["claims"]["sub"] == "mailto:ops@example.org" and 80_000 < seen["ttl"] <= 86_400
    assert [message["payload"]["body"] for message in laptop.messages] == ["Due 2030-07-01 10:00"]
    assert other.messages == []
    assert await plan_reminders(sessions, datetime.now(UTC) + timedelta(seconds=2)) == 0
    assert await server.fetch("SELECT updated_at FROM todos ORDER BY id", database) == before
    # moved to another time, it is due again
    await server.execute(f"UPDATE todos SET remind_at = now() - interval '1 second' WHERE id = '{identity}'", database)
    assert await plan_reminders(sessions, datetime.now(UTC)) == 1
    await send_all(sessions, sender)
    assert len(phone.messages) == 2 and phone.messages[0]["topic"] != phone.messages[1]["topic"]


async def test_many_planners_plan_once(sessions: Sessions, service: PushService, server: Server, database: str) -> None:
    await subscribe(sessions, service, "phone")
    for number in range(30):
        await todo(server, database, str(number), remind_at="now() - interval '1 second'")
    now = datetime.now(UTC)
    assert sum(await asyncio.gather(*(plan_reminders(sessions, now) for _ in range(8)))) >= 30
    assert await states(server, database) == [("pending", 0)] * 30


async def test_many_senders_send_once(sessions: Sessions, sender: Sender, service: PushService, server: Server, database: str) -> None:
    browsers = [await subscribe(sessions, service, f"browser-{number}") for number in range(5)]
    for number in range(6):
        await todo(server, database, str(number), remind_at="now() - interval '1 second'")
    await plan_reminders(sessions, datetime.now(UTC))
    await asyncio.gather(*(send_all(sessions, sender) for _ in range(6)))
    await send_all(sessions, sender)
    for browser in browsers:
        assert sorted(message["payload"]["title"] for message in browser.messages) == list("012345")


async def test_done_removed_and_late(sessions: Sessions, sender: Sender, service: PushService, server: Server, database: str) -> None:
    browser = await subscribe(sessions, service, "phone")
    for title in ("done", "removed", "late"):
        await todo(server, database, title, remind_at="now() - interval '1 second'")
    await plan_reminders(sessions, datetime.now(UTC))
    await server.execute("UPDATE todos SET done = true WHERE title = 'done'", database)
    await server.execute("DELETE FROM todos WHERE title = 'removed'", database)
    await server.execute("UPDATE deliveries SET expires_at = now() WHERE payload ->> 'title' = 'late'", database)
    await send_all(sessions, sender)
    assert browser.attempts == 0
    assert sorted(state for state, _ in await states(server, database)) == ["dropped", "expired"]


@pytest.mark.parametrize("status", [404, 410])
async def test_a_subscription_that_is_gone(
    sessions: Sessions, sender: Sender, service: PushService, server: Server, database: str, status: int
) -> None:
    browser, other = await subscribe(sessions, service, "gone"), await subscribe(sessions, service, "other")
    browser.statuses = [status]
    for title in "ab":
        await todo(server, database, title, remind_at="now() - interval '1 second'")
    await plan_reminders(sessions, datetime.now(UTC))
    await send_all(sessions, sender)
    assert (browser.attempts, len(other.messages)) == (1, 2)
    assert len(await server.fetch("SELECT 1 FROM push_subscriptions", database)) == 1


async def test_a_service_that_is_busy(sessions: Sessions, sender: Sender, service: PushService, server: Server, database: str) -> None:
    browser = await subscribe(sessions, service, "phone")
    browser.statuses, browser.retry_after = [503, 429], "600"
    await todo(server, database, "a", remind_at="now() - interval '1 second'")
    await plan_reminders(sessions, datetime.now(UTC))
    for attempt in (1, 2):
        await send_all(sessions, sender)
        assert await states(server, database) == [("pending", attempt)]
        [row] = await server.fetch("SELECT extract(epoch FROM next_at - now()) AS pause FROM deliveries", database)
        assert 590 < row["pause"] <= 600
        await server.execute("UPDATE deliveries SET next_at = now()", database)
    await send_all(sessions, sender)
    assert await states(server, database) == [("sent", 3)] and len(browser.messages) == 1


@pytest.mark.parametrize(("statuses", "attempts", "end"), [([400], 1, "failed"), ([500] * 20, MOST_ATTEMPTS, "failed")])
async def test_it_ends(
    sessions: Sessions, sender: Sender, service: PushService, server: Server, database: str, statuses: list[int], attempts: int, end: str
) -> None:
    (await subscribe(sessions, service, "phone")).statuses = statuses
    await todo(server, database, "a", remind_at="now() - interval '1 second'")
    await plan_reminders(sessions, datetime.now(UTC))
    for attempt in range(attempts):
        await server.execute("UPDATE deliveries SET next_at = now()", database)
        await send_all(sessions, sender)
        [row] = await server.fetch("SELECT state, extract(epoch FROM next_at - now()) AS pause FROM deliveries", database)
        if attempt == 1 and row["state"] == "pending":
            assert abs(float(row["pause"]) - 2 * FIRST_PAUSE.total_seconds()) < 5
    assert await states(server, database) == [(end, attempts)]


async def test_an_address_that_is_no_longer_allowed(
    sessions: Sessions, sender: Sender, service: PushService, server: Server, database: str
) -> None:
    browser = await subscribe(sessions, service, "phone")
    await todo(server, database, "a", remind_at="now() - interval '1 second'")
    await plan_reminders(sessions, datetime.now(UTC))
    await send_all(sessions, Sender(sender.client, sender.vapid, ("fcm.googleapis.com",), False))
    assert (browser.attempts, await states(server, database)) == (0, [("failed", 1)])


def test_what_a_summary_says() -> None:
    zone = ZoneInfo("Asia/Tokyo")
    today = date(2026, 7, 1)
    at = [datetime(2026, 6, 30, 14, 59, tzinfo=UTC), datetime(2026, 6, 30, 15, 0, tzinfo=UTC), datetime(2026, 7, 1, 15, 0, tzinfo=UTC)]
    assert digest([("yesterday", at[0]), ("today", at[1]), ("tomorrow", at[2])], today, zone) == {
        "kind": "digest",
        "title": "Your day: 1 due today, 1 overdue",
        "body": "yesterday\ntoday",
        "tag": "digest-2026-07-01",
        "url": "/",
    }
    assert digest([("tomorrow", at[2])], today, zone) is None
    many = digest([(f"{'x' * 80}{number}", at[1]) for number in range(8)], today, zone)
    assert many is not None and many["body"].splitlines()[-1] == "and 3 more" and len(many["body"]) < 400


async def test_summaries_by_the_users_clock(
    sessions: Sessions, sender: Sender, service: PushService, server: Server, database: str
) -> None:
    tokyo = await subscribe(sessions, service, "tokyo", zone="Asia/Tokyo")
    berlin = await subscribe(sessions, service, "berlin", zone="Europe/Berlin")
    await subscribe(sessions, service, "idle", "bob", zone="Asia/Tokyo")
    await todo(server, database, "a", due_at="'2026-07-01T10:00Z'")
    await todo(server, database, "b", due_at="'2026-06-01T10:00Z'", done="true")
    midnight = datetime(2026, 6, 30, 23, tzinfo=UTC)  # 8:00 in Tokyo, 1:00 in Berlin
    assert await plan_digests(sessions, midnight - timedelta(minutes=1), 8) == 0
    assert sum(await asyncio.gather(*(plan_digests(sessions, midnight, 8) for _ in range(4)))) == 1
    assert await plan_digests(sessions, midnight + timedelta(hours=2), 8) == 0
    assert await plan_digests(sessions, midnight + timedelta(hours=7, minutes=30), 8) == 1  # 8:30 in Berlin
    assert await plan_digests(sessions, midnight + timedelta(hours=12), 8) == 0
    await server.execute("UPDATE deliveries SET expires_at = now() + interval '1 hour'", database)
    await send_all(sessions, sender)
    assert [len(browser.messages) for browser in (tokyo, berlin)] == [1, 1]
    assert tokyo.messages[0]["payload"]["title"] == "Your day: 1 due today"
    assert await planning.forget(sessions, datetime.now(UTC) + timedelta(days=29)) == 0
    assert await planning.forget(sessions, datetime.now(UTC) + timedelta(days=31)) == 2


def variables(url: str) -> dict[str, str]:
    push = {"PUSH_ALLOWED_HOSTS": "127.0.0.1", "PUSH_ALLOW_HTTP": "true"}
    vapid = {"VAPID_PUBLIC_KEY": PUBLIC, "VAPID_PRIVATE_KEY": PRIVATE, "VAPID_SUBJECT": "mailto:ops@example.org"}
    return environment(DATABASE_URL=url, **push, **vapid)


@asynccontextmanager
async def process(url: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A worker as it is deployed, on a port of its own, and the address of its probes."""
    port = free_port()
    code = f"import todo.worker; todo.worker.PORT = {port}; todo.worker.main()"
    made = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, cwd=BACKEND, env=variables(url), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    base = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(base_url=base) as client:
            for _ in range(400):
                try:
                    assert (await client.get("/livez")).status_code == 200
                    break
                except httpx.TransportError:
                    assert made.returncode is None, (await made.communicate())[0].decode()
                    await asyncio.sleep(0.05)
        yield made, base
    finally:
        if made.returncode is None:
            made.kill()
            await made.communicate()


async def until(true: Any, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "in vain"
        await asyncio.sleep(0.05)


async def test_killed_in_the_middle(sessions: Sessions, service: PushService, server: Server, database: str) -> None:
    """Killed while the push service holds the request: the claim ends with the process, another one sends, and nothing is lost."""
    browser = await subscribe(sessions, service, "phone")
    url = server.url(database)
    browser.delay = 3  # it has arrived, but the yes is a long time coming
    await todo(server, database, "a", remind_at="now()")
    async with process(url) as (first, _):
        await until(lambda: browser.messages)
        first.kill()
        await first.communicate()
    assert await states(server, database) == [("pending", 0)]
    browser.delay = 0
    async with process(url), process(url):
        await until(lambda: len(browser.messages) > 1)
        await asyncio.sleep(2.5)
        assert await states(server, database) == [("sent", 1)]
    # sent again, since nobody could know: with the topic and tag by which the service and the browser replace the first
    one, again = browser.messages
    assert (one["topic"], one["payload"]["tag"]) == (again["topic"], again["payload"]["tag"])


async def test_workers_that_come_and_go(sessions: Sessions, service: PushService, server: Server, database: str) -> None:
    """Replicas that are replaced all the time, as in rolling updates: each reminder arrives once."""
    browsers = [await subscribe(sessions, service, name) for name in ("phone", "laptop")]
    for browser in browsers:
        browser.delay = 0.02
    url = server.url(database)
    for number in range(40):
        await todo(server, database, f"{number:02}", remind_at=f"now() + interval '{number * 100} milliseconds'")
    for _ in range(3):
        async with process(url) as (one, _), process(url) as (two, _):
            await asyncio.sleep(1)
            for worker in (one, two):
                worker.send_signal(signal.SIGTERM)
            for worker in (one, two):
                await asyncio.wait_for(worker.communicate(), 15)
                assert worker.returncode in (0, -signal.SIGTERM)
    async with process(url):
        await until(lambda: all(len(browser.messages) >= 40 for browser in browsers), 30)
    for browser in browsers:
        assert sorted(message["payload"]["title"] for message in browser.messages) == [f"{number:02}" for number in range(40)]


async def test_the_queue_shows(sessions: Sessions, service: PushService, server: Server, database: str) -> None:
    browser = await subscribe(sessions, service, "phone")
    browser.statuses, browser.retry_after = [503] * 100, "600"
    for title in "abc":
        await todo(server, database, title, remind_at="now() - interval '1 second'")
    async with process(server.url(database)) as (_, base), httpx.AsyncClient(base_url=base) as client:
        for _ in range(100):
            shown = (await client.get("/metrics")).text
            if "todo_push_deliveries_pending 3.0" in shown:
                break
            await asyncio.sleep(0.1)
        assert "todo_push_deliveries_pending 3.0" in shown
        assert 'todo_push_deliveries_total{outcome="retry"} 3.0' in shown
        assert "todo_push_deliveries_oldest_seconds 0.0" in shown  # the next try is still to come
        await server.execute("UPDATE deliveries SET next_at = now() - interval '1 minute', state = 'sent' WHERE attempts > 0", database)
        for _ in range(100):
            shown = (await client.get("/metrics")).text
            if "todo_push_deliveries_pending 0.0" in shown:
                break
            await asyncio.sleep(0.1)
        assert "todo_push_deliveries_pending 0.0" in shown


async def test_its_probes_tell_the_truth(server: Server, database: str, line: Line) -> None:
    async with process(server.url(database, port=line.port)) as (worker, base), httpx.AsyncClient(base_url=base) as client:
        assert (await client.get("/readyz")).json() == {"status": "ready"}
        await asyncio.sleep(1.2)
        assert 'todo_worker_ticks_total{result="ok"}' in (await client.get("/metrics")).text
        await line.refuse()
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["reason"]) == (503, "database is unreachable")
        await asyncio.sleep(1.5)
        assert (await client.get("/livez")).status_code == 200
        assert 'todo_worker_ticks_total{result="failed"}' in (await client.get("/metrics")).text
        await line.restore()
        assert (await client.get("/readyz")).status_code == 200
        worker.send_signal(signal.SIGTERM)
        out, _ = await worker.communicate()
    lines = [json.loads(entry) for entry in out.decode().splitlines()]
    assert [entry["message"] for entry in lines if entry["level"] == "warning" and "work" in entry["message"]] == [
        "can't work: database is unreachable"
    ]
    assert PRIVATE not in out.decode() and "sentinel" not in out.decode()


async def test_a_stuck_worker_is_not_alive(sessions: Sessions, sender: Sender) -> None:
    worker = Worker(sessions, sender)
    assert worker.alive
    worker._beat -= 61
    assert not worker.alive


async def test_the_job_of_the_day(sessions: Sessions, service: PushService, server: Server, database: str) -> None:
    zone = next(name for name in (f"Etc/GMT{hours:+d}" for hours in range(-14, 13)) if datetime.now(ZoneInfo(name)).hour == 9)
    await subscribe(sessions, service, "phone", zone=zone)
    await todo(server, database, "a", due_at="now() - interval '3 days'")

    async def run(url: str) -> tuple[int | None, str]:
        made = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "todo.digest",
            cwd=BACKEND,
            env=environment(DATABASE_URL=url),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        out, _ = await made.communicate()
        return made.returncode, out.decode()

    results = await asyncio.gather(*(run(server.url(database)) for _ in range(2)))
    assert [code for code, _ in results] == [0, 0], results
    assert await states(server, database) == [("pending", 0)]
    code, out = await run(server.url(database, port=free_port()))
    assert code == 1 and json.loads(out)["message"] == "can't plan summaries: database is unreachable"
