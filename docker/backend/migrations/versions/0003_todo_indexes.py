"""Indexes of todos by owner and by reminder, built while the table is in use."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None

NAMES = ("ix_todos_owner_newest", "ix_todos_to_remind")


def upgrade() -> None:
    with op.get_context().autocommit_block():
        # an interrupted run leaves an invalid index of that name behind
        _drop()
        op.create_index(
            "ix_todos_owner_newest", "todos", ["owner_id", sa.text("created_at DESC"), sa.text("id DESC")], postgresql_concurrently=True
        )
        op.create_index(
            "ix_todos_to_remind",
            "todos",
            ["remind_at"],
            postgresql_concurrently=True,
            postgresql_where=sa.text("NOT done AND remind_at IS NOT NULL AND remind_at IS DISTINCT FROM reminded_for"),
        )


def _drop() -> None:
    for name in NAMES:
        op.drop_index(name, "todos", postgresql_concurrently=True, if_exists=True)


def downgrade() -> None:
    with op.get_context().autocommit_block():
        _drop()
