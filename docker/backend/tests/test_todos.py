from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest


async def add(client: httpx.AsyncClient, title: str, **more: Any) -> dict[str, Any]:
    answer = await client.post("/api/todos", json={"title": title, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def listed(client: httpx.AsyncClient, **params: Any) -> list[dict[str, Any]]:
    answer = await client.get("/api/todos", params=params)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_life_of_a_todo(client: httpx.AsyncClient) -> None:
    made = await add(client, "  buy milk ")
    assert made["title"] == "buy milk"
    assert made["done"] is False
    assert made["created_at"] == made["updated_at"]

    changed = (await client.patch(f"/api/todos/{made['id']}", json={"done": True})).json()
    assert changed == {**made, "done": True, "updated_at": changed["updated_at"]}
    assert changed["updated_at"] > made["updated_at"]
    renamed = (await client.patch(f"/api/todos/{made['id']}", json={"title": "buy oat milk"})).json()
    assert (renamed["title"], renamed["done"]) == ("buy oat milk", True)
    assert await listed(client) == [renamed]
    assert (await client.get(f"/api/todos/{made['id']}")).json() == renamed

    gone = await client.delete(f"/api/todos/{made['id']}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert await listed(client) == []


async def test_newest_first_and_limited(client: httpx.AsyncClient) -> None:
    for title in ("a", "b", "c"):
        await add(client, title)
    assert [todo["title"] for todo in await listed(client)] == ["c", "b", "a"]
    assert [todo["title"] for todo in await listed(client, limit=2)] == ["c", "b"]
    for limit in ("0", "201", "x"):
        assert (await client.get("/api/todos", params={"limit": limit})).status_code == 422


@pytest.mark.parametrize("title", ["x" * 200, "é" * 200, "👩‍👧 day out", "'; DROP TABLE todos; --", "a  b"])
async def test_titles_that_are_fine(client: httpx.AsyncClient, title: str) -> None:
    assert (await add(client, title))["title"] == title


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": " \t "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"title": "two\nlines"}, "title"),
        ({"title": None}, "title"),
        ({"title": 7}, "title"),
        ({}, "title"),
        ({"title": "a", "done": "yes"}, "done"),
        ({"title": "a", "owner": "me"}, "owner"),
        ([], "body"),
    ],
)
async def test_bad_input_is_named(client: httpx.AsyncClient, body: Any, field: str) -> None:
    answer = await client.post("/api/todos", json=body)
    assert answer.status_code == 422
    assert [item["field"] for item in answer.json()["fields"]] == [field]
    assert answer.json()["code"] == "invalid" and field in answer.json()["detail"]
    assert await listed(client) == []


@pytest.mark.parametrize(
    "raw", [b"", b"{", b'{"title": "\\ud800"}', b'{"\\ud800": 1, "title": "a"}', b"\xff", b"[" * 60_000, b'{"title": NaN}']
)
async def test_raw_rubbish_is_refused(client: httpx.AsyncClient, raw: bytes) -> None:
    answer = await client.post("/api/todos", content=raw, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422), answer.text
    assert answer.json()["detail"]


@pytest.mark.parametrize("change", [{}, {"title": None}, {"done": None}, {"title": " "}, {"done": 1}, {"id": str(uuid4())}])
async def test_bad_changes_change_nothing(client: httpx.AsyncClient, change: dict[str, Any]) -> None:
    made = await add(client, "stays")
    assert (await client.patch(f"/api/todos/{made['id']}", json=change)).status_code == 422
    assert await listed(client) == [made]


async def test_unknown_todos(client: httpx.AsyncClient) -> None:
    for method, body in (("PATCH", {"done": True}), ("GET", None), ("DELETE", None)):
        missing = await client.request(method, f"/api/todos/{uuid4()}", json=body)
        assert (missing.status_code, missing.json()) == (404, {"detail": "no such todo", "code": "not_found"})
        assert (await client.request(method, "/api/todos/17", json=body)).status_code == 422
    assert (await client.get("/api/nothing")).status_code == 404
    for path, allowed in (("/api/todos", "GET, POST"), (f"/api/todos/{uuid4()}", "DELETE, GET, PATCH")):
        refused = await client.put(path)
        assert (refused.status_code, refused.headers["allow"]) == (405, allowed)


async def test_body_limit(client: httpx.AsyncClient) -> None:
    async def stream() -> Any:
        for _ in range(20):
            yield b" " * 8192

    said = await client.post("/api/todos", content=b" " * 70_000, headers={"content-type": "application/json"})
    unsaid = await client.post("/api/todos", content=stream(), headers={"content-type": "application/json"})
    for answer in (said, unsaid):
        assert answer.status_code == 413
        assert "larger than 65536" in answer.json()["detail"]


async def test_two_changes_at_once_both_count(client: httpx.AsyncClient) -> None:
    made = await add(client, "race")
    where = f"/api/todos/{made['id']}"
    await asyncio.gather(client.patch(where, json={"title": "won"}), client.patch(where, json={"done": True}))
    [todo] = await listed(client)
    assert (todo["title"], todo["done"]) == ("won", True)
