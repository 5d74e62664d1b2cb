# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What holds in every state of the page: WCAG 2.2 AA as far as axe can see it, nothing wider than the screen, little to load."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, Route, expect

from .conftest import PICTURES, ROOT, Person, sign_up

AXE = ROOT / "docker/frontend/node_modules/axe-core/axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PAGE_WEIGHT = 250 * 1024
"""Bytes, as they come over the wire, of everything that the first load needs."""


def faults(page: Page) -> list[str]:
    """What axe finds wrong with the page as it is now."""
    assert AXE.exists(), f"no {AXE}. What to do: npm ci in docker/frontend"
    # What moves in is half transparent on its way.
    page.wait_for_function(
        "document.getAnimations().every((one) => one.playState !== 'running' || one.effect.getTiming().iterations === Infinity)"
    )
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate("(tags) => axe.run(document, { runOnly: tags })", WCAG)
    return [f"{fault['id']}: {node['html']} ({node['failureSummary']})" for fault in found["violations"] for node in fault["nodes"]]


def signed_out(page: Page, _: Person) -> None:
    page.goto("/")


def signing_up(page: Page, _: Person) -> None:
    page.goto("/")
    page.get_by_test_id("auth-switch").click()


def refused(page: Page, _: Person) -> None:
    page.route("**/api/auth/**", lambda route: route.fulfill(status=429, json={"detail": "Too many attempts."}))
    page.goto("/")
    page.get_by_test_id("email").fill("a@example.com")
    page.get_by_test_id("password").fill("wrong")
    page.get_by_test_id("submit").click()
    expect(page.get_by_test_id("error-banner")).to_be_visible()


def empty(page: Page, person: Person) -> None:
    sign_up(page, person)


def full(page: Page, person: Person) -> None:
    sign_up(page, person)
    times = {"due_at": "2020-01-01T10:00:00Z", "remind_at": "2039-01-01T10:00:00Z"}
    todos: dict[str, dict[str, Any]] = {
        "Plain": {},
        "Rich": {"notes": "By train", **times, "priority": "high", "tags": ["travel"]},
        "Medium": {"priority": "medium"},
        "Low": {"priority": "low"},
        "x" * 200: {},
    }
    for title, more in todos.items():
        assert page.request.post("/api/todos", data={"title": title, **more}).ok
    page.reload()
    page.get_by_test_id("todo-toggle").first.check()
    expect(page.get_by_test_id("todo-item").first).to_have_attribute("aria-busy", "false")


def editing(page: Page, person: Person) -> None:
    full(page, person)
    page.get_by_test_id("todo-edit").nth(3).click()


def account(page: Page, person: Person) -> None:
    sign_up(page, person)
    page.get_by_test_id("account").click()


def chatting(page: Page, person: Person) -> None:
    said: list[tuple[str, dict[str, Any]]] = [
        ("tool", {"name": "add_todo", "ok": True, "summary": "Added “Milk”"}),
        ("tool", {"name": "add_todo", "ok": False, "summary": "No"}),
        ("delta", {"text": "There you are."}),
        ("error", {"code": "model_busy", "message": "the model is busy"}),
    ]

    def answer(route: Route) -> None:
        events = "".join(f"event: {name}\ndata: {json.dumps(content)}\n\n" for name, content in said)
        route.fulfill(status=200, headers={"content-type": "text/event-stream"}, body=events)

    sign_up(page, person)
    page.route("**/api/chat", answer)
    page.get_by_test_id("assistant").click()
    page.get_by_test_id("chat-input").fill("Milk")
    page.get_by_test_id("chat-input").press("Enter")
    expect(page.get_by_test_id("chat-error")).to_be_visible()


def failed(page: Page, person: Person) -> None:
    sign_up(page, person)
    page.route("**/api/todos?*", lambda route: route.fulfill(status=502, json={"detail": "away"}))
    page.reload()
    expect(page.get_by_test_id("reload")).to_be_visible()


STATES = [signing_up, refused, empty, full, editing, account, chatting, failed]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_everybody_can_use_it(
    page: Page, person: Person, complaints: list[str], state: Callable[[Page, Person], None], scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    state(page, person)
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.screenshot(path=PICTURES / f"{state.__name__}-{scheme}-{page.viewport_size['width'] if page.viewport_size else 0}.png")
    # The errors that a state is about.
    complaints[:] = [complaint for complaint in complaints if not ("429" in complaint or "502" in complaint)]


@pytest.mark.parametrize(("state", "sign"), [(signed_out, "submit"), (empty, "empty-state")], ids=["signed out", "signed in"])
def test_the_first_load_is_small(page: Page, person: Person, state: Callable[[Page, Person], None], sign: str) -> None:
    state(page, person)
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.reload()
    expect(page.get_by_test_id(sign)).to_be_visible()
    page.wait_for_load_state("networkidle")
    print(f"{len(sizes)} answers, {sum(sizes) / 1024:.1f} KB")
    assert len(sizes) > 3
    assert sum(sizes) <= PAGE_WEIGHT, f"{sum(sizes) / 1024:.0f} KB"


def test_every_page_has_a_policy_of_its_own(page: Page) -> None:
    policies = set()
    for _ in range(2):
        answer = page.goto("/")
        assert answer
        headers = answer.headers
        assert "'strict-dynamic'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        policies.add(headers["content-security-policy"])
    assert len(policies) == 2


def test_what_is_too_large_is_refused(home: Page) -> None:
    assert home.request.post("/api/todos", data={"title": "x" * 100_000}).status == 413
    assert home.request.post("/api/todos", data={"title": "x" * 201}).status == 422
    assert home.request.get(f"/api/todos?q={'x' * 3000}").status == 414
