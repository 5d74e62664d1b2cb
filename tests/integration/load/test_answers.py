# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fifty users on two replicas, and how soon a new pod takes part."""

from __future__ import annotations

import os
import time
from datetime import datetime

import pytest
from ansible_collections.proven.webapp.tests.load.image.load.model import Order, Result
from ansible_collections.proven.webapp.tests.load.sending import Sender

from .conftest import Released
from .site import BACKEND, FRONTEND, SHIPPED, Site

# Minutes of load, and a release of its own.
pytestmark = pytest.mark.slow

SERVING = ("backend", "frontend")
USERS, REPLICAS = 50, 2
P95 = 100
"""Milliseconds."""
QUIET_WITHIN = float(os.environ.get("PROVEN_QUIET_WITHIN") or 600)
"""Seconds; a machine that others share may never be quiet."""
READY = 15
"""Seconds from a pod's creation."""


def check(result: Result) -> None:
    print(os.getloadavg(), result.as_json())
    assert result.lost == []
    assert set(result.calls) == {"list", "add", "change", "complete", "delete"}
    assert result.all.requests > USERS * 20
    assert result.all.p95 <= P95, result.calls


@pytest.fixture(autouse=True)
def _two_of_each(site: Site) -> None:
    assert [len(site.pods(name)) for name in SERVING] == [REPLICAS, REPLICAS]


def test_pods_are_ready_soon_when_they_are_installed(released: Released) -> None:
    """They also wait for the database to be made, and for its tables. How long the cluster takes for its volume isn't counted."""
    (database,) = released.site.pods("database")
    conditions = {item["type"]: item for item in database["status"]["conditions"]}
    moments = [database["metadata"]["creationTimestamp"], conditions["PodScheduled"]["lastTransitionTime"]]
    created, scheduled = (datetime.fromisoformat(moment) for moment in moments)
    volume = (scheduled - created).total_seconds()
    print(f"the volume after {volume:.0f} s", released.first.made)
    assert len(released.first.made) == 1 + REPLICAS * len(SERVING)
    assert [name for name, seconds in released.first.made.items() if seconds is None or seconds > READY + volume] == []


def test_pods_are_ready_soon_when_they_are_replaced(site: Site) -> None:
    with site.watched() as seen:
        site.kubectl("rollout", "restart", "deployment")
        for name in SERVING:
            site.kubectl("rollout", "status", f"deployment/{SHIPPED}-{name}", "--timeout=120s")
    print(seen.made)
    assert len(seen.made) == REPLICAS * len(SERVING)
    assert [name for name, seconds in seen.made.items() if seconds is None or seconds > READY] == []


@pytest.fixture
def quiet() -> None:
    """Waits until what else is done on this machine leaves room: times say nothing of the application else. Not for ever."""
    deadline = time.monotonic() + QUIET_WITHIN
    while os.getloadavg()[0] > (os.cpu_count() or 1) and time.monotonic() < deadline:
        time.sleep(5)


@pytest.mark.usefixtures("quiet")
def test_people_get_their_answers_in_time(sender: Sender) -> None:
    with sender.sending(Order(FRONTEND, users=USERS)) as sending:
        check(sending.result())


@pytest.mark.usefixtures("quiet")
def test_programs_get_their_answers_in_time(sender: Sender) -> None:
    with sender.asking(Order(FRONTEND, BACKEND, users=USERS), f"{SHIPPED}-frontend") as sending:
        check(sending.result())
