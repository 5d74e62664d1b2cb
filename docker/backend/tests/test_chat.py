"""The chat, against a scripted stand-in for the model's service (it follows OpenAI's streaming API, and fails in every way)."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from openai_server import OpenAiServer
from prometheus_client import REGISTRY

from todo.chat import conversations
from todo.main import create_app

from .conftest import Line, Server, client_of, free_port, issuer, settings_for, signed_in
from .test_serving import service
from .test_todos import add, listed

KEY = "sk-sentinel"


@pytest.fixture
def model() -> Iterator[OpenAiServer]:
    made = OpenAiServer(key=KEY)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def limits(model: OpenAiServer, **more: Any) -> dict[str, Any]:
    settings = {"llm_base_url": model.url, "llm_api_key": KEY, "llm_first_token_seconds": 0.6, "llm_total_seconds": 5}
    return {**settings, "llm_messages_per_minute": 1000, **more}


@pytest.fixture
async def app(server: Server, database: str, model: OpenAiServer, request: pytest.FixtureRequest) -> AsyncIterator[FastAPI]:
    """`@pytest.mark.parametrize("app", [{"llm_…": …}], indirect=True)` changes its limits."""
    made = create_app(settings_for(server.url(database), **limits(model, **getattr(request, "param", {}))))
    async with made.router.lifespan_context(made):
        yield made


Events = list[tuple[str, dict[str, Any]]]


def parse(text: str) -> Events:
    found = []
    for block in text.split("\n\n")[:-1]:
        name, data = block.split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


async def say(client: httpx.AsyncClient, message: str, **more: Any) -> Events:
    answer = await client.post("/api/chat", json={"message": message, **more})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = parse(answer.text)
    assert events[0][0] == "conversation"
    assert [name for name, _ in events if name in ("done", "error")] == [events[-1][0]]
    return events


def text_of(events: Events) -> str:
    return "".join(data["text"] for name, data in events if name == "delta").strip()


def tools_of(events: Events) -> list[tuple[str, bool, str]]:
    return [(data["name"], data["ok"], data["summary"]) for name, data in events if name == "tool"]


async def test_plain_talk_is_streamed_and_kept(client: httpx.AsyncClient, model: OpenAiServer) -> None:
    events = await say(client, "good  morning")
    assert text_of(events) == "You said: good  morning"
    assert len([name for name, _ in events if name == "delta"]) >= 4
    assert events[-1] == ("done", {"usage": {"tokens": 100, "cost_usd": 0.0005}})
    conversation = events[0][1]["id"]
    await say(client, "and again", conversation_id=conversation)
    sent = model.seen.requests[-1]
    assert [message["role"] for message in sent["messages"]] == ["system", "user", "assistant", "user"]
    assert sent["stream_options"] == {"include_usage": True} and sent["model"] and sent["max_tokens"]
    [known] = (await client.get("/api/conversations")).json()
    assert (known["id"], known["title"]) == (conversation, "good morning")
    whole = (await client.get(f"/api/conversations/{conversation}")).json()
    roles = [(message["role"], message["text"].strip()) for message in whole["messages"]]
    assert roles == [
        ("user", "good  morning"),
        ("assistant", "You said: good  morning"),
        ("user", "and again"),
        ("assistant", "You said: and again"),
    ]
    assert (await client.delete(f"/api/conversations/{conversation}")).status_code == 204
    assert (await client.get(f"/api/conversations/{conversation}")).status_code == 404
    assert (await client.get("/api/conversations")).json() == []


async def test_add_find_change_complete(client: httpx.AsyncClient) -> None:
    events = await say(client, "add buy milk")
    assert tools_of(events) == [("add_todo", True, "Added “buy milk”")]
    assert ("todos", {}) in events and text_of(events) == "Added buy milk."
    assert [todo["title"] for todo in await listed(client)] == ["buy milk"]
    assert text_of(await say(client, "find MILK")) == "Found 1."
    events = await say(client, "done milk")
    assert tools_of(events) == [("find_todos", True, "Found 1 todo"), ("change_todo", True, "Completed “buy milk”")]
    assert [todo["done"] for todo in await listed(client)] == [True]


async def test_times_are_the_users(client: httpx.AsyncClient, model: OpenAiServer) -> None:
    calls = [
        [
            "add_todo",
            {"title": "call", "due_at": "2026-07-01T09:00", "remind_at": "2026-07-01T08:00:00Z", "priority": "high", "tags": ["Work"]},
        ]
    ]
    await say(client, f"tools {json.dumps(calls)}", time_zone="Europe/Berlin")
    [todo] = await listed(client)
    assert (todo["due_at"], todo["remind_at"]) == ("2026-07-01T07:00:00Z", "2026-07-01T08:00:00Z")
    assert (todo["priority"], todo["tags"]) == ("high", ["work"])
    shown = json.loads(model.seen.requests[-1]["messages"][-1]["content"])["added"]
    assert (shown["due_at"], shown["remind_at"]) == ("2026-07-01T09:00+02:00", "2026-07-01T10:00+02:00")
    assert "Europe/Berlin" in model.seen.requests[0]["messages"][0]["content"]
    for due, number in (("2026-07-01T08:00", 0), ("2026-07-01T10:00", 1)):
        events = await say(client, f"tools {json.dumps([['find_todos', {'due_before': due}]])}", time_zone="Europe/Berlin")
        assert tools_of(events)[0][2].startswith(f"Found {number}")


BAD_CALLS: list[tuple[str, Any]] = [
    ("add_todo", "{broken"),
    ("add_todo", "[]"),
    ("add_todo", {}),
    ("add_todo", {"title": ""}),
    ("add_todo", '{"title": "\\ud800"}'),
    ("add_todo", {"title": "a\x00"}),
    ("add_todo", {"title": "a", "owner_id": "bob"}),
    ("add_todo", {"title": "a", "due_at": "2026-07-01"}),
    ("add_todo", {"title": "a", "due_at": "soon"}),
    ("add_todo", "[" * 5000),
    ("change_todo", {"id": "7", "done": True}),
    ("change_todo", {"id": "00000000-0000-0000-0000-000000000000", "done": True}),
    ("change_todo", {"id": "00000000-0000-0000-0000-000000000000"}),
    ("find_todos", {"limit": 5000}),
    ("find_todos", {"q": "\x00"}),
    ("delete_everything", {}),
    ("", {}),
]


@pytest.mark.parametrize("call", BAD_CALLS, ids=range(len(BAD_CALLS)))
async def test_nonsense_calls_are_told_to_the_model(client: httpx.AsyncClient, model: OpenAiServer, call: tuple[str, Any]) -> None:
    model.script = [call]
    events = await say(client, "scripted")
    assert [(name, ok) for name, ok, _ in tools_of(events)] == [(call[0], False)]
    assert (events[-1][0], text_of(events)) == ("done", "Done.")
    assert json.loads(model.seen.requests[-1]["messages"][-1]["content"])["error"]
    assert await listed(client) == []


async def test_the_model_reaches_no_other_users_todos(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    theirs = await add(stranger, "secret")
    calls = [["change_todo", {"id": theirs["id"], "done": True}], ["find_todos", {"q": "", "status": "all"}]]
    events = await say(client, f"tools {json.dumps(calls)}")
    assert [ok for _, ok, _ in tools_of(events)] == [False, True]
    assert tools_of(events)[1][2] == "Found 0 todos"
    assert await listed(stranger) == [theirs]
    mine = (await say(client, "hello"))[0][1]["id"]
    for answer in (
        await stranger.get(f"/api/conversations/{mine}"),
        await stranger.delete(f"/api/conversations/{mine}"),
        await stranger.post("/api/chat", json={"message": "go on", "conversation_id": mine}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert (await stranger.get("/api/conversations")).json() == []
    assert len((await client.get(f"/api/conversations/{mine}")).json()["messages"]) == 2


FAULTS = {
    "status 401": "model_rejected",
    "status 402": "model_rejected",
    "status 404": "model_rejected",
    "status 429": "model_busy",
    "status 500": "model_unavailable",
    "status 503": "model_unavailable",
    "nonsense": "model_unavailable",
    "empty": "model_unavailable",
    "fail in the middle": "model_unavailable",
    "break in the middle": "model_unavailable",
    "stall": "model_timeout",
    "loop": "model_loop",
}


@pytest.mark.parametrize("message", FAULTS)
async def test_faults_of_the_model_are_told(client: httpx.AsyncClient, message: str) -> None:
    events = await say(client, message)
    name, said = events[-1]
    assert (name, said["code"]) == ("error", FAULTS[message])
    assert len(said["message"]) > 20 and "sentinel" not in json.dumps(events)
    # the next one is served as if nothing had been; so is everything else
    again = await say(client, "hello", conversation_id=events[0][1]["id"])
    assert again[-1][0] == "done"
    assert (await client.get("/readyz")).status_code == 200


async def test_calls_that_fail_are_no_end(client: httpx.AsyncClient) -> None:
    for message in ("badjson", "unknown"):
        events = await say(client, message)
        assert text_of(events) == "Sorry." and tools_of(events)[0][1] is False
    assert await listed(client) == []


@pytest.mark.parametrize("app", [{"llm_total_seconds": 0.8}], indirect=True)
async def test_an_answer_without_end_is_cut_and_kept(client: httpx.AsyncClient) -> None:
    events = await say(client, "slow")
    assert events[-1][1]["code"] == "model_timeout"
    said = text_of(events)
    assert 2 <= said.count("word") <= 6
    whole = (await client.get(f"/api/conversations/{events[0][1]['id']}")).json()
    assert whole["messages"][-1]["text"].strip() == said


async def test_a_model_that_is_not_there(server: Server, database: str) -> None:
    for more, expected in (({}, None), ({"llm_api_key": KEY, "llm_base_url": f"http://127.0.0.1:{free_port()}"}, "model_unavailable")):
        app = create_app(settings_for(server.url(database), **more))
        async with app.router.lifespan_context(app), client_of(app) as client:
            if expected is None:
                answer = await client.post("/api/chat", json={"message": "hello"})
                assert (answer.status_code, answer.json()["code"]) == (503, "chat_not_configured")
                assert (await client.get("/api/conversations")).json() == []
            else:
                assert (await say(client, "hello"))[-1][1]["code"] == expected
            assert (await client.get("/readyz")).status_code == 200


@pytest.mark.parametrize("app", [{"llm_messages_per_minute": 3}], indirect=True)
async def test_messages_a_minute(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(client.post("/api/chat", json={"message": "hello"}) for _ in range(8)))
    refused = [answer for answer in answers if answer.status_code == 429]
    assert 2 <= len(refused) <= 5  # all eight within one minute of the clock, or within two
    assert {answer.json()["code"] for answer in refused} == {"rate_limited"}
    assert all(1 <= int(answer.headers["retry-after"]) <= 60 for answer in refused)
    assert (await say(stranger, "hello"))[-1][0] == "done"


@pytest.mark.parametrize("app", [{"llm_daily_tokens": 250}, {"llm_daily_cost_usd": 0.00125}], indirect=True)
async def test_a_days_share(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    events = await say(client, "loop")
    assert (events[-1][1]["code"], len(tools_of(events))) == ("daily_limit", 3)
    answer = await client.post("/api/chat", json={"message": "hello"})
    assert (answer.status_code, answer.json()["code"]) == (429, "daily_limit")
    assert 1 <= int(answer.headers["retry-after"]) <= 86400
    assert (await say(stranger, "hello"))[-1][0] == "done"


async def test_services_that_do_not_count(client: httpx.AsyncClient) -> None:
    events = await say(client, "uncounted " + "x" * 2000)
    assert 500 < events[-1][1]["usage"]["tokens"] < 5000


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"message": ""},
        {"message": " \n"},
        {"message": "x" * 4001},
        {"message": "a\x00b"},
        {"message": "a", "time_zone": "Mars/Base"},
        {"message": "a", "time_zone": "../../etc/passwd"},
        {"message": "a", "conversation_id": "7"},
        {"message": "a", "model": "gpt"},
    ],
)
async def test_bad_messages(client: httpx.AsyncClient, model: OpenAiServer, body: dict[str, Any]) -> None:
    answer = await client.post("/api/chat", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert model.seen.requests == []


async def test_who_hangs_up_ends_the_work_and_keeps_what_was_said(server: Server, database: str, model: OpenAiServer) -> None:
    settings = {name.upper(): str(value) for name, value in limits(model, llm_first_token_seconds=30, llm_total_seconds=60).items()}
    async with (
        service(server.url(database), **settings) as running,
        httpx.AsyncClient(base_url=running.base, headers=signed_in()) as client,
    ):
        heard = ""
        async with client.stream("POST", "/api/chat", json={"message": "slow"}) as stream:
            async for piece in stream.aiter_text():
                heard += piece
                if heard.count("delta") >= 3:
                    break
        for message in ("stall", "slow"):
            before = model.seen.broken_off
            if message == "stall":
                with pytest.raises(httpx.ReadTimeout):
                    await client.post("/api/chat", json={"message": message}, timeout=1)
            for _ in range(50):
                if model.seen.broken_off > before or (message == "slow" and before >= 2):
                    break
                await asyncio.sleep(0.1)
        assert model.seen.broken_off == 2
        latest, first = (await client.get("/api/conversations")).json()
        assert (first["title"], latest["title"]) == ("slow", "stall")
        said = (await client.get(f"/api/conversations/{first['id']}")).json()["messages"]
        assert said[-1]["role"] == "assistant" and 2 <= said[-1]["text"].count("word") < 90


async def test_the_database_is_lost_in_the_middle(server: Server, database: str, model: OpenAiServer, line: Line) -> None:
    app = create_app(settings_for(server.url(database, port=line.port), **limits(model, llm_first_token_seconds=5)))
    async with app.router.lifespan_context(app), client_of(app) as client:
        asking = asyncio.create_task(say(client, "slow"))
        for _ in range(100):
            await asyncio.sleep(0.02)
            if model.seen.requests:
                break
        await line.refuse()
        events = await asking
        assert events[-1][1]["code"] in ("database_unavailable", "model_timeout")
        await line.restore()
        assert (await say(client, "hello"))[-1][0] == "done"


async def test_long_conversations_are_cut(app: FastAPI, client: httpx.AsyncClient, model: OpenAiServer) -> None:
    conversation = (await say(client, "hello"))[0][1]["id"]
    for _ in range(9):
        await say(client, "x" * 4000, conversation_id=conversation)
    sent = model.seen.requests[-1]["messages"]
    assert sum(len(message["content"]) for message in sent[1:]) <= conversations.REMEMBERED_CHARS + 100
    assert sent[-1]["role"] == "user"


async def test_numbers(client: httpx.AsyncClient) -> None:
    def turns(outcome: str) -> float:
        return REGISTRY.get_sample_value("todo_chat_turns_total", {"outcome": outcome}) or 0

    before = turns("ok"), turns("model_busy")
    await say(client, "hello")
    await say(client, "status 429")
    assert (turns("ok"), turns("model_busy")) == (before[0] + 1, before[1] + 1)
    assert issuer().token("ada") not in (await client.get("/metrics")).text
