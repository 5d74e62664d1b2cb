"""Finding one's way: search, filters, orders, pages, tags; and nobody else's todos."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

from .conftest import Server
from .test_todos import add, listed


async def titles(client: httpx.AsyncClient, **params: Any) -> list[str]:
    return [todo["title"] for todo in await listed(client, **params)]


async def test_all_fields(client: httpx.AsyncClient) -> None:
    given: dict[str, Any] = {
        "title": "pay rent",
        "notes": "by bank\nnot cash",
        "due_at": "2026-12-01T09:00:00+02:00",
        "priority": "high",
        "tags": ["Home", "money ", "home"],
        "remind_at": "2026-11-30T18:00:00Z",
    }
    made = await add(client, **given)
    assert made == {
        **made,
        **given,
        "due_at": "2026-12-01T07:00:00Z",
        "tags": ["home", "money"],
        "done": False,
    }
    where = f"/api/todos/{made['id']}"
    assert (await client.get(where)).json() == made
    cleared = (await client.patch(where, json={"notes": None, "due_at": None, "remind_at": None, "tags": [], "priority": "none"})).json()
    assert cleared == {
        **made,
        "notes": None,
        "due_at": None,
        "remind_at": None,
        "tags": [],
        "priority": "none",
        "updated_at": cleared["updated_at"],
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("notes", "x" * 5001),
        ("notes", "a\x00b"),
        ("due_at", "tomorrow"),
        ("due_at", 0),
        ("due_at", "1790000000"),
        ("due_at", "2026-12-01T09:00:00"),
        ("due_at", "0001-01-01T00:00:00+14:00"),
        ("due_at", "9999-12-31T23:59:59-12:00"),
        ("priority", "urgent"),
        ("priority", 2),
        ("tags", ["x" * 41]),
        ("tags", [" "]),
        ("tags", ["a"] * 11),
        ("tags", "home"),
        ("remind_at", True),
        ("owner_id", "bob"),
    ],
)
async def test_bad_fields(client: httpx.AsyncClient, name: str, value: Any) -> None:
    made = await add(client, "stays")
    for answer in (
        await client.post("/api/todos", json={"title": "a", name: value}),
        await client.patch(f"/api/todos/{made['id']}", json={name: value}),
    ):
        assert answer.status_code == 422
        assert answer.json()["fields"][0]["field"].startswith(name)
    assert await listed(client) == [made]


@pytest.mark.parametrize("name", ["title", "priority", "tags", "done"])
async def test_null_is_no_value_of_these(client: httpx.AsyncClient, name: str) -> None:
    made = await add(client, "stays")
    assert (await client.patch(f"/api/todos/{made['id']}", json={name: None})).status_code == 422


async def test_search_and_filters(client: httpx.AsyncClient) -> None:
    await add(client, "Buy Milk", tags=["shop"], priority="high")
    await add(client, "100% cotton_shirt", tags=["shop", "clothes"])
    done = await add(client, "call Zoë", notes="about MILKING the cow")
    await client.patch(f"/api/todos/{done['id']}", json={"done": True})
    assert await titles(client, q="milk") == ["call Zoë", "Buy Milk"]
    assert await titles(client, q="ZOË") == ["call Zoë"]
    assert await titles(client, q="%") == await titles(client, q="n_s") == ["100% cotton_shirt"]
    assert await titles(client, q="clothes") == ["100% cotton_shirt"]
    assert await titles(client, q="'; --") == []
    assert await titles(client, status="open", q="milk") == ["Buy Milk"]
    assert await titles(client, status="done") == ["call Zoë"]
    assert await titles(client, priority="high") == ["Buy Milk"]
    assert await titles(client, tag="Shop") == ["100% cotton_shirt", "Buy Milk"]
    whole = (await client.get("/api/todos", params={"q": "milk", "status": "open"})).json()
    assert whole["counts"] == {"open": 1, "done": 1}
    assert (await client.get("/api/tags")).json() == [{"name": "shop", "count": 2}, {"name": "clothes", "count": 1}]
    for bad in ({"priority": "x"}, {"status": "x"}, {"sort": "x"}, {"order": "x"}, {"q": "x" * 201}, {"q": "\x00"}):
        assert (await client.get("/api/todos", params=bad)).status_code == 422, bad


ORDERS = {
    ("created", "desc"): "gfedcba",
    ("created", "asc"): "abcdefg",
    ("due", "asc"): "bdacefg",
    ("due", "desc"): "cadbgfe",
    ("priority", "desc"): "eagfdcb",
    ("priority", "asc"): "bcdfgae",
    ("title", "asc"): "abcdefg",
    ("title", "desc"): "gfedcba",
}


@pytest.mark.parametrize(("sort", "order"), ORDERS)
async def test_pages_of_every_order(client: httpx.AsyncClient, server: Server, database: str, sort: str, order: str) -> None:
    due = {"a": "2026-03-01", "b": "2026-01-01", "c": "2026-04-01", "d": "2026-02-01"}
    for number, title in enumerate("aBcDeFg"):
        more: dict[str, Any] = {"priority": {"a": "low", "e": "high"}.get(title, "none")}
        if (day := due.get(title.lower())) is not None:
            more["due_at"] = f"{day}T00:00:00Z"
        made = await add(client, title, **more)
        # ids in the order of their making, so that ties have one too
        await server.execute(f"UPDATE todos SET id = '00000000-0000-0000-0000-00000000000{number}' WHERE id = '{made['id']}'", database)
    for limit in (1, 2, 3, 7, 50):
        seen, cursor = "", None
        while True:
            params = {"sort": sort, "order": order, "limit": limit} | ({"cursor": cursor} if cursor else {})
            page = (await client.get("/api/todos", params=params)).json()
            assert len(page["items"]) <= limit
            seen += "".join(todo["title"].lower() for todo in page["items"])
            if (cursor := page["next_cursor"]) is None:
                break
        assert seen == ORDERS[sort, order], limit


async def test_pages_hold_while_the_list_changes(client: httpx.AsyncClient) -> None:
    made = [await add(client, str(number)) for number in range(6)]
    page = (await client.get("/api/todos", params={"limit": 2})).json()
    await add(client, "new")
    for todo in (made[4], made[3]):
        await client.delete(f"/api/todos/{todo['id']}")
    assert await titles(client, limit=2, cursor=page["next_cursor"]) == ["2", "1"]


def cursor(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


ID = "00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize(
    "bad",
    [
        "x",
        "é",
        "%%%",
        cursor("title", "asc", "a", ID),
        cursor("created", "desc", "2026-01-01T00:00:00", ID),
        cursor("created", "desc", 7, ID),
        cursor("created", "desc", "2026-01-01T00:00:00+00:00", 7),
        cursor("created", "desc", "0001-01-01T00:00:00+14:00", ID),
        cursor("created", "desc"),
        base64.urlsafe_b64encode(b"[" * 1200).decode(),
    ],
)
async def test_bad_cursors(client: httpx.AsyncClient, bad: str) -> None:
    answer = await client.get("/api/todos", params={"cursor": bad})
    assert (answer.status_code, answer.json()["fields"][0]["field"]) == (422, "cursor"), answer.text


async def test_bad_cursors_of_titles(client: httpx.AsyncClient) -> None:
    for title in ("\x00", "\ud800", 7, None):
        params = {"sort": "title", "order": "asc", "cursor": cursor("title", "asc", title, ID)}
        assert (await client.get("/api/todos", params=params)).status_code == 422


async def test_nobody_reaches_anothers_todos(client: httpx.AsyncClient, stranger: httpx.AsyncClient, server: Server, database: str) -> None:
    mine = await add(client, "secret plan", tags=["private"], priority="high")
    await server.execute("INSERT INTO todos (id, title) VALUES (gen_random_uuid(), 'of the time before accounts')", database)
    where = f"/api/todos/{mine['id']}"
    for answer in (await stranger.get(where), await stranger.patch(where, json={"done": True}), await stranger.delete(where)):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    theirs = (await stranger.get("/api/todos", params={"q": "secret"})).json()
    assert theirs == {"items": [], "next_cursor": None, "counts": {"open": 0, "done": 0}}
    assert await listed(stranger) == (await stranger.get("/api/tags")).json() == []
    page = await client.get("/api/todos", params={"limit": 1})
    assert page.json()["next_cursor"] is None
    forged = cursor("created", "desc", "2999-01-01T00:00:00+00:00", ID)
    assert await listed(stranger, cursor=forged) == []
    assert await listed(client) == [mine]
