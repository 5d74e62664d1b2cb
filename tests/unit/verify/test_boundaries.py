# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Live rules at the very edge, and what they say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._probes.model import LIVENESS, READINESS, STARTUP
from ansible_collections.proven.webapp.plugins.module_utils._verify.answer import FAILURE, SUCCESS, WARNING, Answer
from ansible_collections.proven.webapp.plugins.module_utils._verify.gaps import gaps, needed
from ansible_collections.proven.webapp.plugins.module_utils._verify.rules import check
from ansible_collections.proven.webapp.plugins.module_utils._verify.window import Counted, EndpointSeen, ServiceSeen, Window

from .windows import AWAY, ERR, FAIL, PASS, POD, REVISIONS, SERVICE, UNASKED, container, event, seen, window

KEY = ("u1", "app", READINESS)
UNREADY = replace(container(ready=False), ready=False, why="")
NO_ENDPOINT = replace(SERVICE, endpoints=(EndpointSeen("u1", False),))
OTHER = replace(POD, uid="u2", name="web-2")
LATER = Answer(FAILURE, "connection refused", 0.01)
NOISE = [event(reason="Other", form="", kind="", count=14)]


def status(code: int | None, result: str = SUCCESS, redirects: int = 0, reason: str = "", seconds: float = 0.01) -> Answer:
    return Answer(result, reason, seconds, code, redirects)


def liveness(*seconds: float, timeout: int = 1) -> Window:
    return window(seen([status(200, seconds=item) for item in seconds], LIVENESS, timeout=timeout))


def starting(answers: tuple[Answer, ...], every: float, **fields: Any) -> Window:
    """A container that stays unready while it passes."""
    return window(seen(answers, ready=False, every=every, **fields), pods=[UNREADY])


EDGES: list[tuple[str, Window, bool]] = [
    # Two samples as far apart as the kubelet takes to decide: 30 s by its events, 32.5 s without.
    ("PV201", window(seen((FAIL, FAIL), every=30)), True),
    ("PV201", window(seen((FAIL, FAIL), every=29.9)), False),
    ("PV201", window(seen((FAIL, FAIL), every=32.5), events=None), True),
    ("PV201", window(seen((FAIL, FAIL), every=32.4), events=None), False),
    ("PV201", window(seen((PASS, PASS, FAIL, FAIL), every=32.4), events=None), False),
    ("PV201", window(seen((FAIL, FAIL), LIVENESS, every=62.5), events=None), True),
    ("PV201", window(seen((FAIL, FAIL), LIVENESS, every=62.4), events=None), False),
    # 12.5 s to be found well again
    ("PV201", starting((PASS, PASS), 12.5), True),
    ("PV201", starting((PASS, PASS), 12.4), False),
    ("PV201", starting((PASS, PASS), 60, initial_delay=60), False),
    ("PV201", starting((PASS, PASS), 72.5, initial_delay=60), True),
    ("PV201", starting((FAIL, PASS, PASS), 12.4), False),
    # counters
    ("PV201", window(seen((PASS, PASS)), counters={KEY: Counted(0, 2)}), True),
    ("PV201", window(seen((PASS, PASS)), counters={KEY: Counted(0, 1)}), False),
    ("PV201", window(seen((PASS, FAIL, PASS)), counters={KEY: Counted(0, 2)}), False),
    ("PV201", window(seen((FAIL,)), counters={KEY: Counted(4, 0)}), False),
    ("PV201", window(seen((FAIL, FAIL)), counters={KEY: Counted(4, 0)}), True),
    ("PV201", window(seen((PASS, FAIL, FAIL)), counters={KEY: Counted(4, 0)}), False),
    # Fourteen events before: the kubelet would still have told; fifteen: it may not.
    ("PV201", window(seen((FAIL, FAIL), every=30), events=NOISE), True),
    ("PV201", window(seen((FAIL, FAIL), every=30), events=[replace(NOISE[0], count=15)]), False),
    ("PV202", window(seen((FAIL, FAIL))), True),
    ("PV205", window(events=[event()], seconds=30), True),
    ("PV205", window(events=[event()], seconds=31), False),
    ("PV205", window(counters={KEY: Counted(2, 1)}), True),
    ("PV205", window(counters={KEY: Counted(3, 1)}), False),
    ("PV206", window(seen([status(300, WARNING)])), True),
    ("PV206", window(seen([status(399, WARNING)])), True),
    ("PV206", window(seen([status(299)])), False),
    ("PV206", window(seen([status(400, FAILURE)])), False),
    ("PV208", window(seen((UNASKED,)), events=[event(form="errored")], counters={KEY: Counted(1, 0)}), False),
    ("PV208", window(seen((UNASKED,)), events=[event(form="errored")], counters={KEY: Counted(0, 0)}), True),
    # after two periods, or the three attempts of two tries, without anything counted
    ("PV208", window(seen((PASS,)), counters={}, seconds=20), False),
    ("PV208", window(seen((PASS,)), counters={}, seconds=20.1), True),
    ("PV208", window(seen((PASS,), timeout=5), counters={}, seconds=30), False),
    ("PV208", window(seen((PASS,), timeout=5), counters={}, seconds=30.1), True),
    ("PV213", window(pods=[replace(POD, owner="rs1")], services=None), True),
    ("PV213", window(pods=[replace(POD, owner="rs1")], services=(NO_ENDPOINT,)), True),
    ("PV213", window(pods=[replace(POD, owner="rs1")], revisions=tuple(replace(item, owner="") for item in REVISIONS)), False),
    ("PV214", window(seen((PASS, PASS)), seen((FAIL, FAIL), pod="u2"), pods=[POD, OTHER]), True),
    ("PV215", liveness(*[0.01] * 10, 0.25, 0.25), False),
    ("PV215", liveness(*[0.01] * 10, 0.26, 0.26), True),
    ("PV215", liveness(*[0.01] * 10, 0.45, 0.45, timeout=2), False),
    ("PV215", liveness(*[0.01] * 198, 0.3, 0.3), False),
    ("PV215", liveness(*[0.01] * 197, 0.3, 0.3), True),
    ("PV215", liveness(*[0.01] * 200, 0.3, 0.3), False),
]


@pytest.mark.parametrize(("rule", "found", "broken"), [pytest.param(*edge, id=f"{edge[0]}-{place}") for place, edge in enumerate(EDGES)])
def test_an_edge(rule: str, found: Window, broken: bool) -> None:
    assert (rule in {finding.rule.id for finding in check(found)}) is broken


WORDS: list[tuple[str, Window, str]] = [
    (
        "PV201",
        window(seen((*[FAIL] * 19, LATER))),
        "replayed for 38 s it fails each time (connection refused), yet the kubelet holds the container as ready",
    ),
    (
        "PV201",
        window(seen((FAIL, LATER)), counters={KEY: Counted(4, 0)}),
        "replayed 2 times it fails each time (connection refused), yet the kubelet counted 4 successes and no failure",
    ),
    (
        "PV202",
        window(seen((PASS, FAIL, LATER))),
        "replayed at the window's end it fails: connection refused; the kubelet has not acted on it yet",
    ),
    ("PV203", window(seen((FAIL, LATER, PASS))), "replayed 3 times it failed 2 times, the last time with: connection refused"),
    ("PV203", window(seen((FAIL, PASS))), "replayed 2 times it failed once, the last time with: HTTP probe failed with statuscode: 503"),
    ("PV204", window(pods=[container(restarts=1)], before=[POD]), "container app was restarted 1 time in 38 s"),
    (
        "PV204",
        window(pods=[container(restarts=5, last_exit="OOMKilled, exit code 137")], before=[container(restarts=3)]),
        "container app was restarted 2 times in 38 s; it ended with OOMKilled, exit code 137",
    ),
    ("PV204", window(pods=[container(restarts=2)], before=[]), "container app of this pod, begun in the window, was restarted 2 times"),
    ("PV206", window(seen([status(302, WARNING, 1)])), "it is answered by a redirect, which is not followed"),
    ("PV206", window(seen([status(300, WARNING, 1)])), "it is answered by a redirect, which is not followed"),
    ("PV206", window(seen([status(399, WARNING, 1)])), "it is answered by a redirect, which is not followed"),
    ("PV206", window(seen([status(302, WARNING, 1), status(200, redirects=1)])), "it is answered by a redirect, which leads to status 200"),
    ("PV206", window(seen([status(299, redirects=1)])), "it is answered by a redirect, which leads to status 299"),
    ("PV206", window(seen([status(400, FAILURE, 1)])), "it is answered by a redirect, which leads to status 400"),
    ("PV206", window(seen([status(None, FAILURE, 1, "refused")])), "it is answered by a redirect, which leads nowhere: refused"),
    ("PV206", window(seen([UNASKED]), events=[event("ProbeWarning", "warning", count=2)]), "the kubelet warned of its answer 2 times"),
    ("PV208", window(seen([ERR, replace(ERR, reason="too slow")])), "replayed 2 times it only errs: too slow"),
    ("PV209", window(services=(NO_ENDPOINT,)), "the pod is Ready, but no ready endpoint of Service web"),
    ("PV209", window(pods=[UNREADY]), "the pod is not Ready, yet a ready endpoint of Service web"),
    ("PV210", window(services=(NO_ENDPOINT,)), "none of its 1 pods is a ready endpoint"),
    ("PV210", window(services=(ServiceSeen("typo"),)), "its selector matches no pod"),
    ("PV211", window(pods=[replace(UNREADY, why="because")]), "not Ready: because"),
    ("PV211", window(pods=[replace(UNREADY, phase="Pending")]), "not Ready: Pending"),
    ("PV213", window(pods=[replace(POD, owner="rs1")]), "of ReplicaSet web-a (revision 1 of 2), still serves behind Service web"),
    ("PV213", window(pods=[replace(POD, owner="rs1")], services=()), "of ReplicaSet web-a (revision 1 of 2), still serves"),
    ("PV215", liveness(0.01, 0.3, 0.4, 0.5), "3 of 4 answers took more than 0.25 s, up to 0.50 s, of 1 s allowed"),
]


@pytest.mark.parametrize(("rule", "found", "words"), [pytest.param(*case, id=f"{case[0]}-{place}") for place, case in enumerate(WORDS)])
def test_the_words(rule: str, found: Window, words: str) -> None:
    assert [finding.what for finding in check(found) if finding.rule.id == rule] == [words]


def test_counters_that_were_read_once_say_nothing() -> None:
    found = window(counters={KEY: Counted(0, 9)})
    assert found.counted(KEY) == Counted(0, 9)
    assert replace(found, start=replace(found.start, counters=None)).counted(KEY) is None
    assert replace(found, end=replace(found.end, counters=None)).counted(KEY) is None


@pytest.mark.parametrize(
    ("before", "after", "more"),
    [
        (Counted(5, 2), Counted(9, 3), Counted(4, 1)),
        (Counted(5, 2), Counted(5, 2), Counted(0, 0)),
        (Counted(5, 0), Counted(0, 1), None),
        (Counted(5, 2), Counted(6, 1), None),
        (Counted(5, 0), Counted(4, 0), None),
        (Counted(0, 1), Counted(0, 0), None),
        (Counted(5, 0, 2), Counted(6, 0, 3), Counted(1, 0, 1)),
        (Counted(5, 0, 2), Counted(6, 0, 1), None),
    ],
)
def test_what_was_counted(before: Counted, after: Counted, more: Counted | None) -> None:
    assert window(counters={KEY: after}, counters_before={KEY: before}).counted(KEY) == more


def test_probes_of_pods_that_went_are_not_judged() -> None:
    gone = window(seen(pod="u9"), seen(pod="u2"), pods=[POD, replace(OTHER, terminating=True)])
    assert list(gone.judged_probes) == []


def test_restarts_of_what_is_unknown() -> None:
    found = window()
    assert found.restarts(POD, "other") == 0
    assert window(pods=[container(restarts=2)], before=[]).restarts(container(restarts=2), "app") == 2


def test_edges_of_gaps() -> None:
    assert needed(window(seen(kind=STARTUP))) == 0
    pods = [replace(POD, uid=f"u{number}", name=f"web-{number}") for number in range(3)]
    assert gaps(window(pods=pods, before=[]))[0].startswith("web-0, web-1, web-2 began")
    assert "web-2 and 1 more" in gaps(window(pods=[*pods, replace(OTHER, uid="u7")], before=[]))[0]
    waiting = window(seen((AWAY,) * 3, started=False))
    assert not [line for line in gaps(waiting) if "reach" in line]
