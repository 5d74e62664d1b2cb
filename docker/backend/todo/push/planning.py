"""What is to be pushed: reminders that are due, and daily summaries.

Planning writes deliveries, one for each subscription and occasion; sending them is another matter. Both may run in any number of
processes, and may be killed at any time: an occasion is planned once, by a unique key and in one transaction.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ..database import Sessions
from ..models import Delivery, PushSubscription, Todo

BATCH = 200
LATEST = timedelta(hours=24)
"""A reminder that couldn't be sent for longer says nothing any more."""
DIGEST_HOURS = 4
"""For so long after its hour a summary is still sent, when the job didn't run in time."""
KEPT = timedelta(days=30)
SHOWN = 5


async def plan_reminders(sessions: Sessions, now: datetime) -> int:
    """Deliveries for todos whose time has come. The number of todos; BATCH of them means that there may be more."""
    due = (
        select(Todo)
        .where(Todo.remind_at <= now, ~Todo.done, Todo.remind_at.is_distinct_from(Todo.reminded_for), Todo.owner_id.is_not(None))
        .order_by(Todo.remind_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    async with sessions.begin() as session:
        todos = (await session.scalars(due)).all()
        owners = await _subscriptions(session, {todo.owner_id for todo in todos if todo.owner_id})
        rows = [_row(subscription, todo) for todo in todos if _in_time(todo, now) for subscription in owners.get(todo.owner_id or "", [])]
        await _plan(session, rows)
        planned = update(Todo).where(Todo.id.in_([todo.id for todo in todos]))
        await session.execute(
            planned.values(reminded_for=Todo.remind_at, updated_at=Todo.updated_at).execution_options(synchronize_session=False)
        )
    return len(todos)


def _in_time(todo: Todo, now: datetime) -> bool:
    return todo.remind_at is not None and now - todo.remind_at < LATEST


def _row(subscription: PushSubscription, todo: Todo) -> dict[str, Any]:
    assert todo.remind_at is not None
    body = ""
    if todo.due_at is not None:
        body = f"Due {todo.due_at.astimezone(ZoneInfo(subscription.time_zone)):%Y-%m-%d %H:%M}"
    payload = {
        "kind": "reminder",
        "title": todo.title,
        "body": body,
        "todo_id": str(todo.id),
        "tag": f"todo-{todo.id}",
        "url": f"/?todo={todo.id}",
    }
    occasion = f"reminder:{todo.id}:{todo.remind_at.astimezone(UTC).isoformat()}"
    return _delivery(subscription, occasion, payload, todo.remind_at + LATEST, todo_id=todo.id)


async def plan_digests(sessions: Sessions, now: datetime, hour: int) -> int:
    """A summary for each subscription whose own clock has come to `hour`. The number of summaries planned by this call."""
    async with sessions() as session:
        statement = select(PushSubscription.id, PushSubscription.time_zone).order_by(PushSubscription.id)
        due = [identity for identity, zone in (await session.execute(statement)).all() if _is_hour(now, zone, hour)]
    planned = 0
    for start in range(0, len(due), BATCH):
        async with sessions.begin() as session:
            planned += await _plan_digests(session, due[start : start + BATCH], now)
    return planned


def _is_hour(now: datetime, zone: str, hour: int) -> bool:
    local = now.astimezone(ZoneInfo(zone))
    return hour <= local.hour < hour + DIGEST_HOURS


async def _plan_digests(session: AsyncSession, identities: list[Any], now: datetime) -> int:
    subscriptions = (await session.scalars(select(PushSubscription).where(PushSubscription.id.in_(identities)))).all()
    open_todos = await _with_due(session, {subscription.owner_id for subscription in subscriptions}, now)
    rows = []
    for subscription in subscriptions:
        zone = ZoneInfo(subscription.time_zone)
        today = now.astimezone(zone).date()
        payload = digest(open_todos.get(subscription.owner_id, []), today, zone)
        if payload is not None:
            end = datetime.combine(today + timedelta(days=1), time(), zone).astimezone(UTC)
            rows.append(_delivery(subscription, f"digest:{today.isoformat()}", payload, end))
    return await _plan(session, rows)


async def _with_due(session: AsyncSession, owners: set[str], now: datetime) -> dict[str, list[tuple[str, datetime]]]:
    """Owner → open todos (title, due) that are due before the day after tomorrow, anywhere on earth."""
    statement = (
        select(Todo.owner_id, Todo.title, Todo.due_at)
        .where(Todo.owner_id.in_(owners), ~Todo.done, Todo.due_at < now + timedelta(days=2))
        .order_by(Todo.due_at)
    )
    found: dict[str, list[tuple[str, datetime]]] = {}
    for owner, title, due in (await session.execute(statement)).all():
        if owner is not None and due is not None:
            found.setdefault(owner, []).append((title, due))
    return found


def digest(todos: list[tuple[str, datetime]], today: date, zone: ZoneInfo) -> dict[str, Any] | None:
    """The summary of a day, or None when there is nothing to say. `todos`: title and due time, the earliest first."""
    days = [(title, due.astimezone(zone).date()) for title, due in todos]
    late = sum(day < today for _, day in days)
    due = [title for title, day in days if day == today]
    if not late and not due:
        return None
    parts = [f"{len(due)} due today"] if due else []
    parts += [f"{late} overdue"] if late else []
    names = [title if len(title) <= 60 else title[:59] + "…" for title, day in days if day <= today]
    more = [f"and {len(names) - SHOWN} more"] if len(names) > SHOWN else []
    return {
        "kind": "digest",
        "title": "Your day: " + ", ".join(parts),
        "body": "\n".join(names[:SHOWN] + more),
        "tag": f"digest-{today}",
        "url": "/",
    }


async def forget(sessions: Sessions, now: datetime) -> int:
    """Remove old deliveries that have ended. The number removed."""
    async with sessions.begin() as session:
        gone = await session.scalars(
            delete(Delivery).where(Delivery.state != "pending", Delivery.ended_at < now - KEPT).returning(Delivery.id)
        )
        return len(gone.all())


async def _subscriptions(session: AsyncSession, owners: set[str]) -> dict[str, list[PushSubscription]]:
    found: dict[str, list[PushSubscription]] = {}
    # shared lock: a subscription that is being removed takes its deliveries with it, instead of failing the whole batch
    statement = select(PushSubscription).where(PushSubscription.owner_id.in_(owners)).with_for_update(read=True, key_share=True)
    for subscription in await session.scalars(statement):
        found.setdefault(subscription.owner_id, []).append(subscription)
    return found


def _delivery(subscription: PushSubscription, occasion: str, payload: dict[str, Any], expires: datetime, **more: Any) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "subscription_id": subscription.id,
        "occasion": occasion,
        "payload": payload,
        "expires_at": expires,
        "todo_id": None,
        **more,
    }


async def _plan(session: AsyncSession, rows: list[dict[str, Any]]) -> int:
    if not rows:
        return 0
    statement = insert(Delivery).values(rows).on_conflict_do_nothing(index_elements=["subscription_id", "occasion"]).returning(Delivery.id)
    return len((await session.scalars(statement)).all())


async def queue(sessions: Sessions, now: datetime) -> tuple[int, float]:
    """How many deliveries wait, and for how many seconds the longest of them has been overdue."""
    statement = select(func.count(), func.min(Delivery.next_at)).where(Delivery.state == "pending")
    async with sessions() as session:
        number, oldest = (await session.execute(statement)).one()
    return number, max((now - oldest).total_seconds(), 0.0) if oldest is not None else 0.0
