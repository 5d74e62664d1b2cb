"""What a user may spend: messages a minute, tokens and money a day. Counted in the database, so it holds over all replicas."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import case, update
from sqlalchemy.dialects.postgresql import insert

from ..database import Sessions
from ..errors import ApiError
from ..models import ChatUsage
from ..settings import Settings
from .model import MESSAGES


@dataclass(frozen=True)
class Budget:
    sessions: Sessions
    a_minute: int
    daily_tokens: int
    daily_micro_usd: int

    @classmethod
    def of(cls, settings: Settings, sessions: Sessions) -> Budget:
        return cls(sessions, settings.llm_messages_per_minute, settings.llm_daily_tokens, round(settings.llm_daily_cost_usd * 1e6))

    async def admit(self, owner: str, now: datetime) -> None:
        """Count a message, or refuse it (ApiError 429). One statement: messages at the same time can't slip through together."""
        now = now.astimezone(UTC)
        minute = now.replace(second=0, microsecond=0)
        new = insert(ChatUsage).values(owner_id=owner, day=now.date(), minute=minute, in_minute=1)
        counted = case((ChatUsage.minute == minute, ChatUsage.in_minute + 1), else_=1)
        statement = new.on_conflict_do_update(index_elements=["owner_id", "day"], set_={"minute": minute, "in_minute": counted}).returning(
            ChatUsage.in_minute, ChatUsage.tokens, ChatUsage.cost_micro_usd
        )
        async with self.sessions.begin() as session:
            in_minute, tokens, cost = (await session.execute(statement)).one()
        if tokens >= self.daily_tokens or cost >= self.daily_micro_usd:
            midnight = 86400 - (now.hour * 3600 + now.minute * 60 + now.second)
            raise ApiError(429, "daily_limit", MESSAGES["daily_limit"], retry_after=midnight)
        if in_minute > self.a_minute:
            raise ApiError(429, "rate_limited", "Too many messages in a minute. Wait a little.", retry_after=60 - now.second)

    async def spend(self, owner: str, now: datetime, tokens: int, cost_micro_usd: int) -> bool:
        """Whether there is some left for the day."""
        statement = (
            update(ChatUsage)
            .where(ChatUsage.owner_id == owner, ChatUsage.day == now.astimezone(UTC).date())
            .values(tokens=ChatUsage.tokens + tokens, cost_micro_usd=ChatUsage.cost_micro_usd + cost_micro_usd)
            .returning(ChatUsage.tokens, ChatUsage.cost_micro_usd)
        )
        async with self.sessions.begin() as session:
            row = (await session.execute(statement)).one_or_none()
        return row is not None and row[0] < self.daily_tokens and row[1] < self.daily_micro_usd
