"""What the model may do: find, add and change todos of the user it talks to. It can't remove any."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .. import todos
from ..database import Sessions
from ..fields import PRIORITIES, Moment, NewTodo, Priority, TodoChange, TodoOut
from ..models import Todo
from ..paging import Order, Sort

MOMENTS = ("due_at", "remind_at", "due_before", "due_after")


def _tool(name: str, description: str, properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


_TEXT = {"type": "string"}
_WHEN = {"type": "string", "description": "ISO 8601 date and time, such as 2026-03-01T09:00; the user's time zone unless it has an offset"}
_WHEN_OR_NOT = {**_WHEN, "type": ["string", "null"]}
_PRIORITY = {"type": "string", "enum": list(PRIORITIES)}
_TAGS = {"type": "array", "items": _TEXT, "description": "All tags that it shall have, in lower case"}
_FIELDS = {"notes": {"type": ["string", "null"]}, "due_at": _WHEN_OR_NOT, "priority": _PRIORITY, "tags": _TAGS, "remind_at": _WHEN_OR_NOT}

TOOLS = [
    _tool(
        "find_todos",
        "Look todos up. Gives their ids, which change_todo needs, and how many are open and done in all.",
        {
            "q": {"type": "string", "description": "Part of the title, notes or a tag"},
            "status": {"type": "string", "enum": ["all", "open", "done"]},
            "priority": _PRIORITY,
            "tag": _TEXT,
            "due_after": _WHEN,
            "due_before": _WHEN,
            "sort": {"type": "string", "enum": ["created", "due", "priority", "title"]},
            "order": {"type": "string", "enum": ["asc", "desc"]},
            "limit": {"type": "integer", "minimum": 1, "maximum": 50},
        },
        [],
    ),
    _tool("add_todo", "Add a todo.", {"title": _TEXT, **_FIELDS}, ["title"]),
    _tool(
        "change_todo",
        "Change a todo, or complete it with done=true. What is left out stays; null clears notes and times.",
        {"id": {"type": "string", "description": "The id that find_todos gave"}, "title": _TEXT, "done": {"type": "boolean"}, **_FIELDS},
        ["id"],
    ),
]


class FindArguments(BaseModel):
    model_config = ConfigDict(extra="forbid")

    q: str = Field(default="", max_length=200)
    status: todos.Status = "open"
    priority: Priority | None = None
    tag: str | None = Field(default=None, max_length=40)
    due_after: Moment | None = None
    due_before: Moment | None = None
    sort: Sort = "due"
    order: Order = "asc"
    limit: Annotated[int, Field(ge=1, le=50)] = 20


class ChangedId(BaseModel):
    id: UUID


@dataclass(frozen=True)
class Outcome:
    """`result` is for the model, `summary` for the user."""

    ok: bool
    result: dict[str, Any]
    summary: str
    changed: bool = False


@dataclass(frozen=True)
class Toolbox:
    sessions: Sessions
    owner: str
    zone: ZoneInfo

    async def use(self, name: str, arguments: str) -> Outcome:
        """Whatever the model asks for: what can't be done comes back as an outcome that tells it why."""
        tools = {"find_todos": self._find, "add_todo": self._add, "change_todo": self._change}
        tool = tools.get(name)
        if tool is None:
            return _failed(f"there is no such tool; there are {', '.join(tools)}", "Tried something it can't do")
        try:
            given = json.loads(arguments or "{}")
            if not isinstance(given, dict):
                raise ValueError("arguments must be an object")
            for key in MOMENTS:
                if isinstance(given.get(key), str):
                    given[key] = self._moment(given[key])
            json.dumps(given, default=str, ensure_ascii=False).encode()  # lone surrogates can't be stored
            return await tool(given)
        except ValidationError as error:
            faults = "; ".join(f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors())
            return _failed(f"bad arguments: {faults}", "Asked for something in the wrong way")
        except (ValueError, RecursionError) as error:
            return _failed(f"bad arguments: {error}", "Asked for something in the wrong way")

    async def _find(self, given: dict[str, Any]) -> Outcome:
        wanted = FindArguments.model_validate(given)
        if "\x00" in wanted.q or "\x00" in (wanted.tag or ""):
            raise ValueError("text can't hold NUL")
        narrowed = todos.Filter(wanted.q, wanted.status, wanted.priority, wanted.tag, wanted.due_before, wanted.due_after)
        page = await todos.find(self.sessions, self.owner, narrowed, sort=wanted.sort, order=wanted.order, limit=wanted.limit)
        result = {
            "todos": [self._shown(todo) for todo in page.todos],
            "more": page.next_cursor is not None,
            "counts": {"open": page.counts.open, "done": page.counts.done},
        }
        number = len(page.todos)
        return Outcome(True, result, f"Found {number} todo{'' if number == 1 else 's'}")

    async def _add(self, given: dict[str, Any]) -> Outcome:
        todo = await todos.add(self.sessions, self.owner, NewTodo.model_validate(given))
        return Outcome(True, {"added": self._shown(todo)}, f"Added “{todo.title}”", changed=True)

    async def _change(self, given: dict[str, Any]) -> Outcome:
        identity = ChangedId.model_validate(given).id
        change = TodoChange.model_validate({key: value for key, value in given.items() if key != "id"})
        todo = await todos.change(self.sessions, self.owner, identity, change)
        if todo is None:
            return _failed("no such todo: look it up with find_todos", "Looked for a todo that isn't there")
        verb = {True: "Completed", False: "Reopened", None: "Changed"}[change.done if "done" in change.model_fields_set else None]
        return Outcome(True, {"changed": self._shown(todo)}, f"{verb} “{todo.title}”", changed=True)

    def _moment(self, text: str) -> str:
        moment = datetime.fromisoformat(text)
        if len(text) <= 10:
            raise ValueError("give a time of day as well as the date")
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self.zone)
        return moment.isoformat()

    def _shown(self, todo: Todo) -> dict[str, Any]:
        """Times as the user's clock shows them; long notes cut, since all of this is paid for."""
        shown = TodoOut.of(todo).model_dump(exclude={"created_at", "updated_at"}, exclude_none=True)
        for key in ("due_at", "remind_at"):
            if key in shown:
                shown[key] = shown[key].astimezone(self.zone).isoformat(timespec="minutes")
        if "notes" in shown:
            shown["notes"] = shown["notes"][:500]
        return {**shown, "id": str(shown["id"])}


def _failed(reason: str, summary: str) -> Outcome:
    return Outcome(False, {"error": reason[:1000]}, summary)
