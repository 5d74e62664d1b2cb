"""Web push: the browser asks for our key, and says where to push."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from ..auth import User
from ..errors import ERRORS, ApiError
from ..fields import TimeZone
from ..push import subscriptions, targets
from ..push.sealing import browser_key
from ..push.vapid import from_base64url
from ..settings import Settings
from .todos import Database

router = APIRouter(prefix="/api/push", tags=["push"], responses=ERRORS)


def _p256dh(text: str) -> str:
    try:
        browser_key(from_base64url(text))
    except ValueError:
        raise ValueError("must be a public key of the curve P-256, in base64url") from None
    return text


def _auth(text: str) -> str:
    try:
        good = len(from_base64url(text)) == 16
    except ValueError:
        good = False
    if not good:
        raise ValueError("must be 16 bytes in base64url")
    return text


Key = Annotated[str, StringConstraints(max_length=200)]
Endpoint = Annotated[str, StringConstraints(min_length=1, max_length=targets.MAX_LENGTH)]


class SubscriptionKeys(BaseModel):
    p256dh: Annotated[Key, AfterValidator(_p256dh)]
    auth: Annotated[Key, AfterValidator(_auth)]


class NewSubscription(BaseModel):
    """As the browser's PushSubscription.toJSON() gives it; what else is in there is passed over."""

    endpoint: Endpoint
    keys: SubscriptionKeys
    time_zone: TimeZone = "UTC"


class OldSubscription(BaseModel):
    model_config = ConfigDict(extra="forbid")

    endpoint: Endpoint


class PublicKey(BaseModel):
    public_key: str


@router.get("/key")
async def public_key(_: User, request: Request) -> PublicKey:
    settings: Settings = request.app.state.settings
    if settings.vapid_public_key is None:
        raise ApiError(404, "push_not_configured", "this service sends no notifications")
    return PublicKey(public_key=settings.vapid_public_key)


@router.post("/subscriptions", status_code=204)
async def subscribe(user: User, database: Database, request: Request, new: NewSubscription) -> None:
    settings: Settings = request.app.state.settings
    if why := targets.problem(new.endpoint, settings.push_allowed_hosts, http=settings.push_allow_http):
        raise RequestValidationError([{"type": "value_error", "loc": ("body", "endpoint"), "msg": why, "input": None}])
    await subscriptions.subscribe(database, user, new.endpoint, p256dh=new.keys.p256dh, auth=new.keys.auth, time_zone=new.time_zone)


@router.delete("/subscriptions", status_code=204)
async def unsubscribe(user: User, database: Database, old: OldSubscription) -> None:
    if "\x00" not in old.endpoint:
        await subscriptions.unsubscribe(database, user, old.endpoint)
