"""Chat completions as they come over the wire (OpenAI's format, streamed): many serve it, each a little differently."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

MAX_STREAM_CHARS = 2_000_000
MAX_REPLY_CHARS = 40_000
MAX_CALLS = 16


@dataclass(frozen=True)
class Call:
    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class Reply:
    """One answer of the model: text, tool calls or both. `tokens`, `cost_micro_usd`: None where the service doesn't say."""

    text: str
    calls: tuple[Call, ...]
    tokens: int | None
    cost_micro_usd: int | None

    def as_message(self) -> dict[str, Any]:
        calls = [{"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}} for call in self.calls]
        return {"role": "assistant", "content": self.text or None, "tool_calls": calls}


class NonsenseError(Exception):
    """What came is no chat completion."""


class FailedError(Exception):
    """The service said in the middle of its stream that it failed. `status`: its code, where that is a number."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class _Function(BaseModel):
    name: str | None = None
    arguments: str | None = None


class _ToolCall(BaseModel):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None


class _Delta(BaseModel):
    content: str | None = None
    tool_calls: list[_ToolCall] | None = None


class _Choice(BaseModel):
    delta: _Delta | None = None


class _Usage(BaseModel):
    total_tokens: int = 0
    cost: float | None = None


class _Error(BaseModel):
    code: int | str | None = None


class _Chunk(BaseModel):
    choices: list[_Choice] = []
    usage: _Usage | None = None
    error: _Error | None = None


async def events(pieces: AsyncIterator[str]) -> AsyncIterator[str]:
    """The data of server-sent events. Comments, which some services send to keep the line open, are passed over."""
    rest, seen = "", 0
    async for piece in pieces:
        seen += len(piece)
        if seen > MAX_STREAM_CHARS:
            raise NonsenseError
        *lines, rest = (rest + piece).split("\n")
        for line in lines:
            if line.startswith("data:"):
                yield line[5:].strip()


@dataclass
class Collector:
    """Puts a reply together from its chunks."""

    _text: list[str] = field(default_factory=list)
    _calls: dict[int, Call] = field(default_factory=dict)
    _tokens: int | None = None
    _cost: int | None = None
    _length: int = 0
    _chunks: int = 0

    def take(self, data: str) -> str:
        """The text that this chunk adds. Raises NonsenseError or FailedError."""
        try:
            chunk = _Chunk.model_validate_json(data)
        except ValidationError:
            raise NonsenseError from None
        if chunk.error is not None:
            raise FailedError(chunk.error.code if isinstance(chunk.error.code, int) else 500)
        self._chunks += 1
        if chunk.usage is not None:
            self._tokens = max(chunk.usage.total_tokens, 0)
            if chunk.usage.cost is not None:
                self._cost = max(round(chunk.usage.cost * 1e6), 0)
        if not chunk.choices or (delta := chunk.choices[0].delta) is None:
            return ""
        for position, call in enumerate(delta.tool_calls or []):
            self._add(position, call)
        added = delta.content or ""
        self._count(len(added))
        self._text.append(added)
        return added

    def _add(self, position: int, part: _ToolCall) -> None:
        index = position if part.index is None else part.index
        known = self._calls.get(index, Call(f"call_{index}", "", ""))
        function = part.function or _Function()
        self._count(len(function.arguments or "") + len(function.name or "") + len(part.id or ""))
        self._calls[index] = Call(part.id or known.id, known.name + (function.name or ""), known.arguments + (function.arguments or ""))
        if len(self._calls) > MAX_CALLS:
            raise NonsenseError

    def _count(self, length: int) -> None:
        self._length += length
        if self._length > MAX_REPLY_CHARS:
            raise NonsenseError

    def reply(self) -> Reply:
        """Raises NonsenseError when nothing came that could be one."""
        text = "".join(self._text)
        if not self._chunks or not (text or self._calls):
            raise NonsenseError
        return Reply(text, tuple(self._calls[index] for index in sorted(self._calls)), self._tokens, self._cost)
