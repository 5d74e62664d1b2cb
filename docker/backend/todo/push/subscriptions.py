"""Browsers that want to be told."""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from ..database import Sessions
from ..models import PushSubscription

MOST = 20
"""Of one user: the oldest give way."""


async def subscribe(sessions: Sessions, owner: str, endpoint: str, *, p256dh: str, auth: str, time_zone: str) -> None:
    """Keep it once, however often it is given; a browser that another user signs in on changes hands."""
    values = {"owner_id": owner, "p256dh": p256dh, "auth": auth, "time_zone": time_zone}
    statement = insert(PushSubscription).values(id=uuid4(), endpoint=endpoint, **values)
    newest = select(PushSubscription.id).where(PushSubscription.owner_id == owner).order_by(PushSubscription.created_at.desc()).limit(MOST)
    async with sessions.begin() as session:
        await session.execute(delete(PushSubscription).where(PushSubscription.endpoint == endpoint, PushSubscription.owner_id != owner))
        await session.execute(statement.on_conflict_do_update(index_elements=["endpoint"], set_={**values, "created_at": func.now()}))
        await session.execute(delete(PushSubscription).where(PushSubscription.owner_id == owner, PushSubscription.id.not_in(newest)))


async def unsubscribe(sessions: Sessions, owner: str, endpoint: str) -> None:
    async with sessions.begin() as session:
        await session.execute(delete(PushSubscription).where(PushSubscription.owner_id == owner, PushSubscription.endpoint == endpoint))
