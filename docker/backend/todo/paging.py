"""Orders of the list, and cursors: where in an order the next page begins, whatever is added or removed meanwhile."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, tuple_

from .models import Todo

Sort = Literal["created", "due", "priority", "title"]
Order = Literal["asc", "desc"]

NEVER = {"asc": datetime(9999, 1, 1, tzinfo=UTC), "desc": datetime(1, 1, 2, tzinfo=UTC)}
"""Todos without a due time come last, whichever way."""


@dataclass(frozen=True)
class Position:
    """The sort key and id of a page's last todo."""

    value: Any
    id: UUID


def key_of(sort: Sort, order: Order) -> ColumnElement[Any]:
    match sort:
        case "created":
            return Todo.created_at.expression
        case "due":
            return func.coalesce(Todo.due_at, literal(NEVER[order], Todo.due_at.type))
        case "priority":
            return Todo.priority.expression
        case "title":
            return func.lower(Todo.title)


def after(sort: Sort, order: Order, position: Position) -> ColumnElement[bool]:
    here = tuple_(key_of(sort, order), Todo.id)
    there = tuple_(literal(position.value, key_of(sort, order).type), literal(position.id, Todo.id.type))
    return here > there if order == "asc" else here < there


def encode(sort: Sort, order: Order, position: Position) -> str:
    value = position.value.isoformat() if isinstance(position.value, datetime) else position.value
    return base64.urlsafe_b64encode(json.dumps([sort, order, value, str(position.id)]).encode()).decode().rstrip("=")


def decode(sort: Sort, order: Order, cursor: str) -> Position:
    """Raises ValueError for a cursor that isn't of this order, or isn't ours."""
    try:
        made = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        its_sort, its_order, value, identity = made
        position = Position(_value(sort, value), UUID(identity))
    except (binascii.Error, ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        raise ValueError("the cursor can't be read: begin again without one") from None
    if (its_sort, its_order) != (sort, order):
        raise ValueError("the cursor belongs to another order: begin again without one")
    return position


def _value(sort: Sort, value: object) -> Any:
    match sort, value:
        case (("created" | "due"), str()):
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None:
                raise ValueError("no time zone")
            # the driver counts in UTC, which must exist for the moment
            return moment.astimezone(UTC)
        case "priority", int() if not isinstance(value, bool) and 0 <= value <= 3:
            return value
        case "title", str() if "\x00" not in value:
            value.encode()  # a lone surrogate raises a ValueError
            return value
        case _:
            raise ValueError("of another kind")
