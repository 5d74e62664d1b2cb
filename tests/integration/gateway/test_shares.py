# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Canaries behind a real gateway get their share of the requests by the weights of the HTTPRoute, once they are shown to hold."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from ansible_collections.proven.webapp.molecule.support import Cluster, Run
from ansible_collections.proven.webapp.tests.integration.strategies.conftest import Asked, Shop
from ansible_collections.proven.webapp.tests.integration.traefik import deliver

from .definitions import definitions
from .manifests import objects

pytestmark = pytest.mark.slow
LEAST = 2000
GATEWAY = "gateway:web"
ROUTED = {"route": {"parents": [{"name": "gateway"}]}, "replicas": 4}
CANARY: dict[str, Any] = {"strategy": "canary", "weight": 20}


@dataclass(frozen=True)
class Told:
    """:ivar by_gateway: what somebody was told who asked at the gateway; by_service: who asked the Service.
    :ivar traffic: (sent, lost, what became of these) at the gateway.
    """

    run: Run
    by_gateway: Asked
    by_service: Asked
    traffic: tuple[int, int, list[str]]
    left: dict[str, Any]


@pytest.fixture(scope="module")
def image(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    reference = f"{cluster.registry['push']}/proven-gateway/traefik:1"
    deliver(cluster.tools.get("docker", "docker"), reference, tmp_path_factory.mktemp("traefik"))
    return reference


@pytest.fixture(scope="module")
def shop(cluster: Cluster, toolbox: str, image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Version 1 behind a gateway."""
    name = f"gateway-{uuid.uuid4().hex[:6]}"
    shop = Shop(cluster, toolbox, name, tmp_path_factory.mktemp("shop"))
    crds = [word for file in definitions(tmp_path_factory.mktemp("api")) for word in ("-f", file)]
    made = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects(name, name, image)})
    try:
        # What is wanted of a cluster without these is tested elsewhere: they go again.
        cluster.kubectl("apply", "--server-side", *crds)
        cluster.kubectl("wait", "--for=condition=Established", "--timeout=60s", *crds)
        cluster.kubectl("create", "namespace", name)
        cluster.kubectl("apply", "-f", "-", stdin=made)
        cluster.kubectl("rollout", "status", "deployment/gateway", "-n", name, "--timeout=120s")
        shop.release("1", more=ROUTED, **CANARY).succeeded()
        yield shop
    finally:
        cluster.kubectl("delete", "-f", "-", "--ignore-not-found", "--wait=false", stdin=made, ok=False)
        cluster.kubectl("delete", "namespace", name, "--ignore-not-found", "--timeout=180s", ok=False)
        cluster.kubectl("delete", "--ignore-not-found", "--timeout=60s", *crds, ok=False)


def story(shop: Shop, version: str, env: dict[str, str] | None = None) -> Told:
    """A version is released while people ask at the gateway, and programs inside ask the Service."""
    assert shop.traffic("started", url="http://gateway", rate=60)["changed"]
    with shop.asking(GATEWAY) as by_gateway, shop.asking() as by_service:
        run = shop.release(version, env=env, more=ROUTED, **CANARY)
        traffic = shop.lost(LEAST)
    spec = shop.cluster.get("service", "shop-web-canary", "-n", shop.namespace)["spec"]
    return Told(run, by_gateway, by_service, traffic, {"images": shop.images(), "canary": spec["selector"]["proven.webapp/track"]})


def nothing_lost(told: Told) -> None:
    sent, lost, reasons = told.traffic
    print(f"{sent} sent, {lost} lost")
    assert sent >= LEAST
    assert lost == 0, reasons
    assert (told.by_gateway.lost, told.by_service.lost) == ([], [])


def test_a_good_version_gets_its_share_and_then_takes_over(shop: Shop) -> None:
    told = story(shop, "2")
    told.run.succeeded()
    nothing_lost(told)
    assert told.left == {"images": {"shop-web": "2"}, "canary": "live"}
    answers = told.by_gateway.answers
    first = answers.index("2")
    # Of two and more pods of four that are replaced one by one, none had come yet.
    shared = answers[first : first + 80]
    share = shared.count("2") / len(shared)
    print(f"{share:.0%} of {len(shared)} requests")
    assert 0.1 <= share <= 0.3
    # Who asks the Service is told by the new version only when it takes over.
    assert told.by_service.versions[0] == "1"
    assert len(told.by_service.answers[: told.by_service.answers.index("2")]) > first + 60


def test_one_that_is_not_shown_to_hold_gets_no_request(shop: Shop) -> None:
    told = story(shop, "lies", {"LIES": "1"})
    assert told.run.code != 0
    assert "web (canary): " in told.run.output
    nothing_lost(told)
    assert {*told.by_gateway.answers, *told.by_service.answers} == {"2"}
    assert told.left == {"images": {"shop-web": "2"}, "canary": "live"}


def test_one_that_does_not_stand_its_share_goes_no_further(shop: Shop) -> None:
    told = story(shop, "tires", {"TIRES": "60"})
    assert told.run.code != 0
    assert "web (canary): " in told.run.output
    nothing_lost(told)
    assert set(told.by_gateway.answers) == {"2", "tires"}
    assert set(told.by_service.answers) == {"2"}
    assert told.left == {"images": {"shop-web": "2"}, "canary": "live"}
