# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Findings and the verdicts that follow from them."""

from __future__ import annotations

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import (
    ERROR,
    INFO,
    NOT_PROVEN,
    NOT_SHOWN,
    PROVEN,
    SEVERITIES,
    WARNING,
    Finding,
    Rule,
    Verdict,
    judge,
    worst,
)
from hypothesis import given
from hypothesis import strategies as st


def finding(severity: str = ERROR, **more: str) -> Finding:
    rule = Rule("PV900", "a-rule", severity, "a title", "it hurts", "do this", "a source")
    return Finding(rule, "Deployment", "shop", "5 s", **more)  # type: ignore[arg-type]


def test_place() -> None:
    assert finding().place == "Deployment/shop"
    assert finding(container="web").place == "Deployment/shop, container web"
    assert finding(container="web", probe="liveness").place == "Deployment/shop, container web, liveness"


def test_as_plain_types() -> None:
    assert finding(container="web", file="f.yaml").as_dict() == {
        "rule": "PV900",
        "severity": ERROR,
        "title": "a title",
        "why": "it hurts",
        "fix": "do this",
        "link": "https://github.com/proven/webapp/blob/main/docs/rules.md#pv900",
        "kind": "Deployment",
        "name": "shop",
        "what": "5 s",
        "namespace": "",
        "container": "web",
        "probe": "",
        "corrected": "",
        "file": "f.yaml",
        "line": 0,
    }


@pytest.mark.parametrize(
    ("severity", "fail_on", "verdict"),
    [
        (ERROR, ERROR, NOT_PROVEN),
        (WARNING, ERROR, PROVEN),
        (WARNING, WARNING, NOT_PROVEN),
        (ERROR, INFO, NOT_PROVEN),
        (INFO, INFO, NOT_PROVEN),
        (INFO, WARNING, PROVEN),
    ],
)
def test_what_counts(severity: str, fail_on: str, verdict: str) -> None:
    assert judge([finding(severity)], fail_on=fail_on).verdict == verdict


def test_what_could_not_be_shown_is_no_pass() -> None:
    assert judge([]) == Verdict(PROVEN)
    assert judge([finding(WARNING)], ["no rights"]) == Verdict(NOT_SHOWN, ("no rights",))
    assert judge([finding()], ["no rights"]) == Verdict(NOT_PROVEN, ("PV900 Deployment/shop: 5 s",))


VERDICTS = st.builds(
    Verdict, st.sampled_from([PROVEN, NOT_SHOWN, NOT_PROVEN]), st.lists(st.text(min_size=1, max_size=3), max_size=2).map(tuple)
)


def test_worst_of_several() -> None:
    proven, missing, broken = Verdict(PROVEN), Verdict(NOT_SHOWN, ("a",)), Verdict(NOT_PROVEN, ("b",))
    assert worst([proven, proven]) == proven
    assert worst([proven, missing]) == missing
    assert worst([missing, broken, proven, Verdict(NOT_PROVEN, ("c",))]) == Verdict(NOT_PROVEN, ("b", "c"))
    # Nothing at all shows nothing.
    assert worst([]).verdict == NOT_SHOWN


@given(st.lists(VERDICTS, min_size=1), VERDICTS)
def test_another_verdict_never_makes_it_better(verdicts: list[Verdict], another: Verdict) -> None:
    order = [PROVEN, NOT_SHOWN, NOT_PROVEN]
    before, after = worst(verdicts).verdict, worst([*verdicts, another]).verdict
    assert order.index(after) == max(order.index(before), order.index(another.verdict))


@given(st.lists(st.sampled_from(SEVERITIES)), st.sampled_from(SEVERITIES), st.lists(st.just("x"), max_size=2))
def test_proven_only_without_any_doubt(severities: list[str], fail_on: str, not_shown: list[str]) -> None:
    verdict = judge(map(finding, severities), not_shown, fail_on=fail_on).verdict
    counted = any(SEVERITIES.index(severity) <= SEVERITIES.index(fail_on) for severity in severities)
    assert (verdict == PROVEN) == (not counted and not not_shown)
    assert (verdict == NOT_PROVEN) == counted
