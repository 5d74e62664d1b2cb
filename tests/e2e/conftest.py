# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Debian's Chromium on the application in the cluster. Whatever the browser complains of fails the test."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ansible_collections.proven.webapp.molecule.support import Cluster, variables
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

from .model import ModelStandIn

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "build/e2e"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=360, height=740)
FAILED = pytest.StashKey[bool]()

# Two cores serve the cluster and the browser.
expect.set_options(timeout=15_000)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Leaves word of a failed test for `page`, which takes a picture of it then."""
    report = yield
    if report.when == "call" and report.failed:
        item.stash[FAILED] = True
    return report


@pytest.fixture(scope="session")
def url() -> str:
    """Where the application is served: PROVEN_URL, or the exposed component in the scenarios' cluster."""
    if given := os.environ.get("PROVEN_URL"):
        return given
    exposed = [component["expose"] for component in variables()["webapp_components"].values() if "expose" in component]
    return Cluster.load().url(exposed[0]["node_port"])


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Playwright gives it a new, empty profile, and brings no browser of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def context(request: pytest.FixtureRequest, browser: Browser, url: str) -> Iterator[BrowserContext]:
    small = request.param is PHONE
    context = browser.new_context(base_url=url, viewport=request.param, is_mobile=small, has_touch=small)
    yield context
    context.close()


@dataclass(frozen=True)
class Person:
    name: str = "Ada Lovelace"
    email: str = field(default_factory=lambda: f"{uuid.uuid4().hex}@example.com")
    password: str = "correct horse battery"


@pytest.fixture
def person() -> Person:
    return Person()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained of: errors in the console (violations of the content security policy are among them) and in scripts.

    A test that makes it complain takes out what it expects.
    """
    return []


@pytest.fixture
def page(request: pytest.FixtureRequest, context: BrowserContext, complaints: list[str]) -> Iterator[Page]:
    page = context.new_page()
    page.on("console", lambda message: complaints.append(f"{message.text} ({message.location})") if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    if complaints or request.node.stash.get(FAILED, False):
        page.screenshot(path=PICTURES / f"{re.sub(r'[^a-z0-9]+', '-', request.node.name.lower()).strip('-')}.png", full_page=True)
    assert complaints == []


def sign_up(page: Page, person: Person) -> None:
    page.goto("/")
    page.get_by_test_id("auth-switch").click()
    page.get_by_test_id("name").fill(person.name)
    fill_in(page, person)
    expect(page.get_by_test_id("empty-state")).to_be_visible()


def fill_in(page: Page, person: Person) -> None:
    """Fill the form to sign in or up, and send it."""
    page.get_by_test_id("email").fill(person.email)
    page.get_by_test_id("password").fill(person.password)
    page.get_by_test_id("submit").click()


@pytest.fixture
def home(page: Page, person: Person) -> Page:
    """The list of somebody who has just signed up: empty, and theirs alone."""
    sign_up(page, person)
    return page


@pytest.fixture(scope="session")
def model() -> Iterator[None]:
    """The stand-in for the model's service, where the backend looks for it."""
    standin = ModelStandIn()
    standin.start()
    yield
    standin.remove()
