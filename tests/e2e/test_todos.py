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
    """The page, loaded anew."""
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


def test_a_todo_is_added_kept_completed_and_deleted(home: Page, title: str) -> None:
    before = open_todos(opened(home))
    item = add(home, title)
    expect(item).to_have_count(1)
    expect(home.get_by_test_id("open-count")).to_have_text(str(before + 1))
    expect(home.get_by_test_id("new-todo")).to_have_value("")

    opened(home)
    expect(item.get_by_test_id("todo-toggle")).not_to_be_checked()

    item.get_by_test_id("todo-toggle").check()
    saved(item)
    expect(home.get_by_test_id("open-count")).to_have_text(str(before))

    opened(home)
    expect(item).to_have_attribute("data-done", "true")
    expect(item.get_by_test_id("todo-toggle")).to_be_checked()

    remove(home, item)
    opened(home)
    assert open_todos(home) == before
    expect(item).to_have_count(0)


def test_filters_show_what_they_say(home: Page, title: str) -> None:
    opened(home)
    done, todo = add(home, f"{title} done"), add(home, f"{title} todo")
    done.get_by_test_id("todo-toggle").check()
    saved(done)
    for name, shown in {"open": (todo,), "done": (done,), "all": (done, todo)}.items():
        home.get_by_test_id(f"filter-{name}").click()
        for item in (done, todo):
            expect(item).to_have_count(int(item in shown))
    remove(home, done)
    remove(home, todo)


def test_the_keyboard_does_it_all(home: Page, title: str) -> None:
    opened(home)
    home.get_by_test_id("new-todo").press_sequentially(title)
    home.keyboard.press("Enter")
    item = row(home, title)
    expect(item.get_by_test_id("todo-toggle")).to_be_enabled()
    item.get_by_test_id("todo-toggle").press("Space")
    saved(item)
    expect(item).to_have_attribute("data-done", "true")
    item.get_by_test_id("todo-delete").press("Enter")
    expect(item).to_have_count(0)
    opened(home)
    expect(home.get_by_test_id("open-count")).not_to_have_text("unknown")
    expect(item).to_have_count(0)


def test_details_are_kept(home: Page, title: str) -> None:
    item = add(opened(home), title)
    item.get_by_test_id("todo-edit").click()
    for name, value in {
        "notes": "By train.\n<i>Window</i>",
        "due": "2020-02-03T17:00",
        "remind": "2039-12-31T09:00",
        "tags": "travel, #Home",
    }.items():
        home.get_by_test_id(f"edit-{name}").fill(value)
    home.get_by_test_id("edit-priority").select_option("high")
    home.get_by_test_id("save").click()
    saved(item)
    expect(item.get_by_test_id("todo-edit")).to_be_focused()
    opened(home)
    for text in ("<i>Window</i>", "High priority", "Overdue", "Feb 3", "Dec 31", "#travel", "#home"):
        expect(item).to_contain_text(text)
    item.get_by_test_id("todo-edit").click()
    expect(home.get_by_test_id("edit-due")).to_have_value("2020-02-03T17:00")
    home.get_by_test_id("edit-due").fill("")
    home.get_by_test_id("save").click()
    saved(item)
    expect(item).not_to_contain_text("Overdue")


def test_todos_are_found_and_put_in_order(home: Page) -> None:
    opened(home)
    for name in ("Apples", "Milk", "Bread"):
        add(home, name)
    bread, milk = row(home, "Bread"), row(home, "Milk")
    milk.get_by_test_id("todo-edit").click()
    home.get_by_test_id("edit-tags").fill("dairy")
    home.get_by_test_id("edit-priority").select_option("high")
    home.get_by_test_id("save").click()
    saved(milk)
    titles = home.get_by_test_id("todo-list").locator(".item-title")
    home.get_by_test_id("sort").select_option("title")
    expect(titles).to_have_text(["Apples", "Bread", "Milk"])
    home.get_by_test_id("sort").select_option("priority")
    expect(titles.first).to_have_text("Milk")
    home.get_by_test_id("search").fill("rea")
    expect(titles).to_have_text(["Bread"])
    home.get_by_test_id("search").fill("")
    expect(titles).to_have_count(3)
    home.get_by_test_id("by-tag").select_option("dairy")
    expect(titles).to_have_text(["Milk"])
    home.get_by_test_id("by-tag").select_option("")
    home.get_by_test_id("by-priority").select_option("low")
    expect(home.get_by_test_id("empty-state")).to_contain_text("Nothing matches")
    home.get_by_test_id("by-priority").select_option("")
    expect(bread).to_have_count(1)


def test_nothing_is_wider_than_the_screen(home: Page) -> None:
    opened(home)
    item = add(home, f"{uuid.uuid4().hex}" + "x" * 120)
    assert home.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    expect(item.get_by_test_id("todo-delete")).to_be_in_viewport(ratio=1)
    remove(home, item)


def test_what_went_wrong_is_said_and_can_be_tried_again(home: Page, title: str, complaints: list[str]) -> None:
    opened(home)

    def refuse(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(status=503, json={"detail": "down for a moment"})
        else:
            route.continue_()

    home.route("**/api/todos", refuse)
    home.get_by_test_id("new-todo").fill(title)
    home.get_by_test_id("add-todo").click()
    expect(home.get_by_test_id("error-banner")).to_be_visible()
    expect(home.get_by_test_id("new-todo")).to_have_value(title)
    expect(row(home, title)).to_have_count(0)
    assert len(complaints) == 1
    assert "503" in complaints.pop()

    home.unroute("**/api/todos")
    home.get_by_test_id("add-todo").click()
    expect(row(home, title).get_by_test_id("todo-toggle")).to_be_enabled()
    expect(home.get_by_test_id("error-banner")).to_have_count(0)
    remove(home, row(home, title))


def test_a_foreign_script_is_refused_and_noticed(home: Page, complaints: list[str]) -> None:
    opened(home)
    with home.expect_console_message(lambda message: "Content Security Policy" in message.text):
        home.evaluate("""() => {
            const element = document.createElement('div');
            element.innerHTML = '<img src="data:," onerror="window.foreign = true">';
            document.body.append(element);
        }""")
    assert home.evaluate("window.foreign") is None
    assert "Content Security Policy" in complaints.pop()
