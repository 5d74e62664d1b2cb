# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Faults of the node itself: whatever else runs there feels them too, so they come last and one by one, and are taken back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from .site import HELD, Site, until


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


def test_the_api_server_is_killed_while_the_database_is_migrated(site: Site) -> None:
    before = site.serving()
    site.components["web"] |= {"env": {"VERSION": "two"}, "migrate": HELD}
    process = site.start("site.yml")
    process.reaches(site.migrating)
    pod = site.held()
    for pid in site.on_node("pidof", "kube-apiserver").split():
        site.on_node("kill", "-9", pid)
    until(lambda: not answers(site), "it is down", 20)
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
