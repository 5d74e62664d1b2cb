"""Conversations, kept: what was said, not which tools were used."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, func, select, update

from ..database import Sessions
from ..models import Conversation, Message

TITLE_LENGTH = 80
LISTED = 50
SHOWN = 500
REMEMBERED = 20
REMEMBERED_CHARS = 24_000


async def say(sessions: Sessions, owner: str, conversation: UUID | None, text: str) -> UUID | None:
    """Keep a user's message, in a new conversation when none is named. None: there is no such conversation of this user."""
    async with sessions.begin() as session:
        if conversation is None:
            made = Conversation(owner_id=owner, title=" ".join(text.split())[:TITLE_LENGTH] or "…")
            session.add(made)
            await session.flush()
            conversation = made.id
        else:
            own = update(Conversation).where(Conversation.id == conversation, Conversation.owner_id == owner).values(updated_at=func.now())
            if await session.scalar(own.returning(Conversation.id)) is None:
                return None
        session.add(Message(conversation_id=conversation, role="user", text=text))
    return conversation


async def reply(sessions: Sessions, conversation: UUID, text: str) -> None:
    """Keep the assistant's words. A conversation that was removed meanwhile stays removed."""
    async with sessions.begin() as session:
        if await session.scalar(select(Conversation.id).where(Conversation.id == conversation).with_for_update(key_share=True)) is not None:
            session.add(Message(conversation_id=conversation, role="assistant", text=text))


async def remembered(sessions: Sessions, conversation: UUID) -> list[dict[str, str]]:
    """The latest messages, oldest first, as many as the model is to read again."""
    latest = select(Message).where(Message.conversation_id == conversation).order_by(Message.id.desc()).limit(REMEMBERED)
    async with sessions() as session:
        found = (await session.scalars(latest)).all()
    kept: list[dict[str, str]] = []
    length = 0
    for message in found:
        length += len(message.text)
        if kept and length > REMEMBERED_CHARS:
            break
        kept.append({"role": message.role, "content": message.text})
    return kept[::-1]


async def of_user(sessions: Sessions, owner: str) -> Sequence[Conversation]:
    latest = select(Conversation).where(Conversation.owner_id == owner).order_by(Conversation.updated_at.desc()).limit(LISTED)
    async with sessions() as session:
        return (await session.scalars(latest)).all()


async def read(sessions: Sessions, owner: str, conversation: UUID) -> tuple[Conversation, Sequence[Message]] | None:
    async with sessions() as session:
        found = await session.scalar(select(Conversation).where(Conversation.id == conversation, Conversation.owner_id == owner))
        if found is None:
            return None
        latest = select(Message).where(Message.conversation_id == conversation).order_by(Message.id.desc()).limit(SHOWN)
        return found, (await session.scalars(latest)).all()[::-1]


async def remove(sessions: Sessions, owner: str, conversation: UUID) -> bool:
    gone = delete(Conversation).where(Conversation.id == conversation, Conversation.owner_id == owner).returning(Conversation.id)
    async with sessions.begin() as session:
        return await session.scalar(gone) is not None
