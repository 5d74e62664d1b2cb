"""The todos of one user. Every statement names the owner, so another's todo is as good as none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, asc, delete, desc, func, or_, select, update

from .database import Sessions
from .fields import PRIORITIES, NewTodo, Priority, TodoChange, columns
from .models import Todo
from .paging import Order, Position, Sort, after, decode, encode, key_of

Status = Literal["all", "open", "done"]


@dataclass(frozen=True)
class Filter:
    """What the list is narrowed down to. `q` is looked for in title, notes and tags, whatever the case."""

    q: str = ""
    status: Status = "all"
    priority: Priority | None = None
    tag: str | None = None
    due_before: datetime | None = None
    due_after: datetime | None = None


@dataclass(frozen=True)
class Counts:
    open: int
    done: int


@dataclass(frozen=True)
class Page:
    """`counts` are of all that the filter finds, whatever its status and the page."""

    todos: Sequence[Todo]
    next_cursor: str | None
    counts: Counts


def _conditions(owner: str, given: Filter) -> list[ColumnElement[bool]]:
    """All but the status."""
    found = [Todo.owner_id == owner]
    if text := given.q.strip():
        found.append(
            or_(
                Todo.title.icontains(text, autoescape=True),
                Todo.notes.icontains(text, autoescape=True),
                func.array_to_string(Todo.tags, " ").icontains(text, autoescape=True),
            )
        )
    if given.priority is not None:
        found.append(Todo.priority == PRIORITIES.index(given.priority))
    if given.tag is not None:
        found.append(Todo.tags.contains([given.tag.strip().lower()]))
    if given.due_before is not None:
        found.append(Todo.due_at < given.due_before)
    if given.due_after is not None:
        found.append(Todo.due_at >= given.due_after)
    return found


async def find(sessions: Sessions, owner: str, given: Filter, *, sort: Sort, order: Order, limit: int, cursor: str | None = None) -> Page:
    """Raises ValueError for a bad cursor."""
    conditions = _conditions(owner, given)
    count = select(func.count().filter(~Todo.done), func.count().filter(Todo.done)).where(*conditions)
    key = key_of(sort, order)
    way = asc if order == "asc" else desc
    rows = select(Todo, key).where(*conditions).order_by(way(key), way(Todo.id)).limit(limit + 1)
    if given.status != "all":
        rows = rows.where(Todo.done if given.status == "done" else ~Todo.done)
    if cursor is not None:
        rows = rows.where(after(sort, order, decode(sort, order, cursor)))
    async with sessions() as session:
        found = (await session.execute(rows)).all()
        open_, done = (await session.execute(count)).one()
    more = len(found) > limit
    shown = found[:limit]
    following = encode(sort, order, Position(shown[-1][1], shown[-1][0].id)) if more else None
    return Page([row[0] for row in shown], following, Counts(open_, done))


async def get(sessions: Sessions, owner: str, identity: UUID) -> Todo | None:
    async with sessions() as session:
        found: Todo | None = await session.scalar(select(Todo).where(Todo.id == identity, Todo.owner_id == owner))
        return found


async def add(sessions: Sessions, owner: str, new: NewTodo) -> Todo:
    todo = Todo(owner_id=owner, **columns(new))
    async with sessions.begin() as session:
        session.add(todo)
    return todo


async def change(sessions: Sessions, owner: str, identity: UUID, given: TodoChange) -> Todo | None:
    statement = update(Todo).where(Todo.id == identity, Todo.owner_id == owner).values(columns(given)).returning(Todo)
    async with sessions.begin() as session:
        changed: Todo | None = await session.scalar(statement)
    return changed


async def remove(sessions: Sessions, owner: str, identity: UUID) -> bool:
    statement = delete(Todo).where(Todo.id == identity, Todo.owner_id == owner).returning(Todo.id)
    async with sessions.begin() as session:
        return await session.scalar(statement) is not None


async def tags(sessions: Sessions, owner: str) -> list[tuple[str, int]]:
    """Each tag and how many todos carry it, most used first."""
    tag = func.unnest(Todo.tags).label("tag")
    inner = select(tag).where(Todo.owner_id == owner).subquery()
    statement = select(inner.c.tag, func.count()).group_by(inner.c.tag).order_by(func.count().desc(), inner.c.tag).limit(500)
    async with sessions() as session:
        return [(row[0], row[1]) for row in (await session.execute(statement)).all()]
