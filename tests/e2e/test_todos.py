# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a person does with the todo page, on a desk and on a phone."""

from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import Locator, Page, Route, expect


@pytest.fixture
def title() -> str:
    """Nobody else's, and hostile to a page that takes text for markup."""
    return f'<b onmouseover="alert(1)">Milk</b> & "bread" {uuid.uuid4().hex[:8]}'


def opened(page: Page) -> Page:
    page.goto("/")
    # React has taken over.
    expect(page.get_by_test_id("add-todo")).to_be_enabled()
    return page


def add(page: Page, title: str) -> Locator:
    """Add a todo; its row, when the server knows it."""
    page.get_by_test_id("new-todo").fill(title)
    page.get_by_test_id("add-todo").click()
    expect(row(page, title).get_by_test_id("todo-toggle")).to_be_enabled()
    return row(page, title)


def row(page: Page, title: str) -> Locator:
    return page.get_by_test_id("todo-item").filter(has_text=title)


def saved(item: Locator) -> None:
    """Wait until the server has what was changed."""
    expect(item).to_have_attribute("aria-busy", "false")


def open_todos(page: Page) -> int:
    count = page.get_by_test_id("open-count")
    expect(count).not_to_have_text("unknown")
    return int(count.inner_text())


def remove(page: Page, item: Locator) -> None:
    with page.expect_response(lambda answer: answer.request.method == "DELETE") as answer:
        item.get_by_test_id("todo-delete").click()
    assert answer.value.ok
    expect(item).to_have_count(0)


def test_a_todo_is_added_kept_completed_and_deleted(page: Page, title: str) -> None:
    before = open_todos(opened(page))
    item = add(page, title)
    expect(item).to_have_count(1)
    expect(page.get_by_test_id("open-count")).to_have_text(str(before + 1))
    expect(page.get_by_test_id("new-todo")).to_have_value("")

    opened(page)
    expect(item.get_by_test_id("todo-toggle")).not_to_be_checked()

    item.get_by_test_id("todo-toggle").check()
    saved(item)
    expect(page.get_by_test_id("open-count")).to_have_text(str(before))

    opened(page)
    expect(item).to_have_attribute("data-done", "true")
    expect(item.get_by_test_id("todo-toggle")).to_be_checked()

    remove(page, item)
    opened(page)
    assert open_todos(page) == before
    expect(item).to_have_count(0)


def test_filters_show_what_they_say(page: Page, title: str) -> None:
    opened(page)
    done, todo = add(page, f"{title} done"), add(page, f"{title} todo")
    done.get_by_test_id("todo-toggle").check()
    saved(done)
    for name, shown in {"open": (todo,), "done": (done,), "all": (done, todo)}.items():
        page.get_by_test_id(f"filter-{name}").click()
        for item in (done, todo):
            expect(item).to_have_count(int(item in shown))
    remove(page, done)
    remove(page, todo)


def test_the_keyboard_does_it_all(page: Page, title: str) -> None:
    opened(page)
    page.get_by_test_id("new-todo").press_sequentially(title)
    page.keyboard.press("Enter")
    item = row(page, title)
    expect(item.get_by_test_id("todo-toggle")).to_be_enabled()
    item.get_by_test_id("todo-toggle").press("Space")
    saved(item)
    expect(item).to_have_attribute("data-done", "true")
    item.get_by_test_id("todo-delete").press("Enter")
    expect(item).to_have_count(0)
    opened(page)
    expect(page.get_by_test_id("open-count")).not_to_have_text("unknown")
    expect(item).to_have_count(0)


def test_nothing_is_wider_than_the_screen(page: Page) -> None:
    opened(page)
    item = add(page, f"{uuid.uuid4().hex}" + "x" * 120)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    expect(item.get_by_test_id("todo-delete")).to_be_in_viewport(ratio=1)
    remove(page, item)


def test_what_went_wrong_is_said_and_can_be_tried_again(page: Page, title: str, complaints: list[str]) -> None:
    opened(page)

    def refuse(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(status=503, json={"detail": "down for a moment"})
        else:
            route.continue_()

    page.route("**/api/todos", refuse)
    page.get_by_test_id("new-todo").fill(title)
    page.get_by_test_id("add-todo").click()
    expect(page.get_by_test_id("error-banner")).to_be_visible()
    expect(page.get_by_test_id("new-todo")).to_have_value(title)
    expect(row(page, title)).to_have_count(0)
    assert len(complaints) == 1
    assert "503" in complaints.pop()

    page.unroute("**/api/todos")
    page.get_by_test_id("add-todo").click()
    expect(row(page, title).get_by_test_id("todo-toggle")).to_be_enabled()
    expect(page.get_by_test_id("error-banner")).to_have_count(0)
    remove(page, row(page, title))


def test_a_foreign_script_is_refused_and_noticed(page: Page, complaints: list[str]) -> None:
    opened(page)
    with page.expect_console_message(lambda message: "Content Security Policy" in message.text):
        page.evaluate("""() => {
            const element = document.createElement('div');
            element.innerHTML = '<img src="data:," onerror="window.foreign = true">';
            document.body.append(element);
        }""")
    assert page.evaluate("window.foreign") is None
    assert "Content Security Policy" in complaints.pop()
