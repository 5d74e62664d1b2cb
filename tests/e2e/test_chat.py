# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Talking to the assistant. The model is a stand-in that follows the published API; all between it and the browser is real."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from .conftest import DESKTOP

pytestmark = pytest.mark.usefixtures("model")


@pytest.fixture
def chat(home: Page) -> Page:
    home.get_by_test_id("assistant").click()
    expect(home.get_by_test_id("chat-input")).to_be_focused()
    return home


def tell(page: Page, message: str) -> Locator:
    """Send a message; the answer's bubble."""
    answers = page.get_by_test_id("message-assistant")
    before = answers.count()
    page.get_by_test_id("chat-input").fill(message)
    page.get_by_test_id("chat-input").press("Enter")
    return answers.nth(before)


def test_it_adds_and_completes_todos_and_the_list_follows(chat: Page) -> None:
    answer = tell(chat, "add Milk")
    expect(answer).to_contain_text("Added Milk.")
    expect(answer.get_by_test_id("tool")).to_have_count(1)
    item = chat.get_by_test_id("todo-item").filter(has_text="Milk")
    expect(item).to_have_count(1)
    expect(tell(chat, "done Milk")).to_contain_text("Completed Milk.")
    expect(item).to_have_attribute("data-done", "true")


def test_words_come_one_by_one_and_can_be_stopped(chat: Page) -> None:
    answer = tell(chat, "slow")
    expect(answer).to_contain_text("word word")
    assert (answer.text_content() or "").count("word") < 60
    chat.get_by_test_id("chat-stop").click()
    expect(answer).to_contain_text("Stopped")
    expect(chat.get_by_test_id("chat-send")).to_be_visible()
    expect(tell(chat, "Still there?")).to_contain_text("You said: Still there?")


def test_a_conversation_is_kept_and_can_be_deleted(chat: Page) -> None:
    expect(tell(chat, "Remember the <b>blue</b> one")).to_contain_text("You said: Remember the <b>blue</b> one")
    expect(chat.get_by_test_id("conversations").locator("option")).to_have_count(2)
    chat.reload()
    chat.get_by_test_id("assistant").click()
    expect(chat.get_by_test_id("message-user")).to_have_count(0)
    chat.get_by_test_id("conversations").select_option(index=1)
    expect(chat.get_by_test_id("message-user")).to_contain_text("Remember the <b>blue</b> one")
    expect(chat.get_by_test_id("message-assistant")).to_contain_text("You said")
    chat.get_by_test_id("chat-delete").click()
    expect(chat.get_by_test_id("message-user")).to_have_count(0)
    expect(chat.get_by_test_id("conversations")).to_have_count(0)


@pytest.mark.parametrize("message", ["status 500", "status 429", "break"])
def test_a_model_in_trouble_is_said_and_the_list_goes_on(chat: Page, message: str) -> None:
    tell(chat, message)
    expect(chat.get_by_test_id("chat-error")).to_be_visible()
    expect(chat.get_by_test_id("chat-error")).not_to_contain_text("unexpected")
    expect(tell(chat, "Hello")).to_contain_text("You said: Hello")
    expect(chat.get_by_test_id("chat-error")).to_have_count(0)


def test_the_keyboard_does_it_all(chat: Page) -> None:
    expect(tell(chat, "Hello")).to_contain_text("You said: Hello")
    chat.get_by_test_id("chat-input").press("Shift+Enter")
    expect(chat.get_by_test_id("chat-input")).to_have_value("\n")
    chat.keyboard.press("Escape")
    expect(chat.get_by_test_id("chat")).to_have_count(0)
    expect(chat.get_by_test_id("assistant")).to_be_focused()


def test_what_lies_under_it_cannot_be_reached(chat: Page) -> None:
    beside = (chat.viewport_size or DESKTOP)["width"] >= DESKTOP["width"]
    chat.get_by_test_id("new-todo").evaluate("(input) => input.focus()")
    if beside:
        expect(chat.get_by_test_id("new-todo")).to_be_focused()
    else:
        expect(chat.get_by_test_id("new-todo")).not_to_be_focused()
