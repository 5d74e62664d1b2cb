# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A whole observation, of a cluster that is made up."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, cast

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._api import Api, Unreachable
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._verify import streams
from ansible_collections.proven.webapp.plugins.module_utils._verify import watch as watching
from ansible_collections.proven.webapp.plugins.module_utils._verify.plan import length, probes_to_ask, unsettled
from ansible_collections.proven.webapp.plugins.module_utils._verify.result import summary
from ansible_collections.proven.webapp.plugins.module_utils._verify.settings import Settings
from ansible_collections.proven.webapp.plugins.module_utils._verify.watch import Watch
from ansible_collections.proven.webapp.plugins.module_utils._verify.window import Snapshot
from urllib3 import HTTPResponse
from urllib3.exceptions import HTTPError

from .windows import POD

SINCE = "2026-01-01T00:00:00Z"
NOW = datetime(2026, 1, 1, 1, tzinfo=UTC)
PODS, SERVICES, EVENTS = "/api/v1/namespaces/n/pods", "/api/v1/namespaces/n/services", "/api/v1/namespaces/n/events"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/n/endpointslices"
SETS = "/apis/apps/v1/namespaces/n/replicasets"
CRONS, JOBS = "/apis/batch/v1/namespaces/n/cronjobs", "/apis/batch/v1/namespaces/n/jobs"
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
    headers: Mapping[str, str] = {}
    TIMEOUT = (1, 1)

    def __init__(self, **listed: Any) -> None:
        endpoints = [{"targetRef": {"uid": "uid-web-1"}, "conditions": {"ready": True}}]
        slices = [{"metadata": {"labels": {"kubernetes.io/service-name": "web"}}, "endpoints": endpoints}]
        known = {PODS: [pod()], SERVICES: [service(app="web")], SLICES: slices, SETS: [], EVENTS: [], CRONS: [], JOBS: []}
        self.known: dict[str, Any] = {**known, **listed}
        self.status = 200
        self.asked = 0

    def get(self, path: str, query: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        found = self.known.get(path, 404)
        found = found() if callable(found) else found
        if isinstance(found, Exception):
            raise found
        if isinstance(found, int):
            return found, b"{}"
        return 200, found if isinstance(found, bytes) else json.dumps({"items": found}).encode()

    def open(self, path: str, headers: Sequence[tuple[str, str]], timeout: float) -> HTTPResponse:
        if path == METRICS:
            status, text = self.get(path)
            return HTTPResponse(io.BytesIO(text), {"Date": format_datetime(NOW, usegmt=True)}, status, preload_content=False)
        self.asked += 1
        return HTTPResponse(io.BytesIO(b"ok"), {"Content-Length": "2"}, self.status, preload_content=False, request_method="GET")


def look(cluster: Cluster, window: float | None = 0, **more: Any) -> tuple[dict[str, Any], list[str]]:
    said: list[str] = []
    settings = Settings("n", "app=web", window=window, interval=0.3, timeout=more.pop("timeout", 0), **more)
    watch = Watch(cast(Api, cluster), settings, said.append)
    return summary(watch.run(), watch.notes), said


def in_turn(*values: Any) -> Callable[[], Any]:
    """The values one after the other, the last one again and again."""
    left = list(values)

    def next_value() -> Any:
        return left.pop(0) if len(left) > 1 else left[0]

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
    assert said[0] == "3 probes of 1 pods, replayed every 0.3 s for 1.2 s"


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


def test_a_credential_that_is_not_accepted_at_all() -> None:
    with pytest.raises(ProvenError, match="credential"):
        look(Cluster(**{PODS: 401}))


def test_a_credential_that_expires() -> None:
    found, said = look(Cluster(**{PODS: in_turn([pod()], [pod()], 401)}), window=60)
    assert found["verdict"] == "not_shown"
    assert found["reasons"][0] == "the observation ended after 0 s: The cluster doesn't accept the credential (any more)."
    assert found["reasons"][1].startswith("a window of 0.3")
    assert said[-1] == "The cluster doesn't accept the credential (any more)."
    # What was seen until then isn't lost, and what may be old by now isn't held against it.
    assert [probe["passed"] for probe in found["pods"][0]["probes"]] == [1, 2, 2]
    assert (found["findings"], found["services"]) == ([], [])


def test_what_was_seen_to_be_wrong_before_the_end_stays_so() -> None:
    restarted = pod()
    restarted["status"]["containerStatuses"][0]["restartCount"] = 1
    found, _said = look(Cluster(**{PODS: in_turn([pod()], [restarted], 401)}), window=60)
    assert found["verdict"] == "not_proven"
    assert [finding["rule"] for finding in found["findings"]] == ["PV204"]


def test_a_right_that_is_taken_away_meanwhile() -> None:
    found, _said = look(Cluster(**{PODS: in_turn([pod()], 403)}), window=60)
    assert found["verdict"] == "not_shown"
    assert "may not list pods" in found["reasons"][0]


@pytest.mark.parametrize("trouble", [Unreachable("gone"), 503, 429])
def test_a_cluster_that_goes_away(monkeypatch: pytest.MonkeyPatch, trouble: Any) -> None:
    monkeypatch.setattr(watching, "PAUSE", 0.01)
    monkeypatch.setattr(watching, "OUTAGE", 0.1)
    found, _said = look(Cluster(**{PODS: in_turn([pod()], trouble)}), window=60)
    assert found["verdict"] == "not_shown"
    assert found["reasons"][0].startswith("the observation ended after 0 s: ")


def test_a_cluster_that_is_away_from_the_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "PAUSE", 0.01)
    monkeypatch.setattr(watching, "OUTAGE", 0.1)
    with pytest.raises(Unreachable):
        look(Cluster(**{PODS: Unreachable("gone")}))
    with pytest.raises(Unreachable):
        look(Cluster(**{SERVICES: 503}))


def test_replays_without_any_answer_show_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_about: Any) -> Any:
        raise HTTPError("gone")

    cluster = Cluster()
    monkeypatch.setattr(cluster, "open", gone)
    found, _said = look(cluster, window=1.2)
    assert found["verdict"] == "not_shown"
    assert found["reasons"] == ["the API server answered none of the replays at web-1: look again"]


def test_a_cluster_that_is_away_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "PAUSE", 0.01)
    found, _said = look(Cluster(**{PODS: in_turn([pod()], Unreachable("busy"), 503, [pod()])}))
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


def metrics(successes: int, failures: int = 0, since: float = 0) -> bytes:
    """What a kubelet tells of the pod."""
    line = 'prober_probe_total{container="app",pod_uid="uid-web-1",probe_type="%s",result="%s"} %d\n'
    lines = [line % ("Startup", "successful", 1)]
    lines += [line % (kind, "successful", successes) for kind in ("Liveness", "Readiness")]
    lines += [line % ("Liveness", "failed", failures)] * bool(failures)
    return "".join([*lines, f"process_start_time_seconds {since}\n"]).encode()


def test_the_kubelets_counters() -> None:
    found, _said = look(Cluster(**{METRICS: in_turn(metrics(3), metrics(5))}), kubelet_metrics=True)
    assert found["tiers"] == [1, 2, 3]
    assert {probe["kubelet"]["successful"] for probe in found["pods"][0]["probes"] if probe["probe"] != "startup"} == {2}


def patient(failure_threshold: int, period: int = 1) -> dict[str, Any]:
    """A pod whose liveness takes a while to fail for good; it is Ready since an hour."""
    found = pod()
    container = found["spec"]["containers"][0]
    container["livenessProbe"] = {**container["livenessProbe"], "periodSeconds": period, "failureThreshold": failure_threshold}
    return found


def test_what_the_kubelet_has_watched_already_is_not_watched_again() -> None:
    found, said = look(Cluster(**{PODS: [patient(60)], METRICS: metrics(3600)}), window=None, kubelet_metrics=True)
    assert found["verdict"] == "proven"
    assert said == ["3 probes of 1 pods, replayed every 0.3 s for 2 s"]
    assert (found["window"]["needed"], found["window"]["looked_back"]) == (0, 60)
    assert 2 <= found["window"]["seconds"] < 4
    assert {probe["probe"]: probe["looked_back"] for probe in found["pods"][0]["probes"]} == {"startup": 0, "liveness": 60, "readiness": 1}


def test_without_counters_the_whole_window_is_watched() -> None:

    def seen(answer: int | bytes) -> tuple[dict[str, Any], list[str]]:
        return look(Cluster(**{PODS: [patient(3)], METRICS: answer}), window=None, kubelet_metrics=True)

    with ThreadPoolExecutor(3) as pool:
        for found, said in pool.map(seen, (403, metrics(3600, failures=1), metrics(36))):
            assert "for 4 s" in said[0]
            assert (found["verdict"], found["window"]["needed"]) == ("proven", 3)


def test_a_window_goes_on_where_what_was_counted_before_no_longer_stands() -> None:
    """One failure among many is a warning, as in a window that was as long from the beginning."""
    counted = in_turn(metrics(3600), metrics(3601, failures=1), metrics(3604, failures=1))
    found, said = look(Cluster(**{PODS: [patient(3)], METRICS: counted}), window=None, kubelet_metrics=True)
    assert "for 2 s" in said[0]
    assert said[-1] == "not all was well: it goes on until 4 s"
    assert found["window"]["seconds"] >= 4
    assert (found["verdict"], [finding["rule"] for finding in found["findings"]]) == ("proven", ["PV217"])


def test_a_window_of_ones_own_does_not_go_on() -> None:
    counted = in_turn(metrics(3600), metrics(3601, failures=1))
    found, _said = look(Cluster(**{PODS: [patient(3)], METRICS: counted}), window=1.2, kubelet_metrics=True)
    assert found["window"]["seconds"] < 3
    assert found["verdict"] == "not_proven"


def test_a_look_without_a_window_proves_nothing_even_so() -> None:
    found, _said = look(Cluster(**{PODS: [patient(3)], METRICS: metrics(3600)}), window=0, kubelet_metrics=True)
    assert (found["verdict"], found["window"]["needed"]) == ("not_shown", 3)


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
    assert length(asked, Settings("n", window=7.5), Snapshot()) == 7.5
    assert length(asked, Settings("n", interval=0.5), Snapshot()) == 2
    assert length([], Settings("n"), Snapshot()) == 0


def test_what_is_waited_for() -> None:
    assert unsettled([POD], {"web": 1}) == ""
    assert unsettled([POD], {"web": 2}) == "web (1 of 2 ready)"
    assert unsettled([], {}) == "a pod"


def test_a_cron_job_whose_last_run_failed_is_told_and_refuses_nothing() -> None:
    cron = {"metadata": {"name": "digest", "uid": "c1"}, "spec": {}}
    ended = {"conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}]}
    owner = [{"kind": "CronJob", "uid": "c1", "controller": True}]
    run = {"metadata": {"name": "digest-1", "creationTimestamp": SINCE, "ownerReferences": owner}, "status": ended}
    found, _said = look(Cluster(**{CRONS: [cron], JOBS: [run]}), window=1.2)
    assert [(item["rule"], item["severity"]) for item in found["findings"]] == [("PV219", "warning")]
    assert found["verdict"] == "proven"


@pytest.mark.parametrize("path", [CRONS, JOBS])
def test_who_may_not_read_cron_jobs_is_told_and_loses_no_verdict(path: str) -> None:
    cron = {"metadata": {"name": "digest", "uid": "c1"}, "spec": {}}
    found, _said = look(Cluster(**{CRONS: [cron], path: 403}), window=1.2)
    assert found["verdict"] == "proven"
    assert any("how the last runs of CronJobs ended isn't known" in note for note in found["notes"])
