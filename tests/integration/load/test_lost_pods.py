# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pods that go under load: what is told to end loses no call; what is killed loses what it had at hand, and not for long."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.proven.webapp.molecule.support import until
from ansible_collections.proven.webapp.tests.load.image.load.model import Order, Result
from ansible_collections.proven.webapp.tests.load.sending import Sender

from .site import FRONTEND, Site
from .test_answers import READY

# A minute of load each.
pytestmark = pytest.mark.slow

LOAD = Order(FRONTEND, users=20, seconds=45, think=(0.1, 0.4))
BACK = 15
"""Seconds after which a killed pod may cost no call any more."""


def meanwhile(sender: Sender, does: Callable[[], object]) -> tuple[float, Result]:
    """(moment at which it was done, what became of the calls)."""
    with sender.sending(LOAD) as sending:
        sending.begun()
        time.sleep(5)
        moment = time.time()
        does()
        return moment, sending.result()


def names(site: Site, component: str) -> set[str]:
    return {pod["metadata"]["name"] for pod in site.pods(component)}


@pytest.mark.parametrize("component", ["backend", "frontend"])
def test_a_pod_that_is_deleted_loses_no_call(site: Site, sender: Sender, component: str) -> None:
    before = names(site, component)
    with site.watched() as seen:
        _, result = meanwhile(sender, lambda: site.kubectl("delete", "pod", min(before), "--wait=false"))
    (new,) = names(site, component) - before
    print(result.as_json(), seen.made[new])
    assert result.lost == []
    assert result.all.requests > 500
    seconds = seen.made[new]
    assert seconds is not None
    assert seconds <= READY


def crash(site: Site, pod: dict[str, Any]) -> None:
    """As a fault of its own or the node's would end it: no signal that it could answer to."""
    node, container = pod["spec"]["nodeName"], pod["status"]["containerStatuses"][0]["containerID"].rpartition("/")[2]
    site.cluster.docker("exec", node, "ctr", "-n", "k8s.io", "tasks", "kill", "-s", "SIGKILL", container)


def remove_at_once(site: Site, pod: dict[str, Any]) -> None:
    site.kubectl("delete", "pod", pod["metadata"]["name"], "--grace-period=0", "--force")


@pytest.mark.parametrize("way", [crash, remove_at_once])
def test_what_a_killed_pod_costs_is_over_soon(site: Site, sender: Sender, way: Callable[[Site, dict[str, Any]], None]) -> None:
    pod = site.pods("backend")[0]
    moment, result = meanwhile(sender, lambda: way(site, pod))
    print([(round(sample.at - moment, 1), sample.call, sample.why) for sample in result.lost], result.as_json())
    # Calls that it had at hand, and that were sent to it before everybody knew: no more is promised.
    assert [sample for sample in result.lost if not moment - 5 < sample.at < moment + BACK] == []
    # The other one went on.
    assert result.failures < result.all.requests * 0.05
    until(lambda: all(item["ready"] for pod in site.pods("backend") for item in pod["status"]["containerStatuses"]), 60)
    assert len(site.pods("backend")) == 2
