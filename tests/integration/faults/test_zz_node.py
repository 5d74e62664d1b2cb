# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Faults of the node itself: whatever else runs there feels them too, so they come last and one by one, and are taken back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from ansible_collections.proven.webapp.molecule.support import Cluster

from .site import HELD, Site, until

SCRATCH = "faults.invalid:1/app:1"
"""A reference to the image that only these tests use, of a registry that there isn't."""


@pytest.fixture(scope="module")
def node(cluster: Cluster) -> str:
    """Name of the node and of its container."""
    return str(cluster.get("nodes")[0]["metadata"]["name"])


@pytest.fixture
def site(sites: Callable[[str], Site], request: pytest.FixtureRequest) -> Iterator[Site]:
    one = sites(request.node.name)
    yield one
    one.cluster.kubectl("delete", "namespace", one.namespace, "--ignore-not-found", "--wait=false")


def on(site: Site, node: str, *command: str, ok: bool = True) -> str:
    return site.cluster.docker("exec", node, *command, ok=ok)


def answers(site: Site) -> bool:
    return "ok" in site.cluster.kubectl("get", "--raw", "/readyz", ok=False)[-4:]


def test_the_api_server_is_killed_while_the_database_is_migrated(site: Site, node: str) -> None:
    site.run().succeeded()
    before = site.serving()
    site.components["web"] |= {"env": {"VERSION": "two"}, "migrate": HELD}
    process = site.start()
    process.reaches(site.migrating)
    pod = site.held()
    for pid in on(site, node, "pidof", "kube-apiserver").split():
        on(site, node, "kill", "-9", pid)
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
    site.components["web"].pop("migrate")
    site.run().succeeded()
    assert site.history()[-1][1] == "deployed"
    assert site.verdicts()[site.history()[-1][0]] == "proven"
    assert not set(site.serving()) & set(before)


def test_the_kubelet_is_away_during_a_rollout(site: Site, node: str) -> None:
    site.run("site.yml", "--tags", "release").succeeded()
    before = site.serving()
    site.components["web"]["env"] = {"VERSION": "two"}
    on(site, node, "systemctl", "stop", "kubelet")
    try:
        process = site.start("site.yml", "--tags", "release")
        process.reaches("Wait until it serves")
        time.sleep(5)
        assert set(before) <= set(site.serving())
    finally:
        on(site, node, "systemctl", "start", "kubelet")
    assert process.end().code == 0, process.output
    assert len(site.serving()) == 1
    assert not set(site.serving()) & set(before)


def test_an_image_that_is_gone_from_the_node_comes_from_the_registry_or_the_reason_is_named(site: Site, node: str) -> None:
    namespace = ("ctr", "--namespace=k8s.io", "images")
    on(site, node, *namespace, "tag", site.image, SCRATCH, ok=False)
    site.components["web"]["image"] = SCRATCH
    try:
        site.run("site.yml", "--tags", "release").succeeded()
        (pod,) = site.serving()
    finally:
        on(site, node, *namespace, "rm", SCRATCH, ok=False)
    # There is no such registry: the new version can't come, and that is said.
    site.components["web"]["env"] = {"VERSION": "two"}
    run = site.run("site.yml", "--tags", "release")
    text = run.messages[-1].strip()
    assert SCRATCH in text
    assert "ErrImagePull" in text or "ImagePullBackOff" in text
    assert list(site.serving()) == [pod], "what runs needs no image any more"
    # From a registry that there is, it is fetched again.
    on(site, node, *namespace, "rm", site.image)
    site.components["web"]["image"] = site.image
    site.run("site.yml", "--tags", "release").succeeded()
    assert len(site.serving()) == 1


def test_a_node_that_is_drained_during_a_release(site: Site, node: str) -> None:
    site.components["web"]["replicas"] = 2
    site.run("site.yml", "--tags", "release").succeeded()
    first, second = site.serving()
    site.components["web"]["env"] = {"VERSION": "two"}
    site.cluster.kubectl("cordon", node)
    try:
        assert site.evict(first) == 201
        assert site.evict(second) == 429, "the budget lets both go"
        process = site.start("site.yml", "--tags", "release")
        process.reaches("Wait until it serves")
        assert second in site.serving()
    finally:
        site.cluster.kubectl("uncordon", node)
    assert process.end().code == 0, process.output
    assert len(site.serving()) == 2
    assert not {first, second} & set(site.serving())
