"""Tables of this service. Better Auth's own, which the same migrations make, appear only as what owners refer to."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    type_annotation_map = {datetime: DateTime(timezone=True), str: Text, UUID: Uuid}  # noqa: RUF012


# a part of Better Auth's table; see `OTHERS`
user_table = Table("user", Base.metadata, Column("id", Text, primary_key=True), Column("name", Text, nullable=False))

OTHERS = frozenset({"user", "session", "account", "verification", "jwks", "rateLimit"})
"""Tables of Better Auth: made by our migrations, described by it."""


def owner(**more: Any) -> Any:
    return mapped_column(ForeignKey("user.id", ondelete="CASCADE"), **more)


class Todo(Base):
    """`priority`: 0 none, 1 low, 2 medium, 3 high. `reminded_for`: the `remind_at` that deliveries were made for."""

    __tablename__ = "todos"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    owner_id: Mapped[str | None] = owner()
    title: Mapped[str] = mapped_column(String(200))
    notes: Mapped[str | None]
    due_at: Mapped[datetime | None]
    priority: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'"))
    done: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    remind_at: Mapped[datetime | None]
    reminded_for: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())

    __table_args__ = (
        Index("ix_todos_newest", created_at.desc(), id.desc()),
        Index("ix_todos_owner_newest", "owner_id", created_at.desc(), id.desc()),
        Index(
            "ix_todos_to_remind",
            "remind_at",
            postgresql_where=text("NOT done AND remind_at IS NOT NULL AND remind_at IS DISTINCT FROM reminded_for"),
        ),
    )


class Conversation(Base):
    __tablename__ = "conversations"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    owner_id: Mapped[str] = owner()
    title: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (Index("ix_conversations_owner_latest", "owner_id", updated_at.desc()),)


class Message(Base):
    __tablename__ = "messages"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(String(9))
    text: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (Index("ix_messages_conversation", "conversation_id", "id"),)


class ChatUsage(Base):
    """What a user's chat has cost on a day (UTC), and how many messages came in the latest minute."""

    __tablename__ = "chat_usage"

    owner_id: Mapped[str] = owner(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    minute: Mapped[datetime]
    in_minute: Mapped[int]
    tokens: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    cost_micro_usd: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))


class PushSubscription(Base):
    __tablename__ = "push_subscriptions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    owner_id: Mapped[str] = owner()
    endpoint: Mapped[str] = mapped_column(unique=True)
    p256dh: Mapped[str]
    auth: Mapped[str]
    time_zone: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (Index("ix_push_subscriptions_owner", "owner_id"),)


class Delivery(Base):
    """One message to one subscription. `occasion` names what it is about; the pair is unique, so it is planned once."""

    __tablename__ = "deliveries"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    subscription_id: Mapped[UUID] = mapped_column(ForeignKey("push_subscriptions.id", ondelete="CASCADE"))
    todo_id: Mapped[UUID | None] = mapped_column(ForeignKey("todos.id", ondelete="CASCADE"))
    occasion: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(String(8), default="pending", server_default=text("'pending'"))
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    next_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("subscription_id", "occasion"),
        Index("ix_deliveries_pending", "next_at", postgresql_where=text("state = 'pending'")),
        Index("ix_deliveries_todo", "todo_id"),
    )
