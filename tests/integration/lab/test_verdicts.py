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

# How probes have to end up, and the rules that say so: those that are found always, and those that may be found too.
RULES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    SUCCESS: ((), ()),
    WARNING: (("PV206",), ()),
    # Liveness by the kubelet's failures, the rest by what follows from them.
    FAILURE: (("PV205", "PV211"), ()),
    ERROR: (("PV208", "PV211"), ()),
}
REDIRECTED = "PV206"


@pytest.fixture(scope="module", params=[True, False], ids=["counters", "no counters"])
def verified(lab: Lab, rows: list[Row], request: pytest.FixtureRequest) -> dict[str, Verified]:
    """By the expected verdict: one run of the module for all pods that have it."""

    def run(verdict: str) -> Verified:
        window = {"proven": "auto", "not_proven": "10", "not_shown": "6"}[verdict]
        wait = 30 if verdict == "proven" else 0
        return verify(lab, f"lab/verdict={verdict}", window=window, timeout=wait, kubelet_metrics=request.param)

    with ThreadPoolExecutor() as pool:
        return dict(zip(VERDICTS, pool.map(run, VERDICTS), strict=True))


@pytest.mark.parametrize("verdict", VERDICTS)
def test_the_verdict(verified: dict[str, Verified], verdict: str) -> None:
    found = verified[verdict]
    assert found.verdict == verdict, found.data["verdict"]["reasons"]


def test_every_pod_is_judged(verified: dict[str, Verified]) -> None:
    for verdict, found in verified.items():
        assert {pod["name"] for pod in found.data["pods"]} == {case.name for case in CASES if case.verdict == verdict}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_rules_found(verified: dict[str, Verified], case: Case) -> None:
    behaviour, result = case.results[-1]
    always, maybe = RULES[result]
    found = set(verified[case.verdict].rules().get(case.name, {}))
    if behaviour.startswith(("redirect", "hops", "endless")):
        maybe = (*maybe, REDIRECTED)
    assert found >= set(always)
    assert found <= {*always, *maybe}
