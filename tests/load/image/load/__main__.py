# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sends what the variable LOAD orders (see model.py), by Locust as a library, and says in one line of JSON what became of it."""

from __future__ import annotations

import json
import os
import sys
import time

import gevent

# Before requests: it makes what that builds on wait the way gevent does.
from locust.env import Environment
from requests import RequestException, get

from . import tokens
from .model import Order, Result, Sample
from .users import Everybody, Member, Person, Program

SIGN_UPS_PER_SECOND = 5
"""A password's hash is costly on purpose."""
PATIENCE = 120


def main() -> None:
    order = Order.of(os.environ["LOAD"])
    who: type[Member] = Person
    if order.backend:
        tokens.serve()
        who, Program.frontend = Program, order.url
    Member.everybody, Member.think = Everybody(order.users), order.think
    samples: list[Sample] = []
    environment = Environment(user_classes=[who], host=order.backend or order.url, stop_timeout=15)

    def note(name: str, response_time: float, exception: BaseException | None, start_time: float, **_: object) -> None:
        why = (str(exception) or repr(exception)) if exception else ""
        samples.append(Sample(round(start_time, 3), name, response_time, why))

    environment.events.request.add_listener(note)
    answers(order.url)
    runner = environment.create_local_runner()
    runner.start(order.users, spawn_rate=SIGN_UPS_PER_SECOND)
    if not Member.everybody.complete.wait(PATIENCE):
        whys = next((sample.why for sample in samples if sample.why), "no answer")
        sys.exit(f"only {Member.everybody.there} of {order.users} users could sign up: {whys}")
    at = time.time()
    print(json.dumps({"sending": at}), flush=True)
    gevent.sleep(order.seconds)
    # Calls that are on their way are waited for.
    runner.quit()
    print(json.dumps({"result": json.loads(Result.sum_of(samples, at, time.time()).as_json())}), flush=True)


def answers(url: str) -> None:
    """Wait until there is an answer: a frontend of our own is just starting, and name and address may be new."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            get(f"{url}/api/health/live", timeout=5).raise_for_status()
            return
        except RequestException as error:
            if time.monotonic() > end:
                sys.exit(f"no answer from {url}: {error}")
            time.sleep(0.5)


if __name__ == "__main__":
    main()
