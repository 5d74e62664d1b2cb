"""The list of things to do, each user's own."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, StringConstraints

from .. import todos
from ..auth import User
from ..database import Sessions
from ..errors import ERRORS, ApiError
from ..fields import ONE_LINE, NewTodo, Priority, Tag, TodoChange, TodoOut
from ..paging import Order, Sort

router = APIRouter(prefix="/api", tags=["todos"], responses=ERRORS)

Search = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=ONE_LINE)]


class CountsOut(BaseModel):
    open: int
    done: int


class PageOut(BaseModel):
    items: list[TodoOut]
    next_cursor: str | None
    counts: CountsOut


class TagOut(BaseModel):
    name: str
    count: int


class Wanted(BaseModel):
    """The list's query. An empty `priority` or `tag` stands for any."""

    q: Search = ""
    status: todos.Status = "all"
    priority: Priority | None = None
    tag: Tag | None = None
    sort: Sort = "created"
    order: Order = "desc"
    limit: Annotated[int, Query(ge=1, le=200)] = 50
    cursor: Annotated[str, StringConstraints(max_length=2000)] | None = None


def sessions(request: Request) -> Sessions:
    made: Sessions = request.app.state.sessions
    return made


# Handlers commit before they answer; a dependency that commits on its way out would do so after the answer was sent.
Database = Annotated[Sessions, Depends(sessions)]


def not_found() -> ApiError:
    return ApiError(404, "not_found", "no such todo")


@router.get("/todos")
async def list_todos(user: User, database: Database, wanted: Annotated[Wanted, Query()]) -> PageOut:
    given = todos.Filter(wanted.q, wanted.status, wanted.priority, wanted.tag)
    try:
        page = await todos.find(database, user, given, sort=wanted.sort, order=wanted.order, limit=wanted.limit, cursor=wanted.cursor)
    except ValueError as error:
        raise RequestValidationError([{"type": "value_error", "loc": ("query", "cursor"), "msg": str(error), "input": None}]) from None
    counts = CountsOut(open=page.counts.open, done=page.counts.done)
    return PageOut(items=[TodoOut.of(todo) for todo in page.todos], next_cursor=page.next_cursor, counts=counts)


@router.post("/todos", status_code=201)
async def create_todo(user: User, database: Database, new: NewTodo) -> TodoOut:
    return TodoOut.of(await todos.add(database, user, new))


@router.get("/todos/{todo_id}")
async def get_todo(user: User, database: Database, todo_id: UUID) -> TodoOut:
    found = await todos.get(database, user, todo_id)
    if found is None:
        raise not_found()
    return TodoOut.of(found)


@router.patch("/todos/{todo_id}")
async def change_todo(user: User, database: Database, todo_id: UUID, change: TodoChange) -> TodoOut:
    changed = await todos.change(database, user, todo_id, change)
    if changed is None:
        raise not_found()
    return TodoOut.of(changed)


@router.delete("/todos/{todo_id}", status_code=204)
async def delete_todo(user: User, database: Database, todo_id: UUID) -> None:
    if not await todos.remove(database, user, todo_id):
        raise not_found()


@router.get("/tags")
async def list_tags(user: User, database: Database) -> list[TagOut]:
    return [TagOut(name=name, count=count) for name, count in await todos.tags(database, user)]
