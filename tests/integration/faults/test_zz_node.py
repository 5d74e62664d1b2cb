# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Faults of the node itself: whatever else runs there feels them too, so they come last and one by one, and are taken back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import pytest

from .site import HELD, Process, Site, until


@pytest.fixture(scope="module")
def site(sites: Callable[[str], Site]) -> Iterator[Site]:
    """An application of two pods that was proven; each test releases another version of it."""
    one = sites("node")
    one.components["web"]["replicas"] = 2
    one.run().succeeded()
    yield one
    one.cluster.kubectl("delete", "namespace", one.namespace, "--ignore-not-found", "--wait=false")


def answers(site: Site) -> bool:
    return "ok" in site.cluster.kubectl("get", "--raw", "/readyz", ok=False)[-4:]


def kill_the_api_server(site: Site) -> None:
    for pid in site.on_node("pidof", "kube-apiserver").split():
        site.on_node("kill", "-9", pid)
    until(lambda: not answers(site), "it is down", 20)


def test_the_api_server_is_killed_while_the_database_is_migrated(site: Site) -> None:
    before = site.serving()
    site.components["web"] |= {"env": {"VERSION": "two"}, "migrate": HELD}
    process = site.start("site.yml")
    process.reaches(site.migrating)
    pod = site.held()
    kill_the_api_server(site)
    until(lambda: answers(site), "it is up again")
    until(site.migrating, "it tells of pods again")
    site.let_go(pod)
    run = process.end()
    # Whether Helm outlives it or not: the run ends by itself, in a state that the next one goes on from.
    if run.code != 0:
        text = run.messages[-1].strip()
        assert len(text.splitlines()) <= 15
        assert "Now: revision 1 runs again" in text
        assert site.serving() == before
    del site.components["web"]["migrate"]
    site.run("site.yml", "--tags", "release").succeeded()
    assert site.history()[-1][1] == "deployed"
    assert len(site.serving()) == 2
    assert not set(site.serving()) & set(before)


def comes_up(site: Site, process: Process, before: Mapping[str, str]) -> None:
    """A rollout that is watched, with its first new pod there, and not ready yet."""
    process.reaches("Wait until it serves")
    process.reaches(lambda: len(site.get("pods", "proven.webapp/track=live")) > len(before))
    assert set(before) <= set(site.serving())


def went_on(site: Site, process: Process, before: Mapping[str, str]) -> None:
    """Told that nobody answered, the watch went on, and the release is proven."""
    run = process.end()
    assert run.code == 0, run.output[-6000:]
    watched = run.output.split("Wait until it serves")[1]
    assert "Trying again." in watched
    assert "The cluster answers again." in watched
    number, status = site.history()[-1]
    assert status == "deployed"
    assert site.verdicts()[number] == "proven"
    assert len(site.serving()) == 2
    assert not set(site.serving()) & set(before)


@pytest.mark.slow
def test_the_api_server_is_killed_twice_while_the_rollout_is_watched(site: Site) -> None:
    before = site.serving()
    site.components["web"]["env"] = {"VERSION": "watched", "SLOW": "20"}
    process = site.start()
    comes_up(site, process, before)
    for times in (1, 2):
        kill_the_api_server(site)
        until(lambda: answers(site), "it is up again")
        process.reaches(lambda: process.output.count("The cluster answers again.") >= times)  # noqa: B023
    went_on(site, process, before)


@pytest.mark.slow
def test_the_api_server_is_killed_while_it_is_verified(site: Site) -> None:
    """A version that serves isn't taken back for that."""
    before, (revision, _status) = site.serving(), site.history()[-1]
    site.components["web"]["env"] = {"VERSION": "verified"}
    process = site.start()
    process.reaches("Verify that the probes tell the truth")
    kill_the_api_server(site)
    run = process.end()
    assert run.code == 0, run.output[-6000:]
    assert site.history()[-1] == (revision + 1, "deployed")
    assert site.verdicts()[revision + 1] in ("proven", "not_shown")
    assert not set(site.serving()) & set(before)


@contextmanager
def without_its_manifest(site: Site) -> Iterator[None]:
    """The kubelet ends a static pod whose manifest is gone, and starts it again once it is back."""
    manifest, aside = "/etc/kubernetes/manifests/kube-apiserver.yaml", "/root/kube-apiserver.yaml"
    site.on_node("mv", manifest, aside)
    try:
        until(lambda: not answers(site), "it is down", 60)
        yield
    finally:
        site.on_node("mv", aside, manifest)
        until(lambda: answers(site), "it is up again", 120)


AWAY_SECONDS = 35
"""More than the holder of a Lease is taken for alive by others."""


@pytest.mark.slow
def test_the_api_server_is_away_while_the_rollout_is_watched(site: Site) -> None:
    before = site.serving()
    site.components["web"]["env"] = {"VERSION": "gone for a while", "SLOW": "15"}
    process = site.start()
    comes_up(site, process, before)
    with without_its_manifest(site):
        time.sleep(AWAY_SECONDS)
    went_on(site, process, before)


OUTAGE_SECONDS = 75
"""More than Helm outlives, and than a run waits for an API server (a minute)."""


@pytest.mark.slow
def test_the_api_server_stays_away_while_the_database_is_migrated(site: Site) -> None:
    before, (revision, _status) = site.serving(), site.history()[-1]
    site.components["web"] |= {"env": {"VERSION": "away"}, "migrate": HELD}
    process = site.start()
    process.reaches(site.migrating)
    pod = site.held()
    with without_its_manifest(site):
        time.sleep(OUTAGE_SECONDS)
    until(site.migrating, "it tells of pods again")
    # Nobody knew whether it was at work, so nobody cut it off
    site.let_go(pod)
    run = process.end()
    assert run.code != 0, "Helm outlived it"
    text = run.messages[-1].strip()
    assert len(text.splitlines()) <= 15, text
    assert "Nothing could be done about it:\nThe cluster doesn't answer" in text or f"Now: revision {revision} runs again" in text, text
    assert site.serving() == before

    del site.components["web"]["migrate"]
    site.run().succeeded()
    assert site.history()[-1][1] == "deployed"
    assert len(site.serving()) == 2
    assert not set(site.serving()) & set(before)


@pytest.mark.slow
def test_the_kubelet_is_away_during_a_rollout(site: Site) -> None:
    before = site.serving()
    site.components["web"]["env"] = {"VERSION": "three"}
    site.on_node("systemctl", "stop", "kubelet")
    try:
        process = site.start("site.yml", "--tags", "release")
        process.reaches("Wait until it serves")
        time.sleep(5)
        assert set(before) <= set(site.serving())
    finally:
        site.on_node("systemctl", "start", "kubelet")
    assert process.end().code == 0, process.output
    assert len(site.serving()) == 2
    assert not set(site.serving()) & set(before)


@pytest.mark.slow
def test_a_node_that_is_drained_during_a_release(site: Site) -> None:
    first, second = site.serving()
    site.components["web"]["env"] = {"VERSION": "four"}
    site.cluster.kubectl("cordon", site.node)
    try:
        assert site.evict(first) == 201
        assert site.evict(second) == 429, "the budget lets both go"
        process = site.start("site.yml", "--tags", "release")
        process.reaches("Wait until it serves")
        assert second in site.serving()
    finally:
        site.cluster.kubectl("uncordon", site.node)
    assert process.end().code == 0, process.output
    assert len(site.serving()) == 2
    assert not {first, second} & set(site.serving())
