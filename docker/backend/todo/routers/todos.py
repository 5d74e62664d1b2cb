"""The list of things to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from pydantic import BaseModel, ConfigDict, StrictBool, StringConstraints, model_validator
from sqlalchemy import delete, select, update

from ..database import Sessions
from ..models import Todo

router = APIRouter(prefix="/api/todos", tags=["todos"])

# no control characters: PostgreSQL can't store NUL, and a title is one line
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]


class NewTodo(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: Title
    done: StrictBool = False


class TodoChange(BaseModel):
    """What is left out stays as it is; null is no value of either field."""

    model_config = ConfigDict(extra="forbid")

    title: Title = ""
    done: StrictBool = False

    @model_validator(mode="after")
    def _not_empty(self) -> TodoChange:
        if not self.model_fields_set:
            raise ValueError("give title, done or both")
        return self

    def values(self) -> dict[str, Any]:
        return self.model_dump(exclude_unset=True)


class TodoOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    title: str
    done: bool
    created_at: datetime
    updated_at: datetime


def sessions(request: Request) -> Sessions:
    made: Sessions = request.app.state.sessions
    return made


# Handlers commit before they answer; a dependency that commits on its way out would do so after the answer was sent.
Database = Annotated[Sessions, Depends(sessions)]


def not_found() -> HTTPException:
    return HTTPException(404, "no such todo")


@router.get("", response_model=list[TodoOut])
async def list_todos(database: Database, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> Sequence[Todo]:
    async with database() as session:
        return (await session.scalars(select(Todo).order_by(Todo.created_at.desc(), Todo.id.desc()).limit(limit))).all()


@router.post("", response_model=TodoOut, status_code=201)
async def create_todo(database: Database, new: NewTodo) -> Todo:
    todo = Todo(title=new.title, done=new.done)
    async with database.begin() as session:
        session.add(todo)
    return todo


@router.patch("/{todo_id}", response_model=TodoOut)
async def change_todo(database: Database, todo_id: UUID, change: TodoChange) -> Todo:
    async with database.begin() as session:
        todo: Todo | None = await session.scalar(update(Todo).where(Todo.id == todo_id).values(change.values()).returning(Todo))
    if todo is None:
        raise not_found()
    return todo


@router.delete("/{todo_id}", status_code=204)
async def delete_todo(database: Database, todo_id: UUID) -> None:
    async with database.begin() as session:
        gone = await session.scalar(delete(Todo).where(Todo.id == todo_id).returning(Todo.id))
    if gone is None:
        raise not_found()
