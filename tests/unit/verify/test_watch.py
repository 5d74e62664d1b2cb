# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A whole observation, of a cluster that is made up."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._api import Api, Unreachable
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._verify import streams
from ansible_collections.proven.webapp.plugins.module_utils._verify import watch as watching
from ansible_collections.proven.webapp.plugins.module_utils._verify.result import summary
from ansible_collections.proven.webapp.plugins.module_utils._verify.settings import Settings
from ansible_collections.proven.webapp.plugins.module_utils._verify.watch import Watch, length, probes_to_ask, unsettled
from urllib3 import HTTPResponse

from .windows import POD

SINCE = "2026-01-01T00:00:00Z"
PODS, SERVICES, EVENTS = "/api/v1/namespaces/n/pods", "/api/v1/namespaces/n/services", "/api/v1/namespaces/n/events"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/n/endpointslices"
SETS = "/apis/apps/v1/namespaces/n/replicasets"
METRICS = "/api/v1/nodes/n1/proxy/metrics/probes"


def pod(name: str = "web-1", *, ready: bool = True, path: str = "/ok", **meta: Any) -> dict[str, Any]:
    probe = {"httpGet": {"path": path, "port": 8080}, "periodSeconds": 1, "failureThreshold": 1}
    state = {"name": "app", "ready": ready, "started": True, "restartCount": 0, "state": {"running": {"startedAt": SINCE}}}
    return {
        "metadata": {"uid": f"uid-{name}", "name": name, "namespace": "n", "labels": {"app": "web"}, **meta},
        "spec": {"nodeName": "n1", "containers": [{"name": "app", "readinessProbe": probe, "livenessProbe": probe, "startupProbe": probe}]},
        "status": {
            "phase": "Running",
            "podIP": "10.0.0.7",
            "conditions": [{"type": "Ready", "status": str(ready), "lastTransitionTime": SINCE}],
            "containerStatuses": [state],
        },
    }


def service(name: str = "web", **selector: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"selector": selector or None}}


class Cluster:
    """Answers as an Api does. What is listed may be a function, called each time; a number is a status."""

    host = "https://cluster"

    def __init__(self, **listed: Any) -> None:
        endpoints = [{"targetRef": {"uid": "uid-web-1"}, "conditions": {"ready": True}}]
        slices = [{"metadata": {"labels": {"kubernetes.io/service-name": "web"}}, "endpoints": endpoints}]
        known = {PODS: [pod()], SERVICES: [service(app="web")], SLICES: slices, SETS: [], EVENTS: []}
        self.known: dict[str, Any] = {**known, **listed}
        self.status = 200
        self.asked = 0

    def get(self, path: str, query: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        found = self.known.get(path, 404)
        found = found() if callable(found) else found
        if isinstance(found, int):
            return found, b"{}"
        return 200, found if isinstance(found, bytes) else json.dumps({"items": found}).encode()

    def open(self, path: str, headers: Sequence[tuple[str, str]], timeout: float) -> HTTPResponse:
        self.asked += 1
        return HTTPResponse(io.BytesIO(b"ok"), {"Content-Length": "2"}, self.status, preload_content=False, request_method="GET")


def look(cluster: Cluster, window: float = 0, **more: Any) -> tuple[dict[str, Any], list[str]]:
    said: list[str] = []
    settings = Settings("n", "app=web", window=window, interval=0.3, timeout=more.pop("timeout", 0), **more)
    watch = Watch(cast(Api, cluster), settings, said.append)
    return summary(watch.run(), watch.notes), said


def in_turn(*values: Any) -> Callable[[], Any]:
    """The values one after the other, the last one again and again."""
    left = list(values)

    def next_value() -> Any:
        value = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(value, Exception):
            raise value
        return value

    return next_value


def test_an_application_that_is_well() -> None:
    cluster = Cluster()
    found, said = look(cluster, window=1.2)
    assert (found["verdict"], found["reasons"]) == ("proven", [])
    (seen,) = found["pods"]
    samples = {probe["probe"]: len(probe["samples"]) for probe in seen["probes"]}
    assert samples["startup"] == 1  # it has started: the kubelet asks it no more
    assert samples["readiness"] >= 4
    assert cluster.asked == sum(samples.values())
    assert said[0] == "1 pods with 3 probes, replayed every 0.3 s for 1.2 s"


def test_looking_once_proves_nothing() -> None:
    found, _said = look(Cluster())
    assert found["verdict"] == "not_shown"
    assert all(len(probe["samples"]) == 1 for probe in found["pods"][0]["probes"])


def test_no_pod_is_an_error() -> None:
    with pytest.raises(ProvenError, match="No pod matches"):
        look(Cluster(**{PODS: []}))


def test_only_pods_that_go_are_an_error() -> None:
    with pytest.raises(ProvenError, match="None of the 1 pods"):
        look(Cluster(**{PODS: [pod(deletionTimestamp=SINCE)]}))


def test_it_waits_until_the_pods_are_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "PAUSE", 0.01)
    found, said = look(Cluster(**{PODS: in_turn([pod(ready=False)], [pod(ready=False)], [pod()])}), timeout=5)
    assert said[0] == "waiting for web-1"
    assert found["findings"] == []


def test_it_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "CONTROLLERS", 0.1)
    found, _said = look(Cluster(**{PODS: [pod(ready=False)]}))
    assert "PV211" in {finding["rule"] for finding in found["findings"]}


def test_a_pod_that_vanishes_is_told() -> None:
    both = [pod(), pod("web-2")]
    found, _said = look(Cluster(**{PODS: in_turn(both, [pod()])}))
    assert found["vanished"] == ["web-2"]
    assert [seen["name"] for seen in found["pods"]] == ["web-1"]


@pytest.mark.parametrize(
    ("path", "right"),
    [
        (SERVICES, "list services"),
        (SLICES, "list endpointslices"),
        (EVENTS, "list events"),
        (SETS, "list replicasets"),
    ],
)
def test_a_right_that_is_missing_is_named(path: str, right: str) -> None:
    found, _said = look(Cluster(**{path: 403}))
    assert [item["right"] for item in found["lost"]] == [right]
    assert found["verdict"] == "not_shown"
    assert f"(the user may not {right})" in found["reasons"][-1]


def test_pods_that_may_not_be_listed_are_an_error() -> None:
    with pytest.raises(ProvenError, match="may not list pods"):
        look(Cluster(**{PODS: 403}))


def test_a_credential_that_expires() -> None:
    with pytest.raises(ProvenError, match="credential"):
        look(Cluster(**{PODS: in_turn([pod()], 401)}))


def test_a_cluster_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "PAUSE", 0.01)
    monkeypatch.setattr(watching, "OUTAGE", 0.1)
    with pytest.raises(Unreachable):
        look(Cluster(**{PODS: in_turn([pod()], Unreachable("gone"))}))


def test_a_cluster_that_is_away_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "PAUSE", 0.01)
    found, _said = look(Cluster(**{PODS: in_turn([pod()], Unreachable("busy"), [pod()])}))
    assert len(found["pods"]) == 1


def test_endpoints_get_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "PAUSE", 0.01)
    late = Cluster()
    late.known[SLICES] = in_turn([], [], late.known[SLICES])
    assert look(late)[0]["findings"] == []
    monkeypatch.setattr(watching, "CONTROLLERS", 0.1)
    never, _said = look(Cluster(**{SLICES: []}))
    assert {finding["rule"] for finding in never["findings"]} == {"PV209", "PV210"}


def test_services_without_a_selector_and_of_others() -> None:
    cluster = Cluster()
    cluster.known[SERVICES] = [service(app="web"), service("outside"), service("typo", app="wbe")]
    found, _said = look(cluster)
    assert found["notes"] == ["Service outside has no selector: whose endpoints it has is not known here"]
    assert [item["name"] for item in found["services"]] == ["web", "typo"]
    assert [finding["rule"] for finding in found["findings"]] == ["PV210"]


def test_the_kubelets_counters() -> None:
    line = 'prober_probe_total{container="app",pod_uid="uid-web-1",probe_type="%s",result="successful"} %d\n'
    texts = ["".join(line % (kind, number) for kind in ("Liveness", "Readiness")).encode() for number in (3, 5)]
    found, _said = look(Cluster(**{METRICS: in_turn(*texts)}), kubelet_metrics=True)
    assert found["tiers"] == [1, 2, 3]
    assert {probe["kubelet"]["successful"] for probe in found["pods"][0]["probes"] if probe["probe"] != "startup"} == {2}


def test_counters_that_may_not_be_read_are_told() -> None:
    found, _said = look(Cluster(**{METRICS: 403}), kubelet_metrics=True)
    assert found["notes"] == ["the kubelet's counters of node n1 are not read (the user may not get nodes/proxy): tier 1 is lost"]
    assert (found["lost"], found["tiers"]) == ([], [2, 3])


def test_a_probe_that_fails_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_about: Any) -> None:
        raise streams.StreamRefused("create pods/portforward")

    monkeypatch.setattr(streams, "connect", refuse)
    cluster = Cluster()
    cluster.status = 503
    found, _said = look(cluster, window=1.2)
    assert found["verdict"] == "not_proven"
    assert {finding["rule"] for finding in found["findings"]} == {"PV201"}


def test_what_is_asked() -> None:
    idle = pod()
    idle["status"]["containerStatuses"][0]["state"] = {"waiting": {"reason": "CrashLoopBackOff"}}
    assert len(probes_to_ask([pod()])) == 3
    assert probes_to_ask([idle, pod(deletionTimestamp=SINCE)]) == []


def test_the_windows_length() -> None:
    asked = probes_to_ask([pod()])
    assert length(asked, Settings("n", window=7.5)) == 7.5
    assert length(asked, Settings("n", interval=0.5)) == 2
    assert length([], Settings("n")) == 0


def test_what_is_waited_for() -> None:
    assert unsettled([POD], {"web": 1}) == ""
    assert unsettled([POD], {"web": 2}) == "web (1 of 2 ready)"
    assert unsettled([], {}) == "a pod"
