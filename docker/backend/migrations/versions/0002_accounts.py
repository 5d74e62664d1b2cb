"""Accounts, owners, conversations and reminders. Everything is added: the release before runs on this schema.

The first six tables belong to Better Auth 1.x (its default schema for PostgreSQL, hence the camel case); this service only refers to
their users. Todos of the time before accounts keep no owner, and nobody sees them.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None

NOW = sa.text("CURRENT_TIMESTAMP")
OURS = ("deliveries", "push_subscriptions", "chat_usage", "messages", "conversations")
BETTER_AUTH = ("rateLimit", "jwks", "verification", "account", "session", "user")
ADDED = ("owner_id", "notes", "due_at", "priority", "tags", "remind_at", "reminded_for")


def identity() -> sa.Column[Any]:
    return sa.Column("id", sa.Text(), primary_key=True)


def moment(name: str, *, nullable: bool = False, default: Any = None) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=default)


def text(name: str, *, nullable: bool = False, unique: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=nullable, unique=unique)


def owned_by_user(name: str, *, primary_key: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), sa.ForeignKey("user.id", ondelete="CASCADE"), nullable=False, primary_key=primary_key)


def key() -> sa.Column[Any]:
    return sa.Column("id", sa.Uuid(), primary_key=True)


def upgrade() -> None:
    # behind a long transaction, requests would queue up after us: rather fail, and be run again
    op.execute("SET LOCAL lock_timeout = '10s'")
    better_auth()
    for column in (
        sa.Column("owner_id", sa.Text(), sa.ForeignKey("user.id", ondelete="CASCADE")),
        text("notes", nullable=True),
        moment("due_at", nullable=True),
        sa.Column("priority", sa.SmallInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("tags", ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")),
        moment("remind_at", nullable=True),
        moment("reminded_for", nullable=True),
    ):
        op.add_column("todos", column)
    chat()
    push()


def better_auth() -> None:
    op.create_table(
        "user",
        identity(),
        text("name"),
        text("email", unique=True),
        sa.Column("emailVerified", sa.Boolean(), nullable=False),
        text("image", nullable=True),
        moment("createdAt", default=NOW),
        moment("updatedAt", default=NOW),
    )
    op.create_table(
        "session",
        identity(),
        moment("expiresAt"),
        text("token", unique=True),
        moment("createdAt", default=NOW),
        moment("updatedAt"),
        text("ipAddress", nullable=True),
        text("userAgent", nullable=True),
        owned_by_user("userId"),
    )
    op.create_index("session_userId_idx", "session", ["userId"])
    op.create_table(
        "account",
        identity(),
        text("accountId"),
        text("providerId"),
        owned_by_user("userId"),
        text("accessToken", nullable=True),
        text("refreshToken", nullable=True),
        text("idToken", nullable=True),
        moment("accessTokenExpiresAt", nullable=True),
        moment("refreshTokenExpiresAt", nullable=True),
        text("scope", nullable=True),
        text("password", nullable=True),
        moment("createdAt", default=NOW),
        moment("updatedAt"),
    )
    op.create_index("account_userId_idx", "account", ["userId"])
    op.create_table(
        "verification",
        identity(),
        text("identifier"),
        text("value"),
        moment("expiresAt"),
        moment("createdAt", default=NOW),
        moment("updatedAt", default=NOW),
    )
    op.create_index("verification_identifier_idx", "verification", ["identifier"])
    op.create_table(
        "jwks",
        identity(),
        text("publicKey"),
        text("privateKey"),
        moment("createdAt"),
        moment("expiresAt", nullable=True),
        text("alg", nullable=True),
        text("crv", nullable=True),
    )
    op.create_table(
        "rateLimit",
        identity(),
        text("key", unique=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("lastRequest", sa.BigInteger(), nullable=False),
    )


def chat() -> None:
    op.create_table(
        "conversations",
        key(),
        owned_by_user("owner_id"),
        sa.Column("title", sa.String(80), nullable=False),
        moment("created_at", default=sa.func.now()),
        moment("updated_at", default=sa.func.now()),
    )
    op.create_index("ix_conversations_owner_latest", "conversations", ["owner_id", sa.text("updated_at DESC")])
    op.create_table(
        "messages",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("conversation_id", sa.Uuid(), sa.ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
        sa.Column("role", sa.String(9), nullable=False),
        text("text"),
        moment("created_at", default=sa.func.now()),
    )
    op.create_index("ix_messages_conversation", "messages", ["conversation_id", "id"])
    op.create_table(
        "chat_usage",
        owned_by_user("owner_id", primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        moment("minute"),
        sa.Column("in_minute", sa.Integer(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("cost_micro_usd", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
    )


def push() -> None:
    op.create_table(
        "push_subscriptions",
        key(),
        owned_by_user("owner_id"),
        text("endpoint", unique=True),
        text("p256dh"),
        text("auth"),
        text("time_zone"),
        moment("created_at", default=sa.func.now()),
    )
    op.create_index("ix_push_subscriptions_owner", "push_subscriptions", ["owner_id"])
    op.create_table(
        "deliveries",
        key(),
        sa.Column("subscription_id", sa.Uuid(), sa.ForeignKey("push_subscriptions.id", ondelete="CASCADE"), nullable=False),
        sa.Column("todo_id", sa.Uuid(), sa.ForeignKey("todos.id", ondelete="CASCADE")),
        text("occasion"),
        sa.Column("payload", JSONB(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False, server_default=sa.text("'pending'")),
        sa.Column("attempts", sa.SmallInteger(), nullable=False, server_default=sa.text("0")),
        moment("next_at", default=sa.func.now()),
        moment("expires_at"),
        moment("created_at", default=sa.func.now()),
        moment("ended_at", nullable=True),
        text("outcome", nullable=True),
        sa.UniqueConstraint("subscription_id", "occasion"),
    )
    op.create_index("ix_deliveries_pending", "deliveries", ["next_at"], postgresql_where=sa.text("state = 'pending'"))
    op.create_index("ix_deliveries_todo", "deliveries", ["todo_id"])


def downgrade() -> None:
    for table in OURS:
        op.drop_table(table)
    for column in ADDED:
        op.drop_column("todos", column)
    for table in BETTER_AUTH:
        op.drop_table(table)
