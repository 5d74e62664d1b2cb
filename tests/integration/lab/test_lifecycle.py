# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the kubelet makes of whole pods: when it asks and when it doesn't, whom it restarts, and what that looks like from outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._probes.model import probed_containers, probes_of
from ansible_collections.proven.webapp.plugins.module_utils._verify.replay import Answer, Replayer

from .agreement import Row
from .cases import ERROR, FAILURE, PORT, SUCCESS
from .lab import NAMESPACE, Lab, until
from .lifecycle import LEAVING, SIDECAR
from .manifests import SERVING
from .module import verify
from .oracle import Asked, Counts

# The cases take minutes, in which these pods live their lives.
pytestmark = pytest.mark.usefixtures("rows")


def status_of(pod: Mapping[str, Any], name: str = SERVING) -> Mapping[str, Any]:
    statuses = [*pod["status"].get("containerStatuses", ()), *pod["status"].get("initContainerStatuses", ())]
    (found,) = [one for one in statuses if one["name"] == name]
    return found  # type: ignore[no-any-return]


def is_ready(pod: Mapping[str, Any]) -> bool:
    return any(one["type"] == "Ready" and one["status"] == "True" for one in pod["status"]["conditions"])


def counts(lab: Lab, pod: Mapping[str, Any], kind: str, container: str = SERVING) -> Counts:
    return lab.see().of(Asked(pod["metadata"]["uid"], container, kind))


def ask(lab: Lab, pod: Mapping[str, Any], kind: str, container: str = SERVING) -> Answer:
    (found,) = [one for one in probed_containers(pod["spec"]) if one["name"] == container]
    (probe,) = [one for one in probes_of(found) if one.kind == kind]
    return Replayer(lab.api, exec_allowed=True).ask(pod, found, probe)


def test_restarts_hide_behind_a_steady_ready(lab: Lab) -> None:
    name = "restarts-behind-ready"
    before = lab.pod(name)
    assert is_ready(before)
    lab.become(name, PORT, "status 500")
    moments = []

    def restarted() -> bool:
        moments.append(lab.pod(name))
        latest = status_of(moments[-1])
        return bool(latest["restartCount"] > status_of(before)["restartCount"] and latest["started"])

    until(restarted, 30, every=0.1)
    assert counts(lab, before, "liveness").failed >= 2
    # At most the moments between two containers aren't.
    assert sum(is_ready(moment) for moment in moments) > len(moments) / 2
    # Well again, and no trace but a number.
    until(lambda: is_ready(lab.pod(name)), 10)
    assert ask(lab, lab.pod(name), "liveness").result == SUCCESS


def test_a_startup_probe_that_fails_restarts_and_nothing_else_is_asked(lab: Lab) -> None:
    pod = lab.pod("startup-fails")
    assert status_of(pod)["restartCount"] >= 2
    assert counts(lab, pod, "startup").failed >= 4
    assert counts(lab, pod, "liveness") == counts(lab, pod, "readiness") == Counts()


def test_a_startup_probe_holds_the_others_back(lab: Lab) -> None:
    pod = lab.pod("held-back")
    assert not status_of(pod)["started"]
    assert counts(lab, pod, "startup").failed >= 4
    assert counts(lab, pod, "liveness") == counts(lab, pod, "readiness") == Counts()
    assert ask(lab, pod, "startup").result == FAILURE


def test_a_slow_start_costs_failures_and_no_restart(lab: Lab) -> None:
    pod = lab.pod("slow-start")
    started = counts(lab, pod, "startup")
    assert started.successful == 1
    assert 5 <= started.failed <= 11
    assert status_of(pod)["restartCount"] == 0
    assert is_ready(pod)


def test_a_death_for_want_of_memory_is_no_probes_doing(lab: Lab) -> None:
    pod = lab.pod("memory-death")
    latest = status_of(pod)
    assert latest["restartCount"] >= 1
    last = latest["state"].get("terminated") or latest["lastState"]["terminated"]
    assert last["reason"] == "OOMKilled"
    assert counts(lab, pod, "liveness").successful >= 1


def test_an_errored_liveness_probe_looks_healthy_for_ever(lab: Lab) -> None:
    """It never counts, so that nothing is ever restarted; as readiness probe it keeps the pod out for ever."""
    pod = lab.pod("short-body-of-500")
    assert counts(lab, pod, "liveness") == counts(lab, pod, "readiness") == Counts()
    assert status_of(pod)["restartCount"] == 0
    assert status_of(pod)["started"]
    assert not is_ready(pod)
    assert ask(lab, pod, "liveness").result == ERROR


def test_a_probe_in_its_initial_delay_is_not_asked(lab: Lab) -> None:
    pod = lab.pod("delayed")
    assert counts(lab, pod, "readiness") == Counts()
    assert counts(lab, pod, "liveness").successful >= 2
    assert not is_ready(pod)


def test_liveness_tied_to_a_database_fails_with_it(lab: Lab) -> None:
    pod = lab.pod("tied-to-database")
    assert ask(lab, pod, "liveness").result == SUCCESS
    for behaviour, expected in (("closed", FAILURE), ("status 200", SUCCESS)):
        lab.become("database", PORT, behaviour)
        before = counts(lab, pod, "liveness")

        def changed(before: Counts = before, expected: str = expected) -> bool:
            delta = counts(lab, pod, "liveness") - before
            return (delta.failed if expected == FAILURE else delta.successful) >= 1

        until(changed, 30)
        assert ask(lab, pod, "liveness").result == expected


def test_probes_of_a_pod_that_goes(lab: Lab) -> None:
    """Liveness ends with the deletion and readiness doesn't; a sidecar's liveness goes on."""
    pod = lab.pod(LEAVING)
    assert is_ready(pod)
    lab.cluster.kubectl("delete", "pod", LEAVING, "-n", NAMESPACE, "--wait=false")
    until(lambda: lab.pod(LEAVING)["metadata"].get("deletionTimestamp"), 10)
    before = lab.see()
    uid = pod["metadata"]["uid"]

    def moved(container: str, kind: str) -> int:
        asked = Asked(uid, container, kind)
        return lab.see().of(asked).total - before.of(asked).total

    until(lambda: moved(SERVING, "readiness") >= 3 and moved(SIDECAR, "readiness") >= 3 and moved(SIDECAR, "liveness") >= 3, 40)
    # One may have been under way.
    assert moved(SERVING, "liveness") <= 1
    assert ask(lab, lab.pod(LEAVING), "liveness", SIDECAR).result == SUCCESS
    # Whoever has nothing but such pods has nothing that serves.
    with pytest.raises(AssertionError, match="None of the 1 pods"):
        verify(lab, f"lab/case={LEAVING}", window="4", timeout=0)
    lab.cluster.kubectl("delete", "pod", LEAVING, "-n", NAMESPACE, "--force", "--grace-period=0")


# What may reach the application by way of the API server besides what the kubelet sends.
ADDED = {"x-forwarded-for", "x-forwarded-uri", "x-forwarded-host", "x-forwarded-proto", "accept-encoding"}


@pytest.mark.parametrize("name", ["http-200", "host-header", "own-user-agent", "no-accept", "repeated-header", "query"])
def test_the_application_sees_the_same_request(lab: Lab, rows: list[Row], name: str) -> None:
    lab.requests(name, PORT)
    pod, seen = lab.pod(name), list[Mapping[str, Any]]()
    before = counts(lab, pod, "readiness")
    ask(lab, pod, "readiness")
    until(lambda: (counts(lab, pod, "readiness") - before).total >= 1, 20)
    seen += lab.requests(name, PORT)
    headers = [(request["target"], {(key.lower(), value) for key, value in request["headers"]}) for request in seen]
    by_proxy = [one for one in headers if any(key == "x-forwarded-for" for key, _ in one[1])]
    by_kubelet = [one for one in headers if one not in by_proxy]
    assert by_proxy, "the replay has asked"
    assert by_kubelet
    for target, fields in by_proxy:
        same = {(key, value) for key, value in fields if key not in ADDED}
        assert (target, same - {("connection", "close")}) == (by_kubelet[0][0], by_kubelet[0][1] - {("connection", "close")})
