# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who uses the application: people with a browser, and programs with a bearer token. Both look at what they are told.

Calls are made by requests, which sends each of them once: what gets lost on the way is counted, and not quietly sent again.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from typing import Any, ClassVar

import gevent
from gevent.event import Event
from locust import HttpUser, task
from locust.exception import StopUser

LIST = "/api/todos?status=all&sort=created&order=desc&limit=50"
MOST = 40
"""Todos of one user, fewer than a page shows."""


class Everybody:
    """Waits until all have signed up: what that costs is no part of what is measured."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.there = 0
        self.complete = Event()

    def arrive(self) -> None:
        self.there += 1
        if self.there == self.number:
            self.complete.set()
        self.complete.wait()


class Member(HttpUser):
    """Somebody with an account and todos of their own, who knows what has to be on the list."""

    abstract = True
    # What all of them share; set before the first one is made.
    everybody: ClassVar[Everybody]
    think: ClassVar[tuple[float, float]]

    def on_start(self) -> None:
        # None: a call was lost, so that nobody but the server knows what is there.
        self.known: set[str] | None = set()
        self.sign_up()
        self.everybody.arrive()
        # Fifty people don't press a key at the same moment.
        gevent.sleep(random.uniform(0, self.think[1]))

    def wait_time(self) -> float:
        return random.uniform(*self.think)

    def sign_up(self) -> None:
        raise NotImplementedError

    def call(
        self, method: str, path: str, name: str, status: int, body: object = None, *, right: Callable[[Any], str] = lambda _: ""
    ) -> Any:
        """The answer's content; None where there is no good one.

        :param right: says what is wrong with the content.
        """
        with self.client.request(method, path, name=name, json=body, catch_response=True) as answer:
            if answer.status_code != status:
                answer.failure(repr(answer.error) if answer.error else f"{answer.status_code} {answer.text[:200]}")
                return None
            content = answer.json() if answer.text and "json" in answer.headers.get("content-type", "") else {}
            if fault := right(content):
                answer.failure(fault)
            return content

    def must(self, method: str, path: str, name: str, body: object = None) -> Any:
        """As call(), of what nothing can go on without."""
        content = self.call(method, path, name, 200, body)
        if content is None:
            raise StopUser
        return content

    def is_mine(self, page: dict[str, Any]) -> str:
        found = {str(item["id"]) for item in page["items"]}
        return "" if self.known in (None, found) else f"{len(found)} todos are listed, {len(self.known or ())} were left there"

    def any_of_mine(self) -> str | None:
        return random.choice(sorted(self.known)) if self.known else None

    def change(self, what: dict[str, object], name: str) -> None:
        todo = self.any_of_mine()
        if todo is None:
            self.add()
            return

        def is_changed(answer: dict[str, Any]) -> str:
            return "" if all(answer[key] == value for key, value in what.items()) else "it isn't changed"

        self.call("PATCH", f"/api/todos/{todo}", name, 200, what, right=is_changed)

    @task(5)
    def look(self) -> None:
        page = self.call("GET", LIST, "list", 200, right=self.is_mine)
        if page is not None:
            self.known = {str(item["id"]) for item in page["items"]}

    @task(2)
    def add(self) -> None:
        if self.known is None:
            self.look()
            return
        if len(self.known) >= MOST:
            self.remove()
            return
        made = self.call("POST", "/api/todos", "add", 201, {"title": f"Buy {uuid.uuid4()}"})
        self.known = None if made is None else self.known | {str(made["id"])}

    @task(1)
    def rename(self) -> None:
        self.change({"title": f"Sell {uuid.uuid4()}"}, "change")

    @task(2)
    def complete(self) -> None:
        self.change({"done": random.random() < 0.7}, "complete")

    @task(2)
    def remove(self) -> None:
        todo = self.any_of_mine()
        if todo is None or self.known is None:
            self.look()
            return
        gone = self.call("DELETE", f"/api/todos/{todo}", "delete", 204)
        self.known = None if gone is None else self.known - {todo}


def account() -> dict[str, str]:
    name = uuid.uuid4().hex
    return {"name": "A visitor", "email": f"{name}@example.org", "password": f"secret-{name}"}


class Person(Member):
    """Somebody at a browser: same-origin calls with the session's cookie, on a connection that is kept."""

    def sign_up(self) -> None:
        self.client.headers.update({"Origin": str(self.host), "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"})
        self.must("GET", "/", "page")
        self.must("POST", "/api/auth/sign-up/email", "sign up", account())


class Program(Member):
    """Asks the API itself. The token is what a frontend sends along, whose backend is this very process: see tokens.py."""

    frontend: ClassVar[str]

    def sign_up(self) -> None:
        self.must("POST", f"{self.frontend}/api/auth/sign-up/email", "sign up", account())
        told = self.must("GET", f"{self.frontend}/api/todos", "token")
        self.client.cookies.clear()
        self.client.headers.update({"Authorization": told["authorization"]})
