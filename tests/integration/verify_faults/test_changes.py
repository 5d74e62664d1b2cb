# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What changes in the cluster while it is looked at, and what was never there."""

from __future__ import annotations

from .conftest import Outcomes
from .objects import EVERYTHING
from .verifier import rules


def test_an_old_revision_that_still_serves_is_never_proven(outcomes: Outcomes) -> None:
    found = outcomes["rollout"].result()
    assert found["verdict"] == "not_proven", found
    old, new = sorted(rules(found).values(), key=lambda broken: "PV211" in broken)
    assert old == {"PV213"}
    assert "PV211" in new
    (what,) = [finding["what"] for finding in found["findings"] if finding["rule"] == "PV213"]
    assert "(revision 1 of 2), still serves behind Service rolling" in what


def test_a_pod_that_is_replaced_meanwhile_shows_nothing(outcomes: Outcomes) -> None:
    found = outcomes["replaced"].result()
    assert len(found["vanished"]) == 1
    if found["verdict"] == "not_proven":
        # A busy machine is still starting the new one.
        assert {finding["rule"] for finding in found["findings"] if finding["severity"] == "error"} == {"PV211"}
        return
    assert found["verdict"] == "not_shown", found
    assert any("began during the window: look again for 4 s" in reason for reason in found["reasons"])


def test_pods_that_are_all_gone_show_nothing(outcomes: Outcomes) -> None:
    found = outcomes["gone"].result()
    assert found["verdict"] == "not_shown", found
    assert found["vanished"] == ["gone"]
    assert found["pods"] == []
    assert any("no pod that was there at the beginning is left" in reason for reason in found["reasons"])


def test_a_service_without_a_selector_is_told_and_not_judged(outcomes: Outcomes) -> None:
    found = outcomes[EVERYTHING].result()
    assert found["notes"] == ["Service outside has no selector: whose endpoints it has is not known here"]
    assert [service["name"] for service in found["services"]] == ["plain"]


def test_no_pod_at_all_is_an_error(outcomes: Outcomes) -> None:
    found = outcomes["no pods"].result()
    assert found["failed"]
    assert "No pod matches" in found["msg"]
    assert "lab/case in (nobody)" in found["msg"]


def test_a_window_too_short_says_how_long_it_has_to_be(outcomes: Outcomes) -> None:
    found = outcomes["too short"].result()
    assert found["verdict"] == "not_shown", found
    needed, looked_back = found["window"]["needed"], found["window"]["looked_back"]
    # About as long as its probes have lived; nothing where a busy machine has missed one of them.
    shortest = min(probe["looked_back"] for pod in found["pods"] for probe in pod["probes"])
    assert abs(needed + shortest - 1000) <= 1
    less = ", less what its kubelet has counted before" if looked_back else ""
    assert found["reasons"][0].endswith(f"is too short: {needed} s are needed, failureThreshold x periodSeconds of the slowest probe{less}")
