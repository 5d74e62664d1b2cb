"""Who is asking: Better Auth's short-lived JWTs, checked with the keys that it publishes."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Annotated

import httpx
import jwt
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from .errors import ApiError
from .settings import Settings

log = logging.getLogger(__name__)

ALGORITHMS = ["EdDSA"]
LEEWAY_SECONDS = 5
FETCH_SECONDS = 2.0
MAX_JWKS_BYTES = 64 * 1024
FRESH_SECONDS = 600.0
"""Keys older than this are read again beside the requests, so a withdrawn key ends in time."""
PAUSE_SECONDS = 5.0
"""Between two fetches at least: tokens with made-up key ids can't turn us into a flood."""


class KeysUnavailableError(Exception):
    """No key is known for a token, and there was no way to ask for one."""


class Keys:
    """The published keys. One fetch at a time, whoever asks; known keys stay good while the address can't be reached."""

    def __init__(self, url: str, client: httpx.AsyncClient, *, pause: float = PAUSE_SECONDS, fresh: float = FRESH_SECONDS) -> None:
        self._url = url
        self._client = client
        self._pause = pause
        self._fresh = fresh
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched = self._tried = float("-inf")
        self._failed = False
        self._running: asyncio.Task[None] | None = None

    async def find(self, kid: str) -> jwt.PyJWK | None:
        """The key, or None when the publisher has no such key. Raises KeysUnavailableError."""
        key = self._keys.get(kid)
        now = time.monotonic()
        if key is not None:
            if now - max(self._fetched, self._tried) > self._fresh:
                self._start()
            return key
        if self._running is not None or now - self._tried >= self._pause:
            await asyncio.shield(self._start())
        if (key := self._keys.get(kid)) is None and self._failed:
            raise KeysUnavailableError
        return key

    async def close(self) -> None:
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    def _start(self) -> asyncio.Task[None]:
        if self._running is None:
            self._tried = time.monotonic()
            self._running = asyncio.create_task(self._fetch())
        return self._running

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                answer = await self._client.get(self._url, headers={"accept": "application/json"})
            answer.raise_for_status()
            if len(answer.content) > MAX_JWKS_BYTES:
                raise ValueError("the answer is too large")
            found = parse(answer.json())
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as error:
            if not self._failed:
                log.warning(
                    "can't read the keys that tokens are signed with: %s", error if isinstance(error, ValueError) else type(error).__name__
                )
            self._failed = True
            # a service that has just come up is asked again soon
            self._tried = time.monotonic() - self._pause + min(self._pause, 1.0)
        else:
            if found.keys() != self._keys.keys():
                log.info("tokens are checked with %d keys", len(found))
            self._keys, self._fetched, self._failed = found, time.monotonic(), False
        finally:
            self._running = None


def parse(document: object) -> dict[str, jwt.PyJWK]:
    """Key id → key, of those that we accept; others are passed over. Raises ValueError when it is no JWKS at all."""
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise ValueError("the answer is no JSON Web Key Set")
    keys = {}
    for item in document["keys"]:
        # RFC 7517: keys that aren't understood are ignored
        if not isinstance(item, dict) or item.get("kty") != "OKP" or item.get("crv") != "Ed25519" or item.get("use", "sig") != "sig":
            continue
        if isinstance(kid := item.get("kid"), str):
            try:
                keys[kid] = jwt.PyJWK(item, algorithm="EdDSA")
            except jwt.PyJWTError:
                continue
    return keys


class Authenticator:
    def __init__(self, settings: Settings, client: httpx.AsyncClient) -> None:
        self.keys = Keys(settings.auth_jwks_url, client)
        self._issuer = settings.auth_issuer
        self._audience = settings.auth_audience

    async def user(self, token: str) -> str:
        """The user's id of a good token. Raises ApiError (401 with what is wrong with the token, 503 without keys)."""
        try:
            header = jwt.get_unverified_header(token)
            kid = header.get("kid")
            if header.get("alg") not in ALGORITHMS or not isinstance(kid, str):
                raise unauthenticated("the token is not signed in a way that is accepted here")
            key = await self.keys.find(kid)
            if key is None:
                raise unauthenticated("the token is signed with an unknown key")
            claims = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                issuer=self._issuer,
                audience=self._audience,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "sub", "iss", "aud"]},
            )
        except jwt.ExpiredSignatureError:
            raise unauthenticated("the token has expired") from None
        except jwt.PyJWTError:
            raise unauthenticated("the token is not valid here") from None
        except KeysUnavailableError:
            raise ApiError(503, "auth_unavailable", "sign-ins can't be checked at the moment, try again", retry_after=2) from None
        subject = claims["sub"]
        if not isinstance(subject, str) or not 1 <= len(subject) <= 255 or "\x00" in subject:
            raise unauthenticated("the token names no user")
        return subject


def unauthenticated(detail: str) -> ApiError:
    return ApiError(401, "unauthenticated", detail, headers={"www-authenticate": "Bearer"})


bearer = HTTPBearer(auto_error=False, description="A JWT of Better Auth")


async def current_user(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> str:
    if given is None:
        raise unauthenticated("sign in first: a bearer token is needed")
    authenticator: Authenticator = request.app.state.authenticator
    return await authenticator.user(given.credentials)


User = Annotated[str, Depends(current_user)]
"""The id of who is asking."""
