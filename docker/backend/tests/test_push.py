"""Web push: subscriptions, where they may lead, sealing. The push service is a stand-in that follows the RFCs and opens what it gets."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from todo.main import create_app
from todo.push import subscriptions, targets
from todo.push.sealing import MAX_BYTES, seal
from todo.push.sending import LONGEST_PAUSE, judge
from todo.push.vapid import from_base64url, public_key_of
from todo.settings import BROWSERS_PUSH_SERVICES

from .conftest import Server, client_of, settings_for
from .test_settings import PRIVATE

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


def test_the_example_of_rfc_8291() -> None:
    """Appendix A: same keys, same salt, same bytes."""
    private = int.from_bytes(from_base64url("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))
    body = seal(
        b"When I grow up, I want to be a watermelon",
        from_base64url("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
        from_base64url("BTBZMqHH6r4Tts7J_aSIgg"),
        salt=from_base64url("DGv6ra1nlYgDCS1FRnbzlw"),
        key=ec.derive_private_key(private, ec.SECP256R1()),
    )
    expected = (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4M"
        "qgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    assert base64.urlsafe_b64encode(body).decode().rstrip("=") == expected


def test_messages_that_cannot_be_sealed() -> None:
    point = from_base64url("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4")
    with pytest.raises(ValueError, match="at most"):
        seal(b"x" * (MAX_BYTES + 1), point, b"0" * 16)
    with pytest.raises(ValueError):
        seal(b"x", point[:-1] + b"\x00", b"0" * 16)
    assert seal(b"x", point, b"0" * 16) != seal(b"x", point, b"0" * 16)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc",
        "https://updates.push.services.mozilla.com/wpush/v2/abc",
        "https://web.push.apple.com/abc",
        "https://wns2-par02p.notify.windows.com:443/w/?token=a%2fb",
        "https://FCM.googleapis.com/x",
    ],
)
def test_push_services_of_browsers(endpoint: str) -> None:
    assert targets.problem(endpoint, BROWSERS_PUSH_SERVICES) is None


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/x",
        "https://todo-backend:8000/api/todos",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/x",
        "https://fcm.googleapis.com.evil.example/x",
        "https://evilfcm.googleapis.com/x",
        "https://push.services.mozilla.com/x",
        "https://evilpush.apple.com/x",
        "https://fcm.googleapis.com@evil.example/x",
        "https://evil.example#@fcm.googleapis.com/x",
        "https://evil.example\\@fcm.googleapis.com/x",
        "https://fcm.googleapis.com:22/x",
        "https://fcm.googleapis.com:99999/x",
        "https://fcm.googleapis.com\n.evil.example/x",
        "https://fcm.googleapi\u0455.com/x",
        "https://fcm.googleapis.com./x",
        "https://",
        "file:///etc/passwd",
        "//fcm.googleapis.com/x",
        "https://fcm.googleapis.com/" + "x" * 1000,
        "https://[fcm.googleapis.com/x",
    ],
)
def test_addresses_that_are_none_of_them(endpoint: str) -> None:
    assert targets.problem(endpoint, BROWSERS_PUSH_SERVICES) is not None


@pytest.mark.parametrize(
    ("status", "retry_after", "outcome", "after"),
    [
        (201, None, "sent", None),
        (200, None, "sent", None),
        (404, None, "gone", None),
        (410, None, "gone", None),
        (400, None, "refused", None),
        (403, None, "refused", None),
        (413, None, "refused", None),
        (301, None, "refused", None),
        (429, None, "retry", None),
        (429, "120", "retry", timedelta(seconds=120)),
        (503, "Wed, 01 Jul 2026 12:10:00 GMT", "retry", timedelta(minutes=10)),
        (503, "Wed, 01 Jul 2026 11:00:00 GMT", "retry", timedelta()),
        (503, "999999999", "retry", LONGEST_PAUSE),
        (500, "soon", "retry", None),
    ],
)
def test_what_answers_mean(status: int, retry_after: str | None, outcome: str, after: timedelta | None) -> None:
    verdict = judge(status, retry_after, NOW)
    assert (verdict.outcome, verdict.after) == (outcome, after)


def subscription(name: str = "a", **more: Any) -> dict[str, Any]:
    keys = {
        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    }
    return {"endpoint": f"https://fcm.googleapis.com/fcm/send/{name}", "expirationTime": None, "keys": keys, **more}


async def rows(server: Server, database: str) -> list[tuple[str, str, str]]:
    found = await server.fetch("SELECT owner_id, endpoint, time_zone FROM push_subscriptions ORDER BY endpoint", database)
    return [(row["owner_id"], row["endpoint"].rsplit("/", 1)[1], row["time_zone"]) for row in found]


async def test_subscribe_and_unsubscribe(client: httpx.AsyncClient, stranger: httpx.AsyncClient, server: Server, database: str) -> None:
    for zone in ("Europe/Berlin", "Asia/Tokyo"):  # the browser has moved
        assert (await client.post("/api/push/subscriptions", json=subscription(time_zone=zone))).status_code == 204
    assert await rows(server, database) == [("ada", "a", "Asia/Tokyo")]
    given = {"endpoint": subscription()["endpoint"]}
    assert (await stranger.request("DELETE", "/api/push/subscriptions", json=given)).status_code == 204
    assert len(await rows(server, database)) == 1
    assert (await stranger.post("/api/push/subscriptions", json=subscription())).status_code == 204
    assert await rows(server, database) == [("bob", "a", "UTC")]  # who is signed in on that browser now
    for _ in range(2):
        assert (await stranger.request("DELETE", "/api/push/subscriptions", json=given)).status_code == 204
    assert await rows(server, database) == []


async def test_a_user_has_so_many_subscriptions(client: httpx.AsyncClient, server: Server, database: str) -> None:
    for number in range(subscriptions.MOST + 2):
        await client.post("/api/push/subscriptions", json=subscription(f"{number:02}"))
    assert [name for _, name, _ in await rows(server, database)] == [f"{number:02}" for number in range(2, subscriptions.MOST + 2)]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"endpoint": "https://10.0.0.1/x"}, "endpoint"),
        ({"endpoint": "x\x00"}, "endpoint"),
        ({"keys": {"p256dh": "AAAA", "auth": "BTBZMqHH6r4Tts7J_aSIgg"}}, "keys.p256dh"),
        ({"keys": {**subscription()["keys"], "auth": "AAAA"}}, "keys.auth"),
        ({"keys": {**subscription()["keys"], "auth": "é"}}, "keys.auth"),
        ({"time_zone": "Nowhere"}, "time_zone"),
        ({"time_zone": "/etc/passwd"}, "time_zone"),
    ],
)
async def test_bad_subscriptions(client: httpx.AsyncClient, server: Server, database: str, change: dict[str, Any], field: str) -> None:
    answer = await client.post("/api/push/subscriptions", json={**subscription(), **change})
    assert (answer.status_code, [item["field"] for item in answer.json()["fields"]]) == (422, [field])
    assert await rows(server, database) == []


async def test_the_public_key(server: Server, database: str, client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/push/key")
    assert (answer.status_code, answer.json()["code"]) == (404, "push_not_configured")
    app = create_app(settings_for(server.url(database), vapid_public_key=public_key_of(PRIVATE)))
    async with app.router.lifespan_context(app), client_of(app) as other:
        assert (await other.get("/api/push/key")).json() == {"public_key": public_key_of(PRIVATE)}
