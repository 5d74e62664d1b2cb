# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The autoscaler at work: load brings pods, quiet takes them away, releases leave their number alone, and no call is lost by any of it.

It reads the CPU from metrics-server, as on any cluster.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import pytest
from ansible_collections.proven.webapp.molecule.support import Run, until
from ansible_collections.proven.webapp.tests.load.image.load.model import Order, Result
from ansible_collections.proven.webapp.tests.load.sending import Sender

from .site import FRONTEND, Seen, Site
from .test_answers import READY

# Scaling up and down takes minutes.
pytestmark = pytest.mark.slow

LEAST, MOST = 2, 4
QUIET = 120
"""Seconds for which fewer pods have to do before any is taken away: two releases fit in."""
AUTOSCALE = {
    "min": LEAST,
    "max": MOST,
    # Percent of what is requested.
    "cpu": 400,
    "behavior": {
        "scaleUp": {"stabilizationWindowSeconds": 0, "policies": [{"type": "Pods", "value": 4, "periodSeconds": 15}]},
        "scaleDown": {"stabilizationWindowSeconds": QUIET, "policies": [{"type": "Pods", "value": 4, "periodSeconds": 15}]},
    },
}
CROWD = Order(FRONTEND, users=8, seconds=75, think=(0.0, 0.1))
TRICKLE = Order(FRONTEND, users=4, seconds=420, think=(0.8, 1.2))
SCALED = ("todo-backend", "todo-frontend")


def scaled(site: Site) -> dict[str, Any]:
    """What serves, with as many pods as the autoscaler wants of it."""
    found = site.components()
    for name in ("backend", "frontend"):
        del found[name]["replicas"]
        found[name]["autoscale"] = AUTOSCALE
    return found


@dataclass(frozen=True)
class Story:
    """What happened, in this order.

    :ivar taken_over: the release that handed the number of pods to the autoscaler.
    :ivar changed: a release of something else while there were as many pods as may be.
    :ivar again: the same once more, and `last`, when there were few pods again.
    :ivar handed_back: the release that says how many pods there are, after somebody has scaled by hand.
    :ivar moments: seconds since 1970 at which these began; `left alone` is when the two releases were over.
    :ivar crowd: what became of the calls that brought the pods, and `trickle` of those that came all the time.
    """

    taken_over: Run
    changed: Run
    again: Run
    last: Run
    handed_back: Run
    moments: dict[str, float]
    crowd: Result
    trickle: Result
    seen: Seen


@pytest.fixture(scope="module")
def story(site: Site, sender: Sender) -> Story:
    return tell(site, sender)


def tell(site: Site, sender: Sender) -> Story:
    """Have it happen."""
    components, moments = scaled(site), dict[str, float]()

    def everywhere(number: int) -> bool:
        found = {item["metadata"]["name"]: item for item in site.get("deployments")}
        return all(found[name]["status"].get("readyReplicas") == found[name]["spec"]["replicas"] == number for name in SCALED)

    with site.watched() as seen, sender.sending(TRICKLE) as trickle:
        trickle.begun()
        moments["taken over"] = time.time()
        taken_over = site.release(components)
        with sender.sending(CROWD) as crowd:
            many = crowd.result()
        until(lambda: everywhere(MOST), 30)
        moments["changed"] = time.time()
        components["backend"]["env"]["LOG_LEVEL"] = "warning"
        changed = site.release(components)
        again = site.release(components)
        moments["left alone"] = time.time()
        until(lambda: everywhere(LEAST), 180)
        last = site.release(components)
        moments["handed back"] = time.time()
        site.kubectl("scale", "deployment", SCALED[1], f"--replicas={LEAST + 1}")
        handed_back = site.release(site.components())
        few = trickle.result()
    return Story(taken_over, changed, again, last, handed_back, moments, many, few, seen)


def test_the_autoscaler_takes_over_without_taking_pods_away(story: Story) -> None:
    story.taken_over.succeeded()
    for name in SCALED:
        before = [numbers for numbers in story.seen.replicas[name] if numbers[0] < story.crowd.at]
        assert min(wanted for _, wanted, _ in before) == LEAST, before


def test_load_brings_pods_and_quiet_takes_them_away(story: Story) -> None:
    for name in SCALED:
        wanted = story.seen.wanted(name, story.moments["taken over"])
        print(name, wanted)
        assert wanted[0] == LEAST
        assert max(wanted) == MOST
        assert story.seen.wanted(name, story.moments["handed back"])[0] == LEAST


def test_no_call_is_lost(story: Story) -> None:
    print(story.crowd.as_json(), story.trickle.as_json())
    assert (story.crowd.lost, story.trickle.lost) == ([], [])
    assert story.crowd.all.requests > 1000
    assert story.trickle.all.requests > 500


def test_releases_leave_the_number_of_pods_alone(story: Story) -> None:
    assert story.changed.succeeded().recap["changed"] > 0
    for run in (story.again, story.last):
        assert run.succeeded().recap["changed"] == 0, run.changed_tasks
    for name in SCALED:
        meanwhile = [
            wanted for moment, wanted, _ in story.seen.replicas[name] if story.moments["changed"] <= moment <= story.moments["left alone"]
        ]
        assert set(meanwhile) <= {MOST}


def test_a_release_that_says_how_many_pods_there_are_has_the_last_word(story: Story) -> None:
    story.handed_back.succeeded()
    for name in SCALED:
        assert story.seen.wanted(name, story.moments["handed back"])[-1] == LEAST


def test_added_pods_are_ready_soon(story: Story) -> None:
    print(story.seen.made)
    assert len(story.seen.made) >= 2 * MOST
    assert [name for name, seconds in story.seen.made.items() if seconds is None or seconds > READY] == []
