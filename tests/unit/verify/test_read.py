# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kubernetes' objects and the kubelet's counters, as what is held of them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._verify.counters import counted, kubelet_since, merged
from ansible_collections.proven.webapp.plugins.module_utils._verify.read import (
    cron_seen,
    event_seen,
    matches,
    moment,
    pod_seen,
    revision_seen,
    service_seen,
    why_not_ready,
)
from ansible_collections.proven.webapp.plugins.module_utils._verify.replay import agent, restarts_of, speaks_tls
from ansible_collections.proven.webapp.plugins.module_utils._verify.window import Counted, CronSeen

METRICS = """\
# HELP prober_probe_total [BETA] Cumulative number
# TYPE prober_probe_total counter
prober_probe_total{container="app",namespace="n",pod="p",pod_uid="u1",probe_type="Liveness",result="successful"} 12
prober_probe_total{container="app",namespace="n",pod="p",pod_uid="u1",probe_type="Liveness",result="failed"} 3
prober_probe_total{container="app",namespace="n",pod="p",pod_uid="u1",probe_type="Readiness",result="successful"} 1.2e+06
prober_probe_total{container="app",namespace="n",pod="p",pod_uid="u1",probe_type="Startup",result="unknown"} 5
prober_probe_total{container="app",namespace="n",pod="q",pod_uid="u2",probe_type="Liveness",result="successful"} 7
prober_probe_duration_seconds_count{container="app",namespace="n",pod="p",probe_type="Liveness"} 12
"""


READY = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:01:00Z"}
RUNNING = {"running": {"startedAt": "2026-01-01T00:00:00Z"}}


def pod(**status: Any) -> dict[str, Any]:
    return {
        "metadata": {
            "uid": "u1",
            "name": "web-1",
            "namespace": "n",
            "labels": {"app": "web", "app.kubernetes.io/component": "web"},
            "ownerReferences": [{"kind": "Other", "uid": "o"}, {"kind": "ReplicaSet", "uid": "rs", "controller": True}],
        },
        "spec": {
            "nodeName": "n1",
            "containers": [{"name": "app", "env": [{"name": "TOKEN", "value": "sentinel"}]}],
            "initContainers": [{"name": "once"}, {"name": "side", "restartPolicy": "Always"}],
        },
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:01:00Z"}],
            **status,
        },
    }


def state(name: str = "app", **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "ready": True,
        "started": True,
        "restartCount": 2,
        "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}},
        **more,
    }


def test_counters() -> None:
    found = counted(METRICS, {"u1"})
    assert found == {
        ("u1", "app", "liveness"): Counted(12, 3),
        ("u1", "app", "readiness"): Counted(1_200_000, 0),
        ("u1", "app", "startup"): Counted(0, 0, 5),
    }
    assert counted(METRICS, set()) == {}
    assert len(merged([found, counted(METRICS, {"u2"})])) == 4


def test_when_a_kubelet_began() -> None:
    assert kubelet_since(f"{METRICS}process_start_time_seconds 1.76e+09\n") == 1_760_000_000
    assert kubelet_since(METRICS) is None


@pytest.mark.parametrize(("date", "expected"), [("Thu, 01 Jan 1970 00:01:00 GMT", 60.0), ("", None), ("soon", None)])
def test_an_answers_date(date: str, expected: float | None) -> None:
    assert moment(date) == expected


def test_a_pod() -> None:
    seen = pod_seen(pod(containerStatuses=[state()], initContainerStatuses=[state("side", ready=False)]))
    assert (seen.uid, seen.name, seen.component, seen.owner_kind, seen.owner, seen.node) == ("u1", "web-1", "web", "ReplicaSet", "rs", "n1")
    assert (seen.ready, seen.judged, seen.why) == (True, True, "")
    assert [(item.name, item.ready, item.restarts) for item in seen.containers] == [("side", False, 2), ("app", True, 2)]
    app = seen.container("app")
    assert app is not None
    assert app.running_since is not None
    assert seen.ready_since is not None
    assert seen.ready_since - app.running_since == 60
    assert "sentinel" not in repr(seen)


def test_what_is_told_of_a_pod_that_is_not_ready() -> None:
    unready = {**READY, "status": "False", "message": "containers with unready status: [app]"}
    seen = pod_seen(pod(containerStatuses=[state(ready=False)], conditions=[unready], phase="Pending"))
    assert (seen.phase, seen.ready, seen.ready_since) == ("Pending", False, None)
    assert seen.why == "container app does not pass its readiness probe"
    assert pod_seen(pod(containerStatuses=[state(ready=False)])).why == ""


def test_a_pods_grace() -> None:
    patient = pod()
    patient["spec"]["terminationGracePeriodSeconds"] = 45
    assert (pod_seen(patient).grace, pod_seen(pod()).grace) == (45, 0)


def test_a_container_that_does_not_run() -> None:
    ended = {"terminated": {"reason": "OOMKilled", "exitCode": 137}}
    waiting = {"waiting": {"reason": "CrashLoopBackOff"}}
    (_side, app) = pod_seen(pod(containerStatuses=[state(state=waiting, lastState=ended, started=None, ready=False)])).containers
    assert (app.running_since, app.started, app.last_exit) == (None, False, "OOMKilled, exit code 137")


def test_pods_that_do_not_serve() -> None:
    leaving = pod()
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    job = pod()
    job["metadata"]["ownerReferences"] = [{"kind": "Job", "uid": "j", "controller": True}]
    assert [pod_seen(item).judged for item in (pod(), leaving, job, pod(phase="Succeeded"), pod(phase="Failed"))] == [True] + [False] * 4


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ({"containerStatuses": [state(state={"waiting": {"reason": "ImagePullBackOff"}})]}, "app is waiting: ImagePullBackOff"),
        ({"containerStatuses": [state(ready=False)]}, "app does not pass its readiness probe"),
        ({"containerStatuses": [state(ready=False, started=False)]}, "app has not passed its startup probe"),
        ({"containerStatuses": [state(state={"terminated": {"reason": "Error"}})]}, "app has ended: Error"),
        # one that is well is not to blame
        (
            {
                "containerStatuses": [state(), state("late", ready=False, state={"waiting": {"reason": "ContainerCreating"}})],
                "conditions": [{**READY, "status": "False", "message": "containers with unready status: [late]"}],
            },
            "containers with unready status: [late]",
        ),
        ({"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/1 nodes are available"}]}, "0/1 nodes are available"),
        ({"conditions": [{"type": "Ready", "status": "True", "message": "fine"}]}, ""),
    ],
)
def test_why_a_pod_is_not_ready(status: dict[str, Any], words: str) -> None:
    assert why_not_ready(status).removeprefix("container ") == words


def test_a_service() -> None:
    service = {"metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}, "publishNotReadyAddresses": True}}
    ours = {"metadata": {"labels": {"kubernetes.io/service-name": "web"}}}
    endpoints = [
        {"targetRef": {"uid": "u1"}, "conditions": {"ready": False}},
        {"targetRef": {"uid": "u2"}, "conditions": {}},
        {"addresses": ["10.0.0.1"], "conditions": {"ready": True}},
    ]
    other = {"metadata": {"labels": {"kubernetes.io/service-name": "other"}}, "endpoints": [{"targetRef": {"uid": "u9"}}]}
    seen = service_seen(service, [pod()], [{**ours, "endpoints": endpoints}, {**ours, "endpoints": None}, other])
    assert (seen.name, seen.publish_not_ready, seen.selects) == ("web", True, frozenset({"u1"}))
    assert [(item.pod, item.ready) for item in seen.endpoints] == [("u1", False), ("u2", True), ("", True)]


def test_a_selector_needs_all_of_its_labels() -> None:
    assert matches({"a": "1"}, {"a": "1", "b": "2"})
    assert not matches({"a": "1", "b": "3"}, {"a": "1", "b": "2"})


@pytest.mark.parametrize(
    ("message", "kind", "form"),
    [
        ("Readiness probe failed: HTTP probe failed with statuscode: 503", "readiness", "failed"),
        ("Liveness probe errored and resulted in unknown state: x", "liveness", "errored"),
        ("Startup probe warning: Probe terminated redirects", "startup", "warning"),
        ("Back-off restarting failed container", "", ""),
    ],
)
def test_an_event_is_kept_without_its_words(message: str, kind: str, form: str) -> None:
    about = {"uid": "u1", "fieldPath": "spec.containers{app}"}
    seen = event_seen(
        {"metadata": {"uid": "e"}, "involvedObject": about, "reason": "Unhealthy", "message": f"{message} sentinel", "count": 4}
    )
    assert (seen.pod, seen.container, seen.kind, seen.form, seen.count, seen.reason) == ("u1", "app", kind, form, 4, "Unhealthy")
    assert "sentinel" not in repr(seen)


def test_counts_and_places_of_events() -> None:
    side = {"uid": "u1", "fieldPath": "spec.initContainers{side}"}
    assert event_seen({"metadata": {"uid": "e"}, "involvedObject": side, "series": {"count": 9}}).count == 9
    assert event_seen({"metadata": {"uid": "e"}, "involvedObject": side}).container == "side"
    assert event_seen({"metadata": {"uid": "e"}, "involvedObject": {"uid": "u1"}}).count == 1


def test_when_an_event_happened() -> None:
    meta = {"metadata": {"uid": "e"}}
    seen = event_seen({**meta, "firstTimestamp": "1970-01-01T00:01:00Z", "lastTimestamp": "1970-01-01T00:02:00Z"})
    assert (seen.first, seen.last) == (60, 120)
    unknown = event_seen({**meta, "firstTimestamp": None, "lastTimestamp": None})
    assert (unknown.first, unknown.last) == (0, 0)


def test_a_revision() -> None:
    owner = [{"kind": "Deployment", "uid": "d", "controller": True}]
    meta = {"uid": "rs", "name": "web-a", "annotations": {"deployment.kubernetes.io/revision": "7"}, "ownerReferences": owner}
    seen = revision_seen({"metadata": meta})
    assert (seen.uid, seen.owner, seen.revision) == ("rs", "d", 7)
    assert revision_seen({"metadata": {"uid": "rs", "name": "alone"}}).owner == ""


@pytest.mark.parametrize(
    ("minor", "kubelet", "expected"),
    [("34", "v1.34.4", "1.34"), ("34+", "v1.34.4-eks-1", "1.34+"), ("34+", "v1.33.1", "1.33"), ("34", "", "1.34"), ("34+", "", "1.34+")],
)
def test_the_kubelets_agent(minor: str, kubelet: str, expected: str) -> None:
    node = {"status": {"nodeInfo": {"kubeletVersion": kubelet}}} if kubelet else {}
    assert agent({"major": "1", "minor": minor}, node) == f"kube-probe/{expected}"


def test_restarts_of_a_container() -> None:
    assert restarts_of(pod(containerStatuses=[state()]), "app") == 2
    assert restarts_of(pod(), "app") == 0


def test_ports_that_speak_tls() -> None:
    named = pod()
    named["spec"]["containers"][0]["ports"] = [{"name": "https-web", "containerPort": 8443}]
    probed = pod()
    probed["spec"]["containers"][0]["livenessProbe"] = {"httpGet": {"port": 8443, "scheme": "HTTPS"}}
    broken = pod()
    broken["spec"]["containers"][0]["livenessProbe"] = {"httpGet": {"port": "nowhere", "scheme": "HTTPS"}}
    assert [speaks_tls(item, 8443) for item in (pod(), named, probed, broken)] == [False, True, True, False]
    assert not speaks_tls(probed, 8080)


def job(name: str, when: str, kind: str, owner: str = "c1") -> dict[str, Any]:
    conditions = [{"type": kind, "status": "True", "reason": "BackoffLimitExceeded", "message": "it has failed"}] if kind else []
    references = [{"kind": "CronJob", "uid": owner, "controller": True}]
    meta = {"name": name, "creationTimestamp": when, "ownerReferences": references}
    return {"metadata": meta, "status": {"conditions": conditions}}


def test_the_newest_run_of_a_cron_job_that_is_over_counts() -> None:
    cron = {"metadata": {"name": "digest", "uid": "c1"}, "spec": {"suspend": True}}
    failed, fine = job("digest-1", "2026-01-01T00:00:00Z", "Failed"), job("digest-2", "2026-01-02T00:00:00Z", "Complete")
    runs, others = job("digest-3", "2026-01-03T00:00:00Z", ""), job("else-1", "2026-01-04T00:00:00Z", "Failed", "c2")
    assert cron_seen(cron, [failed, runs, others]).failed == "digest-1: BackoffLimitExceeded: it has failed"
    assert cron_seen(cron, [fine, failed, runs, others]) == CronSeen("digest", suspended=True)
    assert cron_seen({**cron, "spec": {}}, []) == CronSeen("digest")
