# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each live rule: what breaks it, and what comes close and doesn't."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import SEVERITIES
from ansible_collections.proven.webapp.plugins.module_utils._probes.model import LIVENESS, READINESS, STARTUP, Exec, Probe
from ansible_collections.proven.webapp.plugins.module_utils._verify.answer import SUCCESS, WARNING, Answer
from ansible_collections.proven.webapp.plugins.module_utils._verify.rules import LIVE_RULES, check, tiers_of
from ansible_collections.proven.webapp.plugins.module_utils._verify.window import (
    Counted,
    CronSeen,
    EndpointSeen,
    ProbeSeen,
    ServiceSeen,
    Window,
)

from .windows import AWAY, ERR, FAIL, PASS, POD, REVISIONS, SERVICE, UNASKED, container, event, samples, seen, window

KEY = ("u1", "app", READINESS)
ALIVE = ("u1", "app", LIVENESS)
GOOD, BAD = (PASS,) * 20, (FAIL,) * 20
UNREADY = replace(container(ready=False), ready=False, why="container app does not pass its readiness probe")
NO_ENDPOINT = replace(SERVICE, endpoints=(EndpointSeen("u1", False),))
OTHER = replace(POD, uid="u2", name="web-2")
SLOW = Answer(SUCCESS, "", 0.3, 200)
LOGIN = Answer(WARNING, "Probe terminated redirects", 0.01, 302, 1)
FOLLOWED = Answer(SUCCESS, "", 0.01, 200, 1)
START = Probe(STARTUP, (), period=5, failure_threshold=12)


def started(failures: int, restarts: int = 0) -> Window:
    pods = [container(restarts=restarts)]
    return window(ProbeSeen("u1", "app", START), pods=pods, counters={("u1", "app", STARTUP): Counted(1, failures)})


def with_cron(**state: Any) -> Window:
    good = window()
    return replace(good, end=replace(good.end, crons=(CronSeen("digest", **state),)))


BREAKS: list[tuple[str, Window]] = [
    # PV201: for as long as the kubelet needs to decide, and it has decided otherwise.
    ("PV201", window(seen(BAD))),
    ("PV201", window(seen(BAD), events=None, seconds=38)),
    ("PV201", window(seen(BAD, LIVENESS))),
    ("PV201", window(seen(BAD[:3]), counters={KEY: Counted(9, 0)}, counters_before={KEY: Counted(5, 0)})),
    ("PV201", window(seen(GOOD, ready=False), pods=[UNREADY])),
    ("PV201", window(seen(GOOD, STARTUP, started=False), pods=[container(started=False)])),
    ("PV201", window(seen(GOOD), counters={KEY: Counted(0, 3)})),
    # PV202
    ("PV202", window(seen((*GOOD, FAIL, FAIL)))),
    ("PV202", window(seen((*GOOD, FAIL, FAIL), LIVENESS))),
    ("PV202", window(seen((*GOOD, FAIL, FAIL)), events=[event()])),
    # PV203
    ("PV203", window(seen((*GOOD, FAIL, *GOOD)))),
    # PV204
    ("PV204", window(pods=[container(restarts=3)], before=[container(restarts=2)])),
    ("PV204", window(pods=[container(restarts=1)], before=[])),
    # PV205
    ("PV205", window(events=[event(count=2)])),
    ("PV205", window(events=[event(count=5)], earlier=[event(count=3)])),
    ("PV205", window(counters={ALIVE: Counted(9, 4)}, counters_before={ALIVE: Counted(5, 2)})),
    ("PV205", window(events=[event()], seconds=25)),
    # PV206
    ("PV206", window(seen((LOGIN,) * 3))),
    ("PV206", window(seen((FOLLOWED,) * 3))),
    ("PV206", window(seen((UNASKED,)), events=[event("ProbeWarning", "warning")])),
    # PV207
    ("PV207", window(events=[event("BackOff", "", "")])),
    # PV208
    ("PV208", window(seen((ERR,) * 3))),
    ("PV208", window(seen((UNASKED,) * 3), events=[event(form="errored")])),
    ("PV208", window(seen(GOOD), counters={}, seconds=60)),
    # PV209
    ("PV209", window(services=(NO_ENDPOINT,))),
    ("PV209", window(services=(replace(SERVICE, endpoints=()),))),
    ("PV209", window(pods=[UNREADY])),
    ("PV209", window(services=(replace(NO_ENDPOINT, publish_not_ready=True),), pods=[UNREADY])),
    # PV210
    ("PV210", window(services=(NO_ENDPOINT,), pods=[UNREADY])),
    ("PV210", window(services=(SERVICE, ServiceSeen("typo")))),
    # PV211
    ("PV211", window(pods=[UNREADY])),
    # PV212
    ("PV212", window(wanted={"web": 2})),
    ("PV212", window(wanted={"worker": 1})),
    ("PV212", window(wanted={"web": 1}, pods=[UNREADY])),
    # PV213
    ("PV213", window(pods=[replace(POD, owner="rs1")])),
    # PV214
    ("PV214", window(seen(GOOD), seen((Answer(SUCCESS, "", 0.01, 204),) * 3, pod="u2"), pods=[POD, OTHER])),
    # PV215
    ("PV215", window(seen((*GOOD, SLOW, SLOW), LIVENESS))),
    # PV216
    ("PV216", started(failures=7)),
    # PV217
    ("PV217", window(events=[event()])),
    ("PV217", window(counters={KEY: Counted(9, 1)})),
    # PV218
    ("PV218", window(pods=[replace(POD, ready_since=130.0)], before=[POD])),
    # PV219, PV220
    ("PV219", with_cron(failed="digest-1: BackoffLimitExceeded: it has failed")),
    ("PV220", with_cron(suspended=True)),
]

HOLDS: list[tuple[str, Window]] = [
    # too short for the kubelet to have decided
    ("PV201", window(seen(BAD[:10]))),
    ("PV201", window(seen(BAD[:16]), events=None)),
    # it has noticed
    ("PV201", window(seen(BAD), events=[event()])),
    ("PV201", window(seen(BAD), counters={KEY: Counted(1, 1)})),
    # it may have noticed without saying so
    ("PV201", window(seen(BAD[:16]), events=[event(reason="Other", form="", kind="", count=30)])),
    # both hold it for bad
    ("PV201", window(seen(BAD, ready=False), pods=[UNREADY])),
    # the way is blocked, not the pod
    ("PV201", window(seen((AWAY,) * 20))),
    # a container that is being ended for its liveness answers on
    ("PV201", window(seen(BAD, LIVENESS), events=None)),
    # before its initial delay is over a probe isn't asked
    ("PV201", window(seen(GOOD, ready=False, initial_delay=60), pods=[UNREADY])),
    # until it has started, readiness isn't asked
    ("PV201", window(seen(GOOD, ready=False, started=False), pods=[UNREADY])),
    # once it has started, startup isn't asked
    ("PV201", window(seen(BAD, STARTUP))),
    ("PV201", window(seen((ERR,) * 20))),
    ("PV201", window(seen((FAIL,)))),
    # it does not run
    ("PV201", window(seen(GOOD, STARTUP, started=False), pods=[container(started=False, running_since=None)])),
    # counters that began anew say nothing
    ("PV201", window(seen(GOOD), counters={KEY: Counted(0, 3)}, counters_before={KEY: Counted(50, 0)})),
    ("PV202", window(seen((*GOOD, FAIL)))),
    ("PV202", window(seen((*GOOD, FAIL, FAIL)), events=[event(count=2)])),
    ("PV202", window(seen((*GOOD, AWAY, AWAY)))),
    ("PV202", window(seen((*GOOD, FAIL, FAIL), STARTUP))),
    ("PV202", window(seen(BAD[:5], ready=False), pods=[UNREADY])),
    ("PV203", window(seen((*GOOD, AWAY, *GOOD)))),
    ("PV203", window(seen((*GOOD, FAIL, *GOOD), STARTUP))),
    ("PV203", window(seen((*GOOD, FAIL, *GOOD)), events=[event(count=2)])),
    ("PV203", window(seen((*GOOD, ERR, *GOOD)))),
    ("PV204", window(pods=[container(restarts=2)])),
    ("PV204", window(pods=[replace(container(restarts=3), terminating=True)], before=[container(restarts=2)])),
    # while it starts, a probe may fail
    ("PV205", window(seen(kind=STARTUP), events=[event(kind=STARTUP, count=9)])),
    ("PV205", window(events=[event(count=9)], before=[UNREADY])),
    ("PV205", window(events=[event(count=9)], earlier=[event(count=9)])),
    ("PV205", window(events=[event(count=9)], pods=[replace(POD, terminating=True)], before=[POD])),
    ("PV205", window(events=[event(form="errored", count=9)])),
    ("PV206", window(seen((PASS,) * 3))),
    ("PV207", window(events=[event("BackOff", "", "")], earlier=[event("BackOff", "", "")])),
    ("PV208", window(seen((ERR, ERR, PASS)))),
    ("PV208", window(seen((ERR,) * 3), counters={KEY: Counted(2, 0)})),
    ("PV208", window(seen((UNASKED,) * 3))),
    ("PV208", window(seen(GOOD), counters={KEY: Counted(0, 1)}, seconds=60)),
    ("PV208", window(seen(GOOD), counters={}, seconds=15)),
    ("PV208", window(seen(GOOD, initial_delay=60), counters={}, seconds=60)),
    ("PV208", window(seen(GOOD), counters={}, seconds=60, before=[container(started=False)])),
    ("PV208", window(seen((ERR,) * 3, STARTUP))),
    ("PV208", window(seen((ERR,) * 3, started=False), pods=[container(started=False)])),
    ("PV209", window(services=(replace(SERVICE, publish_not_ready=True),), pods=[UNREADY])),
    ("PV209", window(services=(replace(SERVICE, endpoints=(EndpointSeen("u1", False), EndpointSeen("u1", True))),))),
    ("PV209", window(services=(replace(SERVICE, selects=frozenset(), endpoints=()),))),
    ("PV209", window(services=(NO_ENDPOINT,), pods=[replace(POD, terminating=True)])),
    ("PV209", window(services=(NO_ENDPOINT,), pods=[UNREADY])),
    ("PV209", window(services=None)),
    ("PV210", window()),
    ("PV210", window(services=None)),
    ("PV211", window(pods=[POD, replace(UNREADY, uid="u2", terminating=True)])),
    ("PV211", window(pods=[POD, replace(UNREADY, uid="u2", finished=True)])),
    ("PV212", window(wanted={"web": 1})),
    ("PV213", window()),
    ("PV213", window(pods=[replace(POD, owner="rs1")], revisions=None)),
    ("PV213", window(pods=[replace(POD, owner="rs1")], revisions=(REVISIONS[0],))),
    ("PV213", window(pods=[replace(POD, owner="rs1", terminating=True)])),
    ("PV213", window(pods=[replace(UNREADY, owner="rs1")], services=(NO_ENDPOINT,))),
    ("PV214", window(seen(GOOD), seen(GOOD, pod="u2"), pods=[POD, OTHER])),
    ("PV214", window(seen(GOOD), seen((PASS, FAIL), pod="u2"), pods=[POD, OTHER])),
    ("PV214", window(seen(GOOD), seen(BAD, pod="u2"), pods=[POD, replace(OTHER, owner="rs1")])),
    ("PV214", window(seen(GOOD), seen((FAIL,), pod="u2"), pods=[POD, OTHER])),
    ("PV215", window(seen((*GOOD, SLOW), LIVENESS))),
    ("PV215", window(seen((*GOOD, SLOW, SLOW)))),
    ("PV215", window(seen((*GOOD, SLOW, SLOW), LIVENESS, timeout=2))),
    ("PV215", window(ProbeSeen("u1", "app", Probe(LIVENESS, (Exec(("true",)),)), samples(*GOOD, SLOW, SLOW)))),
    ("PV216", started(failures=6)),
    ("PV216", started(failures=7, restarts=1)),
    ("PV217", window(events=[event(count=2)])),
    ("PV217", window(events=[event()], before=[UNREADY])),
    ("PV218", window()),
    ("PV218", window(before=[UNREADY])),
    ("PV219", with_cron(suspended=True)),
    ("PV219", replace(window(), end=replace(window().end, crons=None))),
    ("PV220", with_cron(failed="digest-1")),
]


def rules(found: Window) -> set[str]:
    return {finding.rule.id for finding in check(found)}


@pytest.mark.parametrize(("rule", "found"), [pytest.param(*case, id=f"{case[0]}-{place}") for place, case in enumerate(BREAKS)])
def test_a_broken_rule_is_found(rule: str, found: Window) -> None:
    assert rule in rules(found)


@pytest.mark.parametrize(("rule", "found"), [pytest.param(*case, id=f"{case[0]}-{place}") for place, case in enumerate(HOLDS)])
def test_what_comes_close_is_not(rule: str, found: Window) -> None:
    assert rule not in rules(found)


def test_a_good_window_breaks_nothing() -> None:
    assert rules(window(wanted={"web": 1}, counters={KEY: Counted(4, 0), ALIVE: Counted(4, 0)})) == set()


def test_every_rule_has_an_example_of_each() -> None:
    known = {live.rule.id for live in LIVE_RULES}
    assert known == {rule for rule, _found in BREAKS} == {rule for rule, _found in HOLDS}


def test_the_catalogue() -> None:
    ids = [live.rule.id for live in LIVE_RULES]
    assert ids == sorted(set(ids))
    for live in LIVE_RULES:
        assert live.rule.severity in SEVERITIES
        assert all((live.rule.name, live.rule.title, live.rule.why, live.rule.fix, live.rule.source, live.tiers))
    assert tiers_of("PV204") == (2,)


def test_a_finding_says_where_and_how_much() -> None:
    (finding,) = [item for item in check(window(events=[event(count=3)])) if item.rule.id == "PV205"]
    assert finding.place == "Pod/web-1, container app, readiness"
    assert finding.what == "the kubelet's own probe failed 3 times in 38 s"


def test_the_odd_one_is_named() -> None:
    third = replace(POD, uid="u3", name="web-3")
    found = window(seen(GOOD), seen(BAD, pod="u2"), seen(GOOD, pod="u3"), pods=[POD, OTHER, third])
    (finding,) = [item for item in check(found) if item.rule.id == "PV214"]
    assert (finding.name, finding.what) == ("web-2", "it answers failure (503), where its siblings answer success (200)")
