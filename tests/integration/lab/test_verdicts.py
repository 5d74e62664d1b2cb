# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module's verdict and rules for each pod, as the cases have left them after their last step."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from .agreement import Row
from .cases import CASES, ERROR, FAILURE, SUCCESS, WARNING, Case
from .lab import Lab
from .module import Verified, verify

VERDICTS = ("proven", "not_proven", "not_shown")

# How probes have to end up, and the rules that say so: one of the first, and at most these.
RULES: dict[str, tuple[set[str], set[str]]] = {
    SUCCESS: (set(), set()),
    WARNING: ({"PV206"}, {"PV206"}),
    # By the kubelet's failures as far as they are told (events are rationed), by the replay, or by the pod that never becomes Ready.
    FAILURE: ({"PV202", "PV205", "PV211"}, {"PV202", "PV205", "PV211"}),
    ERROR: ({"PV208"}, {"PV208", "PV211"}),
}
REDIRECTS = ("redirect", "hops", "endless", "https-only")
REDIRECTED = "PV206"
BUSY = {"PV203", "PV215", "PV217"}
"""Warnings that a busy machine has earned: a probe failed once, or took long."""


@pytest.fixture(scope="session")
def runs(lab: Lab, rows: list[Row]) -> dict[tuple[str, bool], Verified]:
    """By the expected verdict, and whether the kubelet's counters were read: one run of the module for all pods that have it."""

    def run(key: tuple[str, bool]) -> Verified:
        verdict, counters = key
        window = {"proven": "auto", "not_proven": "10", "not_shown": "6"}[verdict]
        wait = 30 if verdict == "proven" else 0
        return verify(lab, f"lab/verdict={verdict}", window=window, timeout=wait, kubelet_metrics=counters)

    keys = [(verdict, counters) for verdict in VERDICTS for counters in (True, False)]
    # As many at a time as a small machine can watch without growing slow.
    with ThreadPoolExecutor(4) as pool:
        return dict(zip(keys, pool.map(run, keys), strict=True))


@pytest.fixture(params=[True, False], ids=["counters", "no counters"])
def verified(runs: dict[tuple[str, bool], Verified], request: pytest.FixtureRequest) -> dict[str, Verified]:
    """By the expected verdict."""
    return {verdict: runs[verdict, request.param] for verdict in VERDICTS}


@pytest.mark.parametrize("verdict", VERDICTS)
def test_the_verdict(verified: dict[str, Verified], verdict: str) -> None:
    found = verified[verdict]
    assert found.verdict == verdict, found.data["reasons"]


def test_every_pod_is_judged(verified: dict[str, Verified]) -> None:
    for verdict, found in verified.items():
        assert {pod["name"] for pod in found.data["pods"]} == {case.name for case in CASES if case.verdict == verdict}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_rules_found(verified: dict[str, Verified], case: Case) -> None:
    behaviour, result = case.results[-1]
    one_of, at_most = RULES[result]
    found = set(verified[case.verdict].rules().get(case.name, {}))
    assert found & one_of or not one_of
    assert found <= at_most | BUSY | ({REDIRECTED} if behaviour.startswith(REDIRECTS) else set())


def test_what_the_kubelet_counts_is_found_at_each_probe(verified: dict[str, Verified]) -> None:
    """With its counters no failure of a started container stays hidden."""
    found = verified["not_proven"]
    if 1 not in found.data["tiers"]:
        return
    failing = [case for case in CASES if case.results[-1][1] == FAILURE and "exec" not in case.probe]
    for case in failing:
        rules = found.rules()[case.name]
        assert "liveness" in rules.get("PV205", set()) | rules.get("PV202", set()), case.name
