# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Requests through a Service while its pods are replaced: a good application loses none, and losses of another are seen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.proven.webapp.molecule.support import Cluster, Visitor, until

from .cases import NAMESPACE
from .conftest import Modules, Outcomes

DROPPING = "dies-at-once"


@pytest.fixture
def dropping(outcomes: Outcomes, lab: Cluster) -> Iterator[Cluster]:
    """An application that ends at once when it is told to, with two pods."""
    outcomes.wait()
    lab.kubectl("scale", f"deployment/{DROPPING}", "--replicas=2", "-n", NAMESPACE)
    lab.kubectl("rollout", "status", f"deployment/{DROPPING}", "-n", NAMESPACE, "--timeout=120s")
    yield lab
    lab.kubectl("scale", f"deployment/{DROPPING}", "--replicas=0", "-n", NAMESPACE)


def replace_pods(cluster: Cluster, name: str, namespace: str) -> None:
    cluster.kubectl("rollout", "restart", f"deployment/{name}", "-n", namespace)
    cluster.kubectl("rollout", "status", f"deployment/{name}", "-n", namespace, "--timeout=150s")


def sent(cluster: Cluster, namespace: str) -> int:
    """Requests so far."""
    told = cluster.kubectl("get", "--raw", f"/api/v1/namespaces/{namespace}/pods/proven-traffic-rollout:15790/proxy/traffic")
    return int(json.loads(told)["sent"])


def stream(url: str, namespace: str, **more: Any) -> dict[str, Any]:
    return {"name": "rollout", "namespace": namespace, "url": url, "fresh": 6, "kept": 6, **more}


def test_a_rolling_update_of_the_shipped_application_loses_nothing(outcomes: Outcomes, modules: Modules, cluster: Cluster) -> None:
    """Neither of those who ask the backend itself, nor of somebody with a list. At /readyz a pod that drains says no, and rightly."""
    outcomes.wait()
    wanted = stream("http://todo-backend:8000", "todo", paths=["/health", "/api/openapi.json"], rate=100)
    visitor = {"Cookie": Visitor(cluster.url(30080)).sign_up().cookie}
    page = {**stream("http://todo-frontend:3000", "todo", paths=["/api/todos"], rate=20), "name": "page", "headers": visitor}
    assert modules.call("traffic", state="started", **wanted)["changed"]
    assert modules.call("traffic", state="started", **page)["changed"]
    again = modules.call("traffic", state="started", **wanted)
    assert not again["changed"]
    replace_pods(cluster, "todo-backend", "todo")
    until(lambda: sent(cluster, "todo") >= 2000, 60)
    lists = modules.call("traffic", state="stopped", min_requests=100, **page)
    assert not lists.get("failed"), lists["msg"]
    assert lists["traffic"]["failed"] == 0
    answer = modules.call("traffic", state="stopped", min_requests=2000, **wanted)
    assert not answer.get("failed"), answer["msg"]
    traffic = answer["traffic"]
    assert (answer["verdict"], traffic["failed"]) == ("proven", 0)
    assert traffic["sent"] >= 2000
    assert {kind: count["sent"] > 500 for kind, count in traffic["connections"].items()} == {"fresh": True, "kept": True}
    assert set(traffic["paths"]) == {"/health", "/api/openapi.json"}
    assert cluster.get("pods", "-n", "todo", "-l", "proven.webapp/traffic") == []


def test_an_application_that_drops_requests_is_caught(modules: Modules, dropping: Cluster) -> None:
    wanted = stream(f"http://{DROPPING}:8080", NAMESPACE, paths=["/work"], rate=60)
    modules.call("traffic", state="started", **wanted)
    replace_pods(dropping, DROPPING, NAMESPACE)
    answer = modules.call("traffic", state="stopped", **wanted)
    assert answer["failed"]
    assert answer["verdict"] == "not_proven"
    assert answer["findings"][0]["rule"] == "PV330"
    traffic = answer["traffic"]
    assert traffic["failed"] == sum(number for kind, number in traffic["kinds"].items() if kind != "ok") > 0
    assert set(traffic["kinds"]) & {"refused", "reset", "truncated"}
    moments = [item["at"] for item in traffic["failures"]]
    assert all(0 <= moment <= traffic["seconds"] for moment in moments), (moments, traffic["seconds"])


def test_what_does_not_run_can_not_be_stopped(modules: Modules, lab: Cluster) -> None:
    assert "There is no such stream" in modules.call("traffic", state="stopped", namespace=NAMESPACE, name="other")["msg"]
    assert not modules.call("traffic", state="absent", namespace=NAMESPACE, name="other")["changed"]
    assert lab
