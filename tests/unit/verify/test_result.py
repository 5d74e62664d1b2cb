# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Gaps, verdicts and what a module returns."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._probes.model import LIVENESS, READINESS, STARTUP, HttpGet, Probe
from ansible_collections.proven.webapp.plugins.module_utils._verify.gaps import gaps, needed
from ansible_collections.proven.webapp.plugins.module_utils._verify.result import percentile, summary
from ansible_collections.proven.webapp.plugins.module_utils._verify.settings import settings_of
from ansible_collections.proven.webapp.plugins.module_utils._verify.window import Counted, ProbeSeen

from .windows import AWAY, ERR, FAIL, PASS, POD, UNASKED, container, event, samples, seen, window

KEY = ("u1", "app", READINESS)


def test_a_good_window_is_proven() -> None:
    found = summary(window(wanted={"web": 1}))
    assert (found["verdict"], found["reasons"]) == ("proven", [])
    assert (found["findings"], found["lost"], found["notes"], found["vanished"]) == ([], [], [], [])
    assert found["tiers"] == [2, 3]
    assert found["services"] == [{"name": "web", "pods": 1, "ready": 1}]


def test_a_window_too_short_says_how_long_it_must_be() -> None:
    found = window(seconds=29)
    assert needed(found) == 30
    assert gaps(found) == ("a window of 29 s is too short: 30 s are needed, failureThreshold x periodSeconds of the slowest probe",)
    assert summary(found)["verdict"] == "not_shown"
    assert gaps(window(seconds=30)) == ()


def test_a_startup_probe_needs_no_window() -> None:
    assert gaps(window(seen(kind=STARTUP, failure_threshold=60), seconds=1)) == ()


def test_what_is_broken_counts_more_than_what_is_not_shown() -> None:
    assert summary(window(events=[event(count=2)], seconds=1))["verdict"] == "not_proven"


def test_a_pod_that_began_meanwhile() -> None:
    (line,) = gaps(window(before=[]))
    assert line == "web-1 began during the window: look again for 30 s"


def test_many_are_counted_and_some_are_named() -> None:
    pods = [replace(POD, uid=f"u{number}", name=f"web-{number}") for number in range(5)]
    assert "web-0, web-1, web-2 and 2 more" in gaps(window(pods=pods, before=[]))[0]


def test_a_way_that_is_blocked() -> None:
    found = window(seen((AWAY,) * 20))
    (line,) = gaps(found)
    assert "doesn't reach web-1" in line
    assert summary(found)["verdict"] == "not_shown"


@pytest.mark.parametrize("more", [{"events": [event()]}, {"pods": [replace(container(ready=False), ready=False)]}])
def test_a_pod_that_hangs_is_no_blocked_way(more: Any) -> None:
    assert not [line for line in gaps(window(seen((AWAY,) * 20), **more)) if "reach" in line]


def test_a_missing_right_is_never_a_pass() -> None:
    found = summary(window(lost=(("list events", "failures aren't known"),), events=None))
    assert (found["verdict"], found["reasons"]) == ("not_shown", ["failures aren't known (the user may not list events)"])
    assert found["lost"] == [{"right": "list events", "without": "failures aren't known"}]


def test_without_replay_the_kubelet_stands_for_it() -> None:
    found = summary(window(seen((UNASKED,)), seen((UNASKED,), LIVENESS)))
    assert (found["verdict"], found["tiers"]) == ("proven", [2])
    assert found["pods"][0]["probes"][0]["not_shown"] == UNASKED.reason


def test_a_probe() -> None:
    found = window(seen((PASS, FAIL, PASS), ready=True), counters={KEY: Counted(9, 1)}, counters_before={KEY: Counted(5, 0)})
    probe = summary(found)["pods"][0]["probes"][0]
    assert probe["samples"] == [[0.0, "success", 10.0], [2.0, "failure", 10.0], [4.0, "success", 10.0]]
    assert (probe["passed"], probe["failed"], probe["errors"], probe["tiers"]) == (2, 1, 0, [1, 2, 3])
    assert probe["kubelet"] == {"successful": 4, "failed": 1, "unknown": 0}
    assert probe["latency"] == {"p50": 10.0, "p99": 10.0, "max": 10.0}
    assert (probe["needed"], probe["looked_back"], probe["worst_case"]) == (30, 0, 31)


def test_a_startup() -> None:
    start = ProbeSeen("u1", "app", Probe(STARTUP, (), initial_delay=5, period=5, failure_threshold=12), samples(PASS))
    pods = [replace(container(running_since=80.0), ready_since=100.0)]
    found = summary(window(start, pods=pods, events=[event(kind=STARTUP, count=3)]))["pods"][0]["probes"][0]
    assert found["startup"] == {"budget": 65, "used": 20, "used_at_most": 20}


def test_a_start_after_a_restart_is_not_known_by_its_times() -> None:
    pods = [replace(container(running_since=80.0, restarts=1), ready_since=100.0)]
    found = summary(window(seen(kind=STARTUP), pods=pods))["pods"][0]["probes"][0]
    assert (found["needed"], found["startup"]) == (0, {"budget": 30, "used": None, "used_at_most": None})


def test_what_came_of_each_try_is_counted() -> None:
    other = replace(UNASKED, reason="the pod is gone")
    found = summary(window(seen((PASS, ERR, ERR, FAIL, FAIL, FAIL)), seen((UNASKED, other), LIVENESS)))["pods"][0]
    tried, untried = found["probes"]
    assert (tried["passed"], tried["errors"], tried["failed"], tried["not_shown"]) == (1, 2, 3, "")
    assert (untried["passed"], untried["errors"], untried["failed"], untried["not_shown"]) == (0, 0, 0, "the pod is gone")
    assert set(found["containers"][0]) == {"name", "ready", "started", "restarts", "restarted", "last_exit"}


def test_no_query_and_no_header_is_shown() -> None:
    secret = Probe(READINESS, (HttpGet(port=8080, path="/ok?token=sentinel", headers=(("Authorization", "sentinel"),)),))
    found = json.dumps(summary(window(ProbeSeen("u1", "app", secret, samples(PASS, PASS, FAIL, FAIL)))))
    assert '"/ok"' in found
    assert "sentinel" not in found


def test_pods_that_go_are_told() -> None:
    other, job = replace(POD, uid="u2", name="web-2"), replace(POD, uid="u3", name="job", finished=True)
    found = summary(window(pods=[POD, replace(other, terminating=True), job], before=[POD, other, replace(POD, uid="u4", name="web-4")]))
    assert found["vanished"] == ["web-2", "web-4"]
    assert found["notes"] == ["web-2 is on its way out and isn't judged", "pods that ended or belong to a Job aren't judged: 1"]
    assert [pod["name"] for pod in found["pods"]] == ["web-1"]


def test_findings_name_their_evidence() -> None:
    found = window(events=[event(count=2)], counters={KEY: Counted(1, 2)})
    tiers = {item["rule"]: item["tiers"] for item in summary(found)["findings"]}
    assert tiers["PV205"] == [1, 2]
    tiers = {item["rule"]: item["tiers"] for item in summary(window(pods=[replace(POD, ready=False)]))["findings"]}
    assert tiers["PV211"] == [2]
    found = window(pods=[replace(POD, ready=False)], counters={KEY: Counted(4)})
    assert {item["rule"]: item["tiers"] for item in summary(found)["findings"]}["PV211"] == [2]


def test_milder_findings_count_when_asked() -> None:
    found = window(events=[event()])
    assert summary(found)["verdict"] == "proven"
    assert summary(found, fail_on="warning")["verdict"] == "not_proven"


def test_percentiles() -> None:
    times = [float(number) for number in range(1, 101)]
    assert [percentile(times, share) for share in (50, 99, 100)] == [50, 99, 100]
    assert percentile([], 99) is None
    assert percentile([1.0], 50) == 1.0


GIVEN = {
    "namespace": "n",
    "label_selectors": ["app=web", "tier"],
    "replicas": {"web": "2"},
    "window": "auto",
    "interval": 2.0,
    "timeout": 60,
    "exec_allowed": False,
    "kubelet_metrics": True,
}


def test_settings() -> None:
    settings = settings_of(GIVEN)
    assert (settings.selector, settings.wanted, settings.window) == ("app=web,tier", {"web": 2}, None)
    assert settings_of({**GIVEN, "window": "0"}).window == 0


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("window", "long"),
        ("window", "-1"),
        ("window", "inf"),
        ("window", "nan"),
        ("interval", 0.0),
        ("timeout", -1),
        ("label_selectors", []),
        ("label_selectors", [" "]),
        ("replicas", {"web": "two"}),
    ],
)
def test_settings_that_make_no_sense(key: str, value: Any) -> None:
    with pytest.raises(ProvenError, match=key):
        settings_of({**GIVEN, key: value})
