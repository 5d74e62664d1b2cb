# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A node is drained in the middle of a release, as `kubectl drain` does it: the release comes to its end, and nobody loses a request."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from ansible_collections.proven.webapp.molecule import support
from ansible_collections.proven.webapp.tests.integration.faults.site import Process
from ansible_collections.proven.webapp.tests.integration.strategies.conftest import Shop
from ansible_collections.proven.webapp.tests.integration.toolbox import deliver_toolbox

from .conftest import Cluster

# A cluster of three nodes beside the suite's own.
pytestmark = pytest.mark.slow

NAME = "proven-it-drain"
WORKERS = (f"{NAME}-worker", f"{NAME}-worker2")
NODE_PORT, HOST_PORT, REGISTRY_PORT = 30085, 30185, 5055
LEAST = 1200
"""Requests, at 60 a second."""
SLOW = {"command": ["sh", "-c", "sleep 6; exec python3 -u /app/server.py"]}
"""So that there is time to drain a node while the rollout is under way."""
# Doesn't hear that it is to end, as many programs don't: the kubelet gives it its time, and ends it then.
HELD = {"command": ["sh", "-c", "echo migrating; until test -e /tmp/go; do sleep 0.1; done; echo migrated"]}
GRACE_SECONDS = 12


@pytest.fixture(scope="module")
def cluster_of_three(blank: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[support.Cluster]:
    arguments = {
        **blank.arguments,
        "name": NAME,
        "nodes": 3,
        "kubeconfig": str(tmp_path_factory.mktemp("drained") / NAME / "kubeconfig"),
        "port_mappings": [{"node_port": NODE_PORT, "host_port": HOST_PORT}],
        "registry": {**blank.arguments["registry"], "name": f"{NAME}-registry", "port": REGISTRY_PORT},
        "metrics_server": "",
    }
    made = Cluster(blank.toolchain, arguments)
    try:
        answer = made.module()
        assert not answer.failed, answer.data
        ports, registry = {str(NODE_PORT): HOST_PORT}, answer.data["registry"]
        yield support.Cluster(blank.toolchain.tools, arguments["kubeconfig"], f"kind-{NAME}", registry, "127.0.0.1", ports)
    finally:
        made.module(state="absent")


@pytest.fixture(scope="module")
def shop(cluster_of_three: support.Cluster, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Two pods that were proven."""
    folder = tmp_path_factory.mktemp("shop")
    one = Shop(cluster_of_three, deliver_toolbox(cluster_of_three, folder), "drained", folder)
    one.release("1").succeeded()
    return one


def places(shop: Shop, track: str = "live") -> dict[str, str]:
    """The nodes of the pods whose container runs, and that stay."""
    found = {}
    for pod in shop.cluster.get("pods", "-n", shop.namespace, "-l", f"proven.webapp/track={track}"):
        running = any(item["state"].get("running") for item in pod["status"].get("containerStatuses", ()))
        if running and "deletionTimestamp" not in pod["metadata"]:
            found[pod["metadata"]["name"]] = pod["spec"]["nodeName"]
    return found


def at_work(shop: Shop) -> list[str]:
    """Migrations whose container runs, on its way out or not."""
    found = shop.cluster.get("pods", "-n", shop.namespace, "-l", "proven.webapp/track=migrate")
    return [
        pod["metadata"]["name"] for pod in found if any(one["state"].get("running") for one in pod["status"].get("containerStatuses", ()))
    ]


@contextmanager
def cordoned(shop: Shop, node: str) -> Iterator[None]:
    shop.cluster.kubectl("cordon", node)
    try:
        yield
    finally:
        shop.cluster.kubectl("uncordon", node)


class Drain:
    """A node on its way to be empty; pods that the budget keeps there are asked for again and again."""

    def __init__(self, shop: Shop, node: str, *how: str) -> None:
        access = ("--kubeconfig", shop.cluster.kubeconfig, "--context", shop.cluster.context)
        options = ("--ignore-daemonsets", "--delete-emptydir-data", "--timeout=170s", *how)
        words = (shop.cluster.tools["kubectl"], *access, "drain", node, *options)
        self._process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def succeeded(self) -> str:
        output, _none = self._process.communicate(timeout=180)
        assert self._process.returncode == 0, output
        return output


def spread(shop: Shop) -> None:
    """One pod on each worker: whoever comes anew goes where there are fewer."""
    if set(places(shop).values()) != set(WORKERS):
        shop.cluster.kubectl("delete", "pod", next(iter(places(shop))), "-n", shop.namespace)
        support.until(lambda: set(places(shop).values()) == set(WORKERS), 60)
    shop.cluster.kubectl("rollout", "status", "deployment/shop-web", "-n", shop.namespace, "--timeout=60s")


@pytest.fixture
def drain(shop: Shop) -> Iterator[Callable[[], Drain]]:
    """Begins to drain the worker that goes. Requests are sent meanwhile, from the other one: nobody would make their sender again."""
    stays, goes = WORKERS
    spread(shop)
    with cordoned(shop, goes):
        shop.begin()
    try:
        yield lambda: Drain(shop, goes)
    finally:
        shop.traffic("absent")
        shop.cluster.kubectl("uncordon", stays, goes)


def verdict(shop: Shop) -> str:
    recorded = shop.cluster.get("configmap", "proven-shop", "-n", shop.namespace)["data"]
    return str(json.loads(recorded[str(shop.revision())])["verdict"])


def ends_well(shop: Shop, process: Process, version: str) -> None:
    """The release succeeds, all of it is on the node that stays, and nobody noticed."""
    assert process.end().code == 0, process.output
    assert shop.images() == {"shop-web": version}
    assert list(places(shop).values()) == [WORKERS[0]] * 2
    sent, lost, reasons = shop.lost(LEAST)
    print(f"{sent} sent, {lost} lost")
    assert lost == 0, reasons


def test_while_the_rollout_is_watched(shop: Shop, drain: Callable[[], Drain]) -> None:
    before = shop.pods()
    process = shop.start("2", more=SLOW)
    process.reaches(lambda: set(shop.pods()) - set(before))
    assert "evicting pod drained/shop-web-" in drain().succeeded()
    ends_well(shop, process, "2")
    assert verdict(shop) == "proven", process.output


def test_while_it_is_verified(shop: Shop, drain: Callable[[], Drain]) -> None:
    process = shop.start("3")
    process.reaches("VERIFY")
    assert "evicting pod drained/shop-web-" in drain().succeeded()
    ends_well(shop, process, "3")
    # Pods that came while it was looked at may not have been looked at for long enough.
    assert verdict(shop) in ("proven", "not_shown")
    shop.release("3").succeeded()
    assert verdict(shop) == "proven"


def test_while_the_database_is_migrated(shop: Shop, drain: Callable[[], Drain]) -> None:
    before = shop.pods()
    with cordoned(shop, WORKERS[0]):
        process = shop.start("4", more={"migrate": HELD, "termination_grace_seconds": GRACE_SECONDS})
        process.reaches(lambda: places(shop, "migrate"))
    ((first, node),) = places(shop, "migrate").items()
    assert node == WORKERS[1]
    draining = drain()
    # The one whose node goes may take its time, and no other one begins before its end.
    support.until(lambda: first not in places(shop, "migrate"), 30)
    began = time.monotonic()
    while first in (found := at_work(shop)):
        assert found == [first]
        time.sleep(0.2)
    assert time.monotonic() - began > GRACE_SECONDS / 2, "it ended by itself: nothing was shown"
    (second,) = support.until(lambda: places(shop, "migrate"), 60)
    assert draining.succeeded()
    # What served goes on, in one pod at least that nobody touched.
    assert set(before) & set(shop.pods())
    shop.cluster.kubectl("exec", second, "-n", shop.namespace, "--", "touch", "/tmp/go")
    ends_well(shop, process, "4")
    assert verdict(shop) == "proven", process.output
    job = shop.cluster.get("job", "shop-web-migrate", "-n", shop.namespace)
    assert not job["status"].get("failed"), "that its node was drained counts as a failure of the migration"


def test_by_force_with_the_sender_of_requests(shop: Shop) -> None:
    """What was to be counted is lost with it: nothing is shown, and nothing is taken back for that."""
    settings = shop.folder / "inventory/group_vars/all/traffic.yml"
    settings.write_text(json.dumps({"verify_traffic": {"url": "http://shop-web:8080"}, "verify_toolbox_image": shop.toolbox}))
    before = shop.pods()
    process = shop.start("5", more=SLOW)
    try:
        process.reaches(lambda: set(shop.pods()) - set(before))
        sender = shop.cluster.get("pod", "proven-traffic-shop", "-n", shop.namespace)
        assert "proven-traffic-shop" in Drain(shop, sender["spec"]["nodeName"], "--force").succeeded()
    finally:
        shop.cluster.kubectl("uncordon", *WORKERS)
        settings.unlink()
    run = process.end()
    assert run.code == 0, run.output[-6000:]
    assert "up, but not shown to hold" in run.output
    assert "There is no such stream" in run.output
    assert shop.images() == {"shop-web": "5"}
