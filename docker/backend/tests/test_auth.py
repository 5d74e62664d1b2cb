"""Tokens, good and bad. The issuer is a stand-in that signs and publishes as Better Auth's JWT plugin does."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI

from todo.auth import Keys, KeysUnavailableError, parse

from .conftest import free_port, issuer, signed_in
from .issuer import AUDIENCE, ISSUER, Issuer, public


@pytest.fixture
def own() -> Iterator[Issuer]:
    """An issuer that a test may change."""
    made = Issuer()
    yield made
    made.shutdown()


def segment(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def forged() -> dict[str, str]:
    now = int(time.time())
    good = {"sub": "ada", "iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + 900}
    public_bytes = base64.urlsafe_b64decode(public("first", issuer().keys["first"])["x"] + "=")
    _, _, signature = issuer().token("ada").split(".")
    return {
        "rubbish": "x",
        "three parts of it": "a.b.c",
        "no signature": f"{segment({'alg': 'none', 'kid': 'first'})}.{segment(good)}.",
        "signed with the public key as a secret": jwt.encode(good, public_bytes, "HS256", {"kid": "first"}),
        "of another algorithm": jwt.encode(good, rsa.generate_private_key(65537, 2048), "RS256", {"kid": "first"}),
        "of another's key": jwt.encode(good, Ed25519PrivateKey.generate(), "EdDSA", {"kid": "first"}),
        "of an unknown key": jwt.encode(good, Ed25519PrivateKey.generate(), "EdDSA", {"kid": "second"}),
        "without a key id": jwt.encode(good, issuer().keys["first"], "EdDSA"),
        "with its own key": jwt.encode(
            good, Ed25519PrivateKey.generate(), "EdDSA", {"kid": "x", "jwk": {"kty": "OKP"}, "jku": "http://evil"}
        ),
        "changed": f"{segment({'alg': 'EdDSA', 'kid': 'first'})}.{segment({**good, 'sub': 'bob'})}.{signature}",
        "expired": issuer().token("ada", iat=now - 1000, exp=now - 60),
        "not valid yet": issuer().token("ada", nbf=now + 60),
        "issued in the future": issuer().token("ada", iat=now + 60),
        "of another issuer": issuer().token("ada", iss="https://evil.example"),
        "for another audience": issuer().token("ada", aud="https://other.example"),
        "without an audience": issuer().token("ada", aud=None),
        "without an end": issuer().token("ada", exp=None),
        "without a user": issuer().token("ada", sub=None),
        "with an empty user": issuer().token(""),
        "with NUL in its user": issuer().token("a\x00"),
    }


@pytest.mark.parametrize("kind", forged())
async def test_bad_tokens(client: httpx.AsyncClient, kind: str) -> None:
    answer = await client.get("/api/todos", headers={"authorization": f"Bearer {forged()[kind]}"})
    assert (answer.status_code, answer.json()["code"], answer.headers["www-authenticate"]) == (401, "unauthenticated", "Bearer")


async def test_every_call_of_the_api_needs_a_token(app: FastAPI, client: httpx.AsyncClient) -> None:
    calls = [(method.upper(), path) for path, methods in app.openapi()["paths"].items() for method in methods]
    assert len(calls) >= 13
    for method, path in calls:
        path = path.replace("{todo_id}", "00000000-0000-0000-0000-000000000000").replace(
            "{conversation_id}", "00000000-0000-0000-0000-000000000000"
        )
        for header in ("", "Basic YTpi", "Bearer", "Bearer "):
            answer = await client.request(method, path, headers={"authorization": header})
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), (method, path, header)


async def test_a_clock_may_be_a_little_off(client: httpx.AsyncClient) -> None:
    now = int(time.time())
    for token in (issuer().token("ada", exp=now - 2), issuer().token("ada", iat=now + 3)):
        assert (await client.get("/api/todos", headers={"authorization": f"Bearer {token}"})).status_code == 200


async def test_an_account_that_is_gone(client: httpx.AsyncClient) -> None:
    headers = signed_in("nobody")
    assert (await client.get("/api/todos", headers=headers)).json()["items"] == []
    answer = await client.post("/api/todos", headers=headers, json={"title": "a"})
    assert (answer.status_code, answer.json()) == (401, {"detail": "the account no longer exists", "code": "unauthenticated"})


async def test_a_new_key_is_fetched_once(own: Issuer) -> None:
    async with httpx.AsyncClient() as http:
        keys = Keys(own.url, http, pause=0.2)
        found = await asyncio.gather(*(keys.find("first") for _ in range(50)))
        assert all(found) and own.requests == 1
        for _ in range(50):  # made-up ids cost one fetch a pause
            assert await keys.find("made up") is None
        assert own.requests == 1
        own.keys["second"] = Ed25519PrivateKey.generate()
        await asyncio.sleep(0.25)
        assert all(await asyncio.gather(*(keys.find("second") for _ in range(50))))
        assert own.requests == 2
        await keys.close()


async def test_a_withdrawn_key_ends(own: Issuer) -> None:
    async with httpx.AsyncClient() as http:
        keys = Keys(own.url, http, pause=0.01, fresh=0.1)
        assert await keys.find("first")
        own.keys = {"second": Ed25519PrivateKey.generate()}
        await asyncio.sleep(0.15)
        assert await keys.find("first")  # nobody waits for the fetch
        await asyncio.sleep(0.3)
        assert await keys.find("first") is None
        await keys.close()


async def test_known_keys_stay_good_while_the_issuer_is_away(own: Issuer) -> None:
    async with httpx.AsyncClient() as http:
        keys = Keys(own.url, http, pause=0.01, fresh=0.05)
        assert await keys.find("first")
        own.status = 500
        await asyncio.sleep(0.1)
        for _ in range(3):
            assert await keys.find("first")
            await asyncio.sleep(0.05)
        with pytest.raises(KeysUnavailableError):
            await keys.find("second")
        own.status = 200
        own.keys["second"] = Ed25519PrivateKey.generate()
        await asyncio.sleep(0.05)
        assert await keys.find("second")
        await keys.close()


@pytest.mark.parametrize("how", ["refused", "error", "slow"])
async def test_no_keys_no_verdict(app: FastAPI, client: httpx.AsyncClient, own: Issuer, how: str) -> None:
    if how == "error":
        own.status = 500
    elif how == "slow":
        own.delay = 5
    app.state.authenticator.keys._url = f"http://127.0.0.1:{free_port()}/jwks" if how == "refused" else own.url
    begin = time.monotonic()
    for _ in range(3):
        answer = await client.get("/api/todos")
        assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "auth_unavailable", "2")
    assert time.monotonic() - begin < 4
    assert own.requests <= 2
    assert (await client.get("/readyz")).status_code == 200


@pytest.mark.parametrize("document", [[], {}, {"keys": 1}, None, "x"])
def test_no_key_set(document: Any) -> None:
    with pytest.raises(ValueError, match="JSON Web Key Set"):
        parse(document)


def test_keys_of_other_kinds_are_passed_over() -> None:
    good = public("good", Ed25519PrivateKey.generate())
    others = [{"kty": "RSA", "kid": "r"}, {**good, "kid": 7}, {**good, "kid": "e", "use": "enc"}, {**good, "kid": "x", "x": "AA"}, 7]
    assert list(parse({"keys": [*others, good]})) == ["good"]
