"""What a todo may hold, shared by the API and the chat's tools. PostgreSQL can't store NUL, so no text may carry it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    field_validator,
    model_validator,
)

from .models import Todo

PRIORITIES: tuple[Priority, ...] = ("none", "low", "medium", "high")
Priority = Literal["none", "low", "medium", "high"]

MAX_TAGS = 10
DATE = re.compile(r"\d{4}-\d\d-\d\d[Tt ]")
ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f]*$"
SEVERAL_LINES = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"


def _unique(tags: list[str]) -> list[str]:
    return list(dict.fromkeys(tags))


def _written(value: object) -> object:
    """A number isn't: whether it counts seconds or milliseconds would be a guess."""
    if isinstance(value, datetime) or (isinstance(value, str) and DATE.match(value)):
        return value
    raise ValueError("must be a time such as 2026-12-01T09:00:00Z")


def _storable(moment: datetime) -> datetime:
    """Away from the ends of what a clock in another time zone can show."""
    if not 1900 <= moment.year <= 9000:
        raise ValueError("must be between the years 1900 and 9000")
    return moment.astimezone(UTC)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise ValueError("must be a time zone such as Europe/Berlin") from None
    return name


Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=ONE_LINE)]
Notes = Annotated[str, StringConstraints(strip_whitespace=True, max_length=5000, pattern=SEVERAL_LINES)]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, min_length=1, max_length=40, pattern=ONE_LINE)]
Tags = Annotated[list[Tag], Field(max_length=MAX_TAGS), AfterValidator(_unique)]
Moment = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_storable)]
TimeZone = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_+/-]+$"), AfterValidator(_zone)]


class NewTodo(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: Title
    notes: Notes | None = None
    due_at: Moment | None = None
    priority: Priority = "none"
    tags: Tags = []
    done: StrictBool = False
    remind_at: Moment | None = None


class TodoChange(BaseModel):
    """What is left out stays as it is; null clears notes, due_at and remind_at, and is no value of the others."""

    model_config = ConfigDict(extra="forbid")

    title: Title = ""
    notes: Notes | None = None
    due_at: Moment | None = None
    priority: Priority = "none"
    tags: Tags = []
    done: StrictBool = False
    remind_at: Moment | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> TodoChange:
        if not self.model_fields_set:
            raise ValueError("give at least one field to change")
        return self


class TodoOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    title: str
    notes: str | None
    due_at: datetime | None
    priority: Priority
    tags: list[str]
    done: bool
    remind_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @field_validator("priority", mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        return PRIORITIES[value] if isinstance(value, int) else value

    @classmethod
    def of(cls, todo: Todo) -> TodoOut:
        return cls.model_validate(todo)


def columns(given: NewTodo | TodoChange) -> dict[str, object]:
    """The columns' values of what was given."""
    values = given.model_dump(exclude_unset=isinstance(given, TodoChange))
    if "priority" in values:
        values["priority"] = PRIORITIES.index(values["priority"])
    return values
