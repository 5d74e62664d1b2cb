"""The assistant."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, StringConstraints

from ..auth import User
from ..chat import conversations
from ..chat.budget import Budget
from ..chat.model import Model
from ..chat.turn import turn
from ..errors import ERRORS, ApiError, ErrorBody
from ..fields import SEVERAL_LINES, TimeZone
from ..streaming import EventStream
from .todos import Database

router = APIRouter(prefix="/api", tags=["chat"], responses=ERRORS)

Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000, pattern=SEVERAL_LINES)]


class NewMessage(BaseModel):
    model_config = ConfigDict(extra="forbid")

    message: Said
    conversation_id: UUID | None = None
    time_zone: TimeZone = "UTC"


class ConversationOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    title: str
    updated_at: datetime


class MessageOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    role: Literal["user", "assistant"]
    text: str
    created_at: datetime


class WholeConversation(BaseModel):
    id: UUID
    title: str
    messages: list[MessageOut]


STREAM = {"description": "Events: conversation, delta, tool, todos, and in the end done or error", "content": {"text/event-stream": {}}}


def not_found() -> ApiError:
    return ApiError(404, "not_found", "no such conversation")


# a response class of one media type would lend it to the errors too
@router.post("/chat", response_class=Response, responses={200: STREAM, 429: {"model": ErrorBody}})
async def chat(user: User, database: Database, request: Request, new: NewMessage) -> EventStream:
    model: Model | None = request.app.state.model
    if model is None:
        raise ApiError(503, "chat_not_configured", "The assistant is not set up here. Your list works as always.")
    budget = Budget.of(request.app.state.settings, database)
    await budget.admit(user, datetime.now(UTC))
    conversation = await conversations.say(database, user, new.conversation_id, new.message)
    if conversation is None:
        raise not_found()
    return EventStream(turn(model, budget, owner=user, zone=new.time_zone, conversation=conversation).events())


@router.get("/conversations")
async def list_conversations(user: User, database: Database) -> list[ConversationOut]:
    return [ConversationOut.model_validate(found) for found in await conversations.of_user(database, user)]


@router.get("/conversations/{conversation_id}")
async def get_conversation(user: User, database: Database, conversation_id: UUID) -> WholeConversation:
    found = await conversations.read(database, user, conversation_id)
    if found is None:
        raise not_found()
    conversation, messages = found
    shown = [MessageOut.model_validate(message) for message in messages]
    return WholeConversation(id=conversation.id, title=conversation.title, messages=shown)


@router.delete("/conversations/{conversation_id}", status_code=204)
async def delete_conversation(user: User, database: Database, conversation_id: UUID) -> None:
    if not await conversations.remove(database, user, conversation_id):
        raise not_found()
