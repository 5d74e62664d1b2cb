"""Deliveries, sent.

A delivery and its subscription are claimed by row locks that are held until its outcome is written, in one transaction: who is killed
in between lets go, and another process takes it up. The one thing that nobody can rule out is a kill between the push service's yes
and our commit; a message sent twice for that reason has the same Topic (the push service replaces the first while it waits) and the
same tag (the browser replaces the first that it shows).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from .. import metrics
from ..database import Sessions
from ..models import Delivery, PushSubscription, Todo
from . import targets
from .sealing import MAX_BYTES, seal
from .vapid import Vapid, from_base64url

log = logging.getLogger(__name__)

SEND_SECONDS = 4.0
"""Less than a query may take: whoever wants a row that is in our hands waits for us."""
MOST_ATTEMPTS = 10
FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(hours=1)


@dataclass(frozen=True)
class Verdict:
    """`outcome`: sent, gone (no such subscription any more), refused (never again), or retry; `after` the pause asked for."""

    outcome: str
    reason: str
    after: timedelta | None = None


def judge(status: int, retry_after: str | None, now: datetime) -> Verdict:
    """What a push service's answer means (RFC 8030)."""
    if 200 <= status < 300:
        return Verdict("sent", f"accepted ({status})")
    if status in (404, 410):
        return Verdict("gone", f"the subscription is gone ({status})")
    if status == 429 or status >= 500:
        return Verdict("retry", f"the push service answered {status}", _pause(retry_after, now))
    return Verdict("refused", f"the push service refused it ({status})")


def _pause(header: str | None, now: datetime) -> timedelta | None:
    try:
        pause = timedelta(seconds=int(header or "")) if (header or "").isdecimal() else parsedate_to_datetime(header or "") - now
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(pause, timedelta()), LONGEST_PAUSE)


@dataclass(frozen=True)
class Sender:
    client: httpx.AsyncClient
    vapid: Vapid
    allowed: tuple[str, ...]
    http: bool

    async def push(self, subscription: PushSubscription, delivery: Delivery, now: datetime) -> Verdict:
        """Never raises for what a subscription or its service do."""
        if why := targets.problem(subscription.endpoint, self.allowed, http=self.http):
            return Verdict("refused", f"the address {why}")
        try:
            body = seal(_fitting(delivery), from_base64url(subscription.p256dh), from_base64url(subscription.auth))
        except ValueError:
            return Verdict("refused", "the subscription's keys are bad")
        headers = {
            "authorization": self.vapid.header(subscription.endpoint),
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            "ttl": str(max(int((delivery.expires_at - now).total_seconds()), 0)),
            "topic": _topic(delivery.occasion),
            "urgency": "high" if delivery.todo_id is not None else "normal",
        }
        try:
            async with asyncio.timeout(SEND_SECONDS):
                answer = await self.client.post(subscription.endpoint, content=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            return Verdict("retry", f"the push service can't be reached ({type(error).__name__})")
        return judge(answer.status_code, answer.headers.get("retry-after"), now)


def _fitting(delivery: Delivery) -> bytes:
    payload = dict(delivery.payload)
    while len(data := json.dumps(payload, ensure_ascii=False).encode()) > MAX_BYTES and payload.get("body"):
        payload["body"] = payload["body"][: len(payload["body"]) // 2]
    return data


def _topic(occasion: str) -> str:
    """32 characters of base64url at most: what replaces what, while it waits for the browser."""
    return base64.urlsafe_b64encode(hashlib.sha256(occasion.encode()).digest())[:32].decode()


async def send_next(sessions: Sessions, sender: Sender) -> bool:
    """Send one delivery whose time has come. False: there is none that isn't in other hands."""
    async with sessions.begin() as session:
        now = datetime.now(UTC)
        found = await _claim(session, now)
        if found is None:
            return False
        delivery, subscription, done = found
        if done:
            verdict = Verdict("dropped", "the todo was done before")
        elif delivery.expires_at <= now:
            verdict = Verdict("expired", "too late to be of use")
        else:
            verdict = await sender.push(subscription, delivery, now)
        metrics.deliveries.labels(verdict.outcome).inc()
        await _record(session, delivery, verdict, now)
    return True


async def _claim(session: AsyncSession, now: datetime) -> tuple[Delivery, PushSubscription, bool] | None:
    statement = (
        select(Delivery, PushSubscription, Todo.done)
        .join(PushSubscription, PushSubscription.id == Delivery.subscription_id)
        .outerjoin(Todo, Todo.id == Delivery.todo_id)
        .where(Delivery.state == "pending", Delivery.next_at <= now)
        .order_by(Delivery.next_at)
        .limit(1)
        .with_for_update(of=(Delivery, PushSubscription), key_share=True, skip_locked=True)
    )
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else (row[0], row[1], bool(row[2]))


async def _record(session: AsyncSession, delivery: Delivery, verdict: Verdict, now: datetime) -> None:
    fields = {"delivery": str(delivery.id), "occasion": delivery.occasion, "outcome": verdict.outcome}
    delivery.attempts += 1
    delivery.outcome = verdict.reason
    if verdict.outcome == "gone":
        log.info("subscription removed: %s", verdict.reason, extra={"fields": fields})
        await session.execute(delete(PushSubscription).where(PushSubscription.id == delivery.subscription_id))
        session.expunge(delivery)
        return
    if verdict.outcome == "retry" and delivery.attempts < MOST_ATTEMPTS:
        delivery.next_at = now + (verdict.after or min(FIRST_PAUSE * 2 ** (delivery.attempts - 1), LONGEST_PAUSE))
        log.warning("not sent yet: %s", verdict.reason, extra={"fields": fields})
        return
    delivery.state = {"sent": "sent", "dropped": "dropped", "expired": "expired"}.get(verdict.outcome, "failed")
    delivery.ended_at = now
    log.log(
        logging.INFO if delivery.state != "failed" else logging.WARNING, "%s: %s", delivery.state, verdict.reason, extra={"fields": fields}
    )
