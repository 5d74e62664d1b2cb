"""The language model: any service with OpenAI's chat completions. It may be away, slow, wrong or not there at all."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import httpx

from .. import metrics
from ..settings import Settings
from .wire import Collector, FailedError, NonsenseError, Reply, events

log = logging.getLogger(__name__)

MAX_OUTPUT_TOKENS = 2000
CHARS_A_TOKEN = 4
"""For services that don't count."""

MESSAGES = {
    "model_unavailable": "The assistant can't be reached at the moment. Your list works as always; try the chat again later.",
    "model_busy": "The assistant is busy. Wait a little and try again.",
    "model_rejected": "The assistant's service refuses our requests. Whoever runs this application must look at its model settings.",
    "model_timeout": "The assistant took too long to answer. Try again, perhaps with a shorter question.",
    "model_loop": "The assistant got lost. What it has changed stays changed; try again in other words.",
    "daily_limit": "You have used up today's share of the assistant. It goes on tomorrow (UTC).",
    "internal": "Something went wrong on our side. Try again.",
}


class ModelError(Exception):
    """`code` is a key of MESSAGES."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def code_of(status: int) -> str:
    if status in (408, 429):
        return "model_busy"
    return "model_rejected" if 400 <= status < 500 else "model_unavailable"


@dataclass(frozen=True)
class Model:
    client: httpx.AsyncClient
    url: str
    name: str
    key: str
    connect_seconds: float
    first_token_seconds: float
    total_seconds: float

    @classmethod
    def of(cls, settings: Settings, client: httpx.AsyncClient) -> Model | None:
        """None when no key is set: then there is no chat."""
        if settings.llm_api_key is None:
            return None
        return cls(
            client,
            settings.llm_base_url.rstrip("/") + "/chat/completions",
            settings.llm_model,
            settings.llm_api_key.get_secret_value(),
            settings.llm_connect_seconds,
            settings.llm_first_token_seconds,
            settings.llm_total_seconds,
        )

    async def ask(self, messages: list[dict[str, Any]], tools: list[dict[str, Any]], *, until: float) -> AsyncGenerator[str | Reply]:
        """Text as it comes, and in the end the reply, with tokens counted. `until`: in the loop's time. Raises ModelError."""
        body = {
            "model": self.name,
            "messages": messages,
            "tools": tools,
            "stream": True,
            "stream_options": {"include_usage": True},
            "max_tokens": MAX_OUTPUT_TOKENS,
        }
        try:
            async with aclosing(self._stream(body, until)) as stream:
                async for piece in stream:
                    yield piece if isinstance(piece, str) else _counted(piece, body)
        except TimeoutError:
            raise ModelError("model_timeout") from None
        except FailedError as error:
            log.warning("the model's service failed in the middle of an answer: %d", error.status)
            raise ModelError(code_of(error.status)) from None
        except NonsenseError:
            log.warning("the model's service sent what is no chat completion")
            raise ModelError("model_unavailable") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            log.warning("the model's service can't be reached: %s", type(error).__name__)
            raise ModelError("model_unavailable") from None

    async def _stream(self, body: dict[str, Any], until: float) -> AsyncGenerator[str | Reply]:
        loop = asyncio.get_running_loop()
        begin = time.monotonic()
        patience = httpx.Timeout(None, connect=self.connect_seconds, pool=self.connect_seconds)
        request = self.client.build_request("POST", self.url, json=body, headers={"authorization": f"Bearer {self.key}"}, timeout=patience)
        async with asyncio.timeout_at(min(loop.time() + self.first_token_seconds, until)):
            answer = await self.client.send(request, stream=True)
        try:
            if answer.status_code != 200:
                log.warning("the model's service answered %d", answer.status_code)
                raise FailedError(answer.status_code)
            collector = Collector()
            pieces = events(answer.aiter_text())
            stalled_at = loop.time() + self.first_token_seconds
            first = True
            while True:
                async with asyncio.timeout_at(min(stalled_at, until)):
                    data = await anext(pieces, "[DONE]")
                if data == "[DONE]":
                    break
                text = collector.take(data)
                stalled_at = loop.time() + self.first_token_seconds
                if first:
                    metrics.chat_first_token.observe(time.monotonic() - begin)
                    first = False
                if text:
                    yield text
            yield collector.reply()
        finally:
            await answer.aclose()


def _counted(reply: Reply, body: dict[str, Any]) -> Reply:
    """With an estimate where the service doesn't count, so that no service is without a limit."""
    if reply.tokens is not None:
        return reply
    length = len(json.dumps(body["messages"])) + len(reply.text) + sum(len(call.arguments) for call in reply.calls)
    return Reply(reply.text, reply.calls, length // CHARS_A_TOKEN + 1, reply.cost_micro_usd)
