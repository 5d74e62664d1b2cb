# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Signing up, in and out, and what nobody else may see."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, Response, expect

from .conftest import Person, fill_in, sign_up


def add(page: Page, title: str) -> None:
    page.get_by_test_id("new-todo").fill(title)
    page.get_by_test_id("add-todo").click()
    expect(page.get_by_test_id("todo-toggle").first).to_be_enabled()


def sign_out(page: Page) -> None:
    page.get_by_test_id("account").click()
    page.get_by_test_id("sign-out").click()
    expect(page.get_by_test_id("submit")).to_have_text("Sign in")


def test_a_list_is_there_again_after_signing_out_and_in(home: Page, person: Person) -> None:
    add(home, "Buy milk")
    sign_out(home)
    expect(home.get_by_text("Buy milk")).to_have_count(0)
    home.reload()
    fill_in(home, person)
    expect(home.get_by_test_id("todo-item")).to_have_text(["Buy milk"])


def test_nobody_sees_the_list_of_another(home: Page, browser: Browser, url: str) -> None:
    add(home, "Mine alone")
    context = browser.new_context(base_url=url)
    other = context.new_page()
    sign_up(other, Person())
    expect(other.get_by_text("Mine alone")).to_have_count(0)
    listed = home.request.get("/api/todos").json()["items"]
    assert other.request.get(f"/api/todos/{listed[0]['id']}").status == 404
    assert other.request.delete(f"/api/todos/{listed[0]['id']}").status == 404
    context.close()


def test_what_is_wrong_is_said(page: Page, person: Person, complaints: list[str]) -> None:
    page.goto("/")
    fill_in(page, person)
    expect(page.get_by_test_id("error-banner")).to_contain_text("Invalid email or password")
    expect(page.get_by_test_id("submit")).to_be_enabled()
    assert "401" in complaints.pop()


def test_a_session_that_has_ended_leads_to_the_form(home: Page, complaints: list[str]) -> None:
    home.context.clear_cookies()
    home.get_by_test_id("new-todo").fill("Too late")
    home.get_by_test_id("add-todo").click()
    expect(home.get_by_test_id("submit")).to_be_visible()
    assert complaints
    assert all("401" in complaint for complaint in complaints)
    complaints.clear()


def test_the_browser_gets_a_cookie_that_scripts_cannot_read_and_no_token(page: Page, person: Person) -> None:
    bodies: list[str] = []

    def keep(answer: Response) -> None:
        if "/api/" in answer.url and answer.request.resource_type == "fetch":
            bodies.append(str(answer.all_headers()) + answer.text())

    page.on("response", keep)
    sign_up(page, person)
    cookies = [cookie for cookie in page.context.cookies() if "session" in cookie.get("name", "")]
    assert [(cookie.get("httpOnly"), cookie.get("sameSite")) for cookie in cookies] == [(True, "Lax")]
    assert page.evaluate("document.cookie") == ""
    page.wait_for_load_state("networkidle")
    assert bodies
    # every JWT begins with {" in base64
    assert not any("eyJ" in body for body in bodies)
    assert page.request.get("/api/auth/token").status == 404


def test_another_sites_request_changes_nothing(home: Page) -> None:
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert home.request.post("/api/todos", data={"title": "Forged"}, headers=headers).status == 403
    assert home.request.get("/api/todos").json()["items"] == []
