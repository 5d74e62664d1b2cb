# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module's verdict on pods whose probes have consequences, and on what happens in the middle of its window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from .agreement import Row
from .cases import PORT
from .lab import Lab, patiently, until
from .module import Verified, verify

# For each pod that isn't well: rules of which one has to be found, and those that may be found besides.
FOUND = {
    "startup-fails": ({"PV204", "PV207", "PV211"}, {"PV204", "PV207", "PV211"}),
    "held-back": ({"PV211"}, {"PV211"}),
    "memory-death": ({"PV204", "PV207", "PV211"}, {"PV204", "PV205", "PV207", "PV211", "PV217"}),
    "delayed": ({"PV211"}, {"PV211"}),
    "published": ({"PV211"}, {"PV205", "PV211"}),
}


@pytest.fixture(scope="module")
def ill(lab: Lab, rows: list[Row]) -> Verified:
    return verify(lab, f"lab/case in ({','.join(FOUND)})", window="10", timeout=0, kubelet_metrics=True)


def test_pods_that_are_ill_prove_nothing(ill: Verified) -> None:
    assert ill.verdict == "not_proven"


@pytest.mark.parametrize("name", FOUND)
def test_the_rules_found(ill: Verified, name: str) -> None:
    one_of, at_most = FOUND[name]
    found = set(ill.rules()[name])
    assert found & one_of
    assert found <= at_most


def test_a_death_for_want_of_memory_is_named(ill: Verified) -> None:
    (pod,) = [one for one in ill.data["pods"] if one["name"] == "memory-death"]
    assert "OOMKilled" in pod["containers"][0]["last_exit"]


def test_a_slow_start_is_told_and_no_reason_to_refuse(lab: Lab, rows: list[Row]) -> None:
    found = verify(lab, "lab/case=slow-start", kubelet_metrics=True)
    assert found.verdict == "proven", found.data["verdict"]["reasons"]
    assert set(found.rules()["slow-start"]) == {"PV216"}


# --- in the middle of a window


class During:
    """Does something as soon as a run's window has begun."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab = lab
        self.progress = folder / "progress"
        self.progress.touch()

    def run(self, act: Callable[[], None], *selectors: str, **arguments: object) -> Verified:
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(verify, self.lab, *selectors, progress_file=str(self.progress), kubelet_metrics=True, **arguments)
            # The first line after the beginning says how it goes so far.
            until(lambda: running.done() or "answers" in self.progress.read_text(), 90)
            assert not running.done(), running.result()
            act()
            return running.result()


@pytest.fixture
def during(lab: Lab, rows: list[Row], tmp_path: Path) -> During:
    return During(lab, tmp_path)


def test_a_restart_behind_a_steady_ready_is_found(during: During) -> None:
    name = "restarts-behind-ready"
    found = during.run(lambda: during.lab.become(name, PORT, "status 500"), f"lab/case={name}", window="24", timeout=30)
    (pod,) = found.data["pods"]
    assert pod["ready"], "Ready tells nothing"
    assert found.verdict == "not_proven"
    assert "PV204" in found.rules()[name]


@pytest.fixture
def siblings(lab: Lab, rows: list[Row]) -> Iterator[list[str]]:
    """Two pods of one ReplicaSet, alike again in the end."""
    names = sorted(name for name, pod in lab.pods().items() if pod["metadata"]["labels"]["lab/case"] == "siblings")
    yield names
    for name in names:
        lab.become(name, PORT, "status 200")


def test_alike_siblings_are_proven(lab: Lab, siblings: list[str]) -> None:
    found = verify(lab, "lab/case=siblings", kubelet_metrics=True)
    assert (found.verdict, found.rules()) == ("proven", {})


def test_a_readiness_that_flaps_is_found(during: During, siblings: list[str]) -> None:
    """Good at the beginning and at the end, and bad in between."""

    def flap() -> None:
        during.lab.become(siblings[0], PORT, "status 500")
        uid = patiently(lambda: during.lab.pod(siblings[0]))["metadata"]["uid"]
        before = failed(during.lab, uid)
        until(lambda: failed(during.lab, uid) - before >= 1, 10)
        during.lab.become(siblings[0], PORT, "status 200")

    found = during.run(flap, "lab/case=siblings", window="24", timeout=30)
    assert set(found.rules()) == {siblings[0]}
    assert set(found.rules()[siblings[0]]) & {"PV203", "PV205", "PV217"}


def failed(lab: Lab, uid: str) -> int:
    return sum(counts.failed for asked, counts in lab.see().counters.items() if asked.uid == uid)


def test_siblings_that_differ_are_told(lab: Lab, siblings: list[str]) -> None:
    lab.become(siblings[1], PORT, "status 204")
    found = verify(lab, "lab/case=siblings", kubelet_metrics=True)
    assert {rule for rules in found.rules().values() for rule in rules} == {"PV214"}
    assert found.verdict == "proven"


def test_liveness_tied_to_a_database_is_found_when_it_goes(during: During) -> None:
    name = "tied-to-database"
    try:
        found = during.run(lambda: during.lab.become("database", PORT, "closed"), f"lab/case={name}", window="24", timeout=30)
    finally:
        during.lab.become("database", PORT, "status 200")
    assert found.verdict == "not_proven"
    assert found.rules()[name]["PV205"] >= {"liveness", "readiness"}


def test_a_service_without_a_ready_endpoint_is_found(lab: Lab, rows: list[Row]) -> None:
    found = verify(lab, "lab/case=refused", window="4", timeout=0)
    assert "PV210" in found.rules()["empty"]


# --- looking without seeing


def test_a_window_too_short_shows_nothing(lab: Lab, rows: list[Row]) -> None:
    found = verify(lab, "lab/case=http-304", window="1", kubelet_metrics=True)
    assert found.verdict == "not_shown"
    assert "too short" in found.text()


def test_commands_that_may_not_be_run_rest_on_the_kubelet_alone(lab: Lab, rows: list[Row]) -> None:
    found = verify(lab, "lab/case=exec-good", exec_allowed=False, kubelet_metrics=True)
    assert all(probe["not_shown"] and not probe["passed"] for pod in found.data["pods"] for probe in pod["probes"])
    assert found.verdict in ("proven", "not_shown")


def test_no_value_of_the_environment_shows(lab: Lab, rows: list[Row]) -> None:
    for name, secret in (("exec-static-variable", "shibboleth"), ("needs-authorization", "Bearer x")):
        found = verify(lab, f"lab/case={name}", window="4", timeout=0, kubelet_metrics=True)
        assert secret not in found.text()
