"""Workloads, and what is around them: done, on their way, or doomed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._rollout.grace import grace_of, tolerance_of
from ansible_collections.proven.webapp.plugins.module_utils._rollout.judge import judge
from ansible_collections.proven.webapp.plugins.module_utils._rollout.model import Snapshot, Tolerance

from .made import LABELS, NEW, OLD, T0, at, by_uid, deployment, ended, event, pod, probe, replicaset, running, snapshot, waiting

QUOTA = 'pods "p" is forbidden: exceeded quota: tight, requested: pods=1, used: pods=2, limited: pods=2'
WEBHOOK = 'Internal error occurred: failed calling webhook "x": connection refused'


def done(**given: Any) -> Snapshot:
    return Snapshot(deployments=[deployment(**given)], replicasets=[OLD, NEW])


def test_done() -> None:
    verdict = judge(done())
    assert verdict.done
    assert verdict.ready == {"backend": (2, 2)}


@pytest.mark.parametrize(
    ("given", "waits"),
    [
        ({"observed": 1}, "its controller to take notice"),
        ({"updatedReplicas": 1}, "1 old pod to make room"),
        ({"updatedReplicas": 0, "replicas": 0}, ""),
        ({"availableReplicas": 1}, "its pods to be created"),
    ],
)
def test_on_its_way(given: dict[str, Any], waits: str) -> None:
    verdict = judge(done(**given), T0)
    assert verdict.done is (not waits)
    assert not verdict.doomed
    assert not waits or waits in verdict.parts[0].waits


def test_it_isn_t_done_before_its_controller_has_seen_it_whatever_the_numbers_say() -> None:
    assert judge(done(observed=1)).ready == {"backend": (0, 2)}
    fresh = deployment()
    del fresh["status"]
    assert not judge(Snapshot(deployments=[fresh])).done


def test_before_it_is_seen_its_pods_say_nothing() -> None:
    item = deployment(observed=1, availableReplicas=0)
    assert not judge(snapshot(pod(state=waiting("InvalidImageName")), workload=item), T0 + 9).doomed


def test_old_pods_must_be_gone() -> None:
    item = deployment()
    item["status"]["replicas"] = 3
    verdict = judge(
        Snapshot(deployments=[item], replicasets=[OLD, NEW], pods=[pod(conditions=[{"type": "Ready", "status": "True"}])] * 2), T0
    )
    assert not verdict.done
    assert verdict.parts[0].waits == "1 old pod to leave"


def test_it_waits_for_its_pods_to_stay_ready() -> None:
    item = deployment(availableReplicas=0)
    item["spec"]["minReadySeconds"] = 2
    ready = [pod(name=name, conditions=[{"type": "Ready", "status": "True"}]) for name in "pq"]
    assert judge(snapshot(*ready, workload=item), T0).parts[0].waits == "its pods to stay ready for 2 s"


def test_scaled_to_zero_is_done() -> None:
    item = deployment(replicas=0)
    item["status"] = {"observedGeneration": 2}
    assert judge(Snapshot(deployments=[item])).done


def test_paused_never_ends() -> None:
    (trouble,) = judge(snapshot(workload=deployment(paused=True, updatedReplicas=0)), T0).doomed
    assert "paused" in trouble.what
    assert judge(done(paused=True)).done


def test_two_colours_of_a_component_are_counted_together() -> None:
    blue, green = deployment(), deployment(availableReplicas=1)
    green["metadata"] |= {"name": "todo-backend-green", "uid": "g"}
    verdict = judge(Snapshot(deployments=[blue, green]))
    assert verdict.ready == {"backend": (3, 4)}
    assert verdict.waiting == ("backend",)


@pytest.mark.parametrize("reason", ["ProgressDeadlineExceeded", "ReplicaSetCreateError"])
def test_doomed_by_the_controllers_own_word(reason: str) -> None:
    condition = {"type": "Progressing", "status": "False", "reason": reason, "message": "too slow"}
    assert judge(done(availableReplicas=1, conditions=[condition])).doomed[0].what == "too slow"


# --- pods that can't be created


def failure(message: str, since: float = 0) -> dict[str, Any]:
    return {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message, "lastTransitionTime": at(since)}


@pytest.mark.parametrize(("message", "now", "doomed"), [(QUOTA, 1, False), (QUOTA, 2, True), (WEBHOOK, 19, False), (WEBHOOK, 20, True)])
def test_a_refusal_is_doom_in_a_moment_and_an_outage_later(message: str, now: float, doomed: bool) -> None:
    sets = [OLD, replicaset("new", "2", failure(message))]
    verdict = judge(snapshot(workload=deployment(updatedReplicas=0), replicasets=sets), T0 + now)
    assert bool(verdict.doomed) is doomed
    assert message in (verdict.doomed[0].what if doomed else verdict.parts[0].waits)


def test_a_quota_has_room_once_old_pods_have_gone() -> None:
    sets = [OLD, replicaset("new", "2", failure(QUOTA))]
    item = deployment(updatedReplicas=0)
    assert not judge(snapshot(pod(owner="old", leaving=True), workload=item, replicasets=sets), T0 + 60).doomed
    assert not judge(snapshot(workload=item, replicasets=sets, pod_gone=T0 + 59), T0 + 60).doomed
    assert judge(snapshot(workload=item, replicasets=sets, pod_gone=T0 + 57), T0 + 60).doomed


def test_what_the_old_template_could_not_create_is_over() -> None:
    sets = [replicaset("old", "1", failure(QUOTA)), NEW]
    item = deployment(updatedReplicas=0, conditions=[failure(QUOTA)])
    assert not judge(snapshot(workload=item, replicasets=sets), T0 + 60).doomed


# --- StatefulSets and DaemonSets


def statefulset(*, replicas: int = 2, strategy: Any = None, generation: int = 1, **status: Any) -> dict[str, Any]:
    counts = {"replicas": replicas, "updatedReplicas": replicas, "availableReplicas": replicas, "updateRevision": "r2", **status}
    return {
        "metadata": {"name": "todo-database", "uid": "s", "generation": generation, "labels": {"app.kubernetes.io/component": "database"}},
        "spec": {"replicas": replicas, "updateStrategy": strategy or {}},
        "status": {"observedGeneration": generation, **counts},
    }


def of_set(name: str, revision: str, **more: Any) -> dict[str, Any]:
    made = pod(owner="s", name=name, **more)
    made["metadata"]["labels"] = {"app.kubernetes.io/component": "database", "controller-revision-hash": revision}
    return made


@pytest.mark.parametrize(
    ("given", "is_done"),
    [
        ({}, True),
        ({"updatedReplicas": 1}, False),
        ({"availableReplicas": 1}, False),
        ({"replicas": 2, "updatedReplicas": 1, "strategy": {"rollingUpdate": {"partition": 1}}}, True),
        ({"updatedReplicas": 0, "strategy": {"type": "OnDelete"}}, True),
        ({"availableReplicas": 1, "strategy": {"type": "OnDelete"}}, False),
    ],
)
def test_stateful_set(given: dict[str, Any], is_done: bool) -> None:
    assert judge(Snapshot(statefulsets=[statefulset(**given)]), T0).done is is_done


def test_stateful_set_goes_by_its_revision() -> None:
    old, new = of_set("old", "r1", state=waiting("ErrImageNeverPull")), of_set("new", "r2", state=waiting("InvalidImageName"))
    verdict = judge(Snapshot(statefulsets=[statefulset(availableReplicas=0)], pods=[old, new]), T0)
    assert [trouble.pod for trouble in verdict.doomed] == ["new"]


def test_a_broken_old_pod_keeps_a_stateful_set_from_going_on() -> None:
    """It may still get ready: no doom. But a person can do something about it."""
    old = of_set("todo-database-0", "r1", state=waiting("InvalidImageName"))
    item = statefulset(updatedReplicas=0, availableReplicas=1)
    verdict = judge(Snapshot(statefulsets=[item], pods=[old]), T0 + 99)
    assert not verdict.doomed
    assert verdict.parts[0].waits.endswith("kubectl delete pod todo-database-0 lets it go on")
    item["spec"]["podManagementPolicy"] = "Parallel"
    assert judge(Snapshot(statefulsets=[item], pods=[old])).parts[0].waits == "2 old pods to make room"


def failed_create(message: str = QUOTA, **more: Any) -> Any:
    return event("FailedCreate", f"create Pod todo-database-0 failed error: {message}", about="s", container="", **more)


@pytest.mark.parametrize(
    ("given", "last", "since", "now", "doomed"),
    [
        ({}, 1, 0, 2, False),
        ({}, 1, 0, 3, True),
        ({"generation": 3}, 100, 101, 103, True),
        ({"generation": 3}, 50, 101, 103, False),
        ({"generation": 1}, 50, 101, 103, True),
    ],
    ids=["at once", "soon", "of this rollout", "of an earlier rollout", "it never was otherwise"],
)
def test_stateful_set_under_a_quota(given: dict[str, Any], last: float, since: float, now: float, doomed: bool) -> None:
    item = statefulset(updatedReplicas=0, availableReplicas=0, **given)
    seen = Snapshot(statefulsets=[item], events=by_uid(failed_create(last=last)), since=T0 + since)
    assert bool(judge(seen, T0 + now).doomed) is doomed


def test_a_pod_that_was_created_since_says_that_the_failure_is_over() -> None:
    item = statefulset(updatedReplicas=1, availableReplicas=0)
    later = of_set("p0", "r2")
    later["metadata"]["creationTimestamp"] = at(5)
    assert not judge(Snapshot(statefulsets=[item], pods=[later], events=by_uid(failed_create(last=4))), T0 + 20).doomed
    assert judge(Snapshot(statefulsets=[item], pods=[later], events=by_uid(failed_create(last=6))), T0 + 20).doomed


def daemonset(**status: int) -> dict[str, Any]:
    counts = {"desiredNumberScheduled": 2, "currentNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 2, **status}
    return {
        "metadata": {
            "name": "todo-agent",
            "uid": "a",
            "generation": 2,
            "annotations": {"deprecated.daemonset.template.generation": "2"},
        },
        "spec": {},
        "status": {"observedGeneration": 2, **counts},
    }


@pytest.mark.parametrize(
    ("given", "is_done"),
    [({}, True), ({"updatedNumberScheduled": 1}, False), ({"numberAvailable": 1}, False), ({"observedGeneration": 1}, False)],
)
def test_daemon_set(given: dict[str, int], is_done: bool) -> None:
    assert judge(Snapshot(daemonsets=[daemonset(**given)]), T0).done is is_done


def test_daemon_set_goes_by_its_template() -> None:
    pods = [pod(owner="a", name=name, state=waiting("InvalidImageName")) for name in ("old", "new")]
    for item, generation in zip(pods, "12", strict=True):
        item["metadata"]["labels"] = {"pod-template-generation": generation}
    verdict = judge(Snapshot(daemonsets=[daemonset(numberAvailable=1)], pods=pods), T0)
    assert [trouble.pod for trouble in verdict.doomed] == ["new"]


# --- Jobs


def job(*conditions: str, annotations: Any = None, owner: str = "", suspend: bool = False, **status: int) -> dict[str, Any]:
    reason = {"reason": "BackoffLimitExceeded", "message": "Job has reached the specified backoff limit"}
    return {
        "metadata": {
            "name": "todo-import",
            "uid": "j",
            "labels": {"app.kubernetes.io/component": "import"},
            "annotations": annotations or {},
            "ownerReferences": [{"kind": owner, "uid": "c"}] if owner else [],
        },
        "spec": {"suspend": suspend, "backoffLimit": 1},
        "status": {"conditions": [{"type": kind, "status": "True", **reason} for kind in conditions], **status},
    }


def of_job(**more: Any) -> dict[str, Any]:
    made = pod(owner="j", **more)
    made["metadata"]["labels"] = {"app.kubernetes.io/component": "import"}
    return made


def test_job_complete() -> None:
    assert judge(Snapshot(jobs=[job("SuccessCriteriaMet", "Complete")])).done


@pytest.mark.parametrize(("made", "waits"), [(of_job(), "the end of its work"), (of_job(state=ended(1), restarts=9), "another try")])
def test_job_counts_its_tries_itself(made: Any, waits: str) -> None:
    verdict = judge(Snapshot(jobs=[job(failed=1)], pods=[made]), T0 + 999)
    assert not verdict.doomed
    assert verdict.parts[0].waits == f"{waits}, failed 1 time so far"


def test_a_job_at_work_may_be_silent() -> None:
    assert judge(Snapshot(jobs=[job()], pods=[of_job()]), T0 + 999).silent


@pytest.mark.parametrize("kind", ["Failed", "FailureTarget"])
def test_job_failed(kind: str) -> None:
    tries = [of_job(name=name, phase="Failed", state=ended(code)) for name, code in (("a", 3), ("b", 4))]
    tries[1]["metadata"]["creationTimestamp"] = at(9)
    (trouble,) = judge(Snapshot(jobs=[job(kind, failed=2)], pods=tries), T0).doomed
    assert (trouble.pod, trouble.container) == ("b", "backend")
    assert trouble.what == (
        "the Job todo-import has failed. BackoffLimitExceeded: Job has reached the specified backoff limit. "
        "Its last try: it ends by itself (Error, exit code 4)"
    )


def test_job_failed_without_a_pod() -> None:
    assert "BackoffLimitExceeded" in judge(Snapshot(jobs=[job("Failed")])).doomed[0].what


def test_job_whose_image_isn_t_there_never_fails_by_itself() -> None:
    made = of_job(phase="Pending", state=waiting("ErrImagePull", "manifest unknown"))
    assert judge(Snapshot(jobs=[job()], pods=[made]), T0).doomed


@pytest.mark.parametrize(
    "made",
    [job("Failed", annotations={"helm.sh/hook": "post-install"}), job("Failed", owner="CronJob"), job(suspend=True)],
    ids=["hook", "of a CronJob", "suspended"],
)
def test_jobs_that_do_not_count(made: Any) -> None:
    assert judge(Snapshot(deployments=[deployment()], jobs=[made])).done


# --- claims, Services, scalers


def claim(phase: str = "Pending") -> dict[str, Any]:
    return {"metadata": {"name": "data", "uid": "c", "labels": {"app.kubernetes.io/component": "database"}}, "status": {"phase": phase}}


def pvc_event(reason: str, message: str) -> Any:
    return event(reason, message, about="c", container="")


WAITS = pvc_event("WaitForFirstConsumer", "waiting for first consumer to be created before binding")
NO_CLASS = pvc_event("ProvisioningFailed", 'storageclass.storage.k8s.io "fast" not found')
NO_DEFAULT = pvc_event("FailedBinding", "no persistent volumes available for this claim and no storage class is set")
CLOUD = pvc_event("ProvisioningFailed", "quota of disks")


@pytest.mark.parametrize(
    ("phase", "events", "used", "now", "expected"),
    [
        ("Bound", [], False, 1, "done"),
        ("Pending", [], True, 1, "waits"),
        ("Pending", [WAITS], False, 999, "done"),
        ("Pending", [WAITS], True, 999, "waits"),
        ("Pending", [NO_CLASS], True, 1, "doomed"),
        ("Pending", [NO_DEFAULT], True, 3, "waits"),
        ("Pending", [NO_DEFAULT], True, 6, "doomed"),
        ("Pending", [CLOUD], True, 99, "waits"),
        ("Lost", [], True, 1, "doomed"),
    ],
)
def test_claim(phase: str, events: Any, used: bool, now: float, expected: str) -> None:
    user = pod(conditions=[{"type": "Ready", "status": "True"}])
    user["spec"]["volumes"] = [{"persistentVolumeClaim": {"claimName": "data"}}] if used else []
    seen = Snapshot(deployments=[deployment()], pods=[user], claims=[claim(phase)], events=by_uid(*events))
    verdict = judge(seen, T0 + now)
    assert {"done": verdict.done, "waits": verdict.waiting and not verdict.doomed, "doomed": bool(verdict.doomed)}[expected]


def service(selector: Any = None, **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "todo-backend", "uid": "v", "labels": LABELS},
        "spec": {"selector": LABELS if selector is None else selector, "ports": [{"port": 80, "targetPort": "http"}], **spec},
    }


def endpoints(ready: bool | None = True, ports: Any = ({"port": 8000},)) -> dict[str, Any]:
    return {
        "metadata": {"name": "todo-backend-x", "uid": "e", "labels": {"kubernetes.io/service-name": "todo-backend"}},
        "endpoints": [{"conditions": {"ready": ready}}],
        "ports": list(ports),
    }


def served(*slices: Any, behind: Any = None, of: Any = None, now: float = 1) -> Any:
    ready = pod(conditions=[{"type": "Ready", "status": "True", "lastTransitionTime": at(0)}])
    parts = Snapshot(deployments=[of or deployment()], replicasets=[NEW], pods=[ready], services=[behind or service()], slices=slices)
    return judge(parts, T0 + now)


def test_service_with_an_endpoint() -> None:
    assert served(endpoints()).done
    assert served(endpoints(None)).done


@pytest.mark.parametrize("slices", [[], [endpoints(False)], [endpoints(ports=())]], ids=["none", "not ready", "no such port"])
def test_service_without_one(slices: Any) -> None:
    verdict = served(*slices)
    assert verdict.waiting == ("backend",)
    assert verdict.parts[-1].waits == "its Service's endpoints"
    assert "leads nowhere" in served(*slices, now=11).doomed[0].what


def test_service_whose_port_no_pod_has_says_which() -> None:
    assert "no port of its pods is called http" in served(endpoints(ports=()), now=11).doomed[0].what


@pytest.mark.parametrize(
    ("behind", "of"),
    [
        (service({}), None),
        (service({"app": "other"}), None),
        (service(), deployment(replicas=0)),
        (service(ports=[]), None),
        (service(clusterIP="None"), None),
    ],
    ids=["no selector", "nothing behind it", "nothing wanted", "no ports", "headless"],
)
def test_services_that_need_no_endpoint(behind: Any, of: Any) -> None:
    assert served(endpoints(ports=()), behind=behind, of=of).done


def test_a_scaler_without_metrics_is_a_note() -> None:
    off = {"type": "ScalingActive", "status": "False", "reason": "FailedGetResourceMetric", "message": "no metrics"}
    verdict = judge(Snapshot(deployments=[deployment()], scalers=[{"metadata": {"name": "todo"}, "status": {"conditions": [off]}}]))
    assert verdict.done
    assert verdict.notes == ("todo: it can't scale yet. FailedGetResourceMetric: no metrics",)


def test_nothing_at_all_is_never_fine() -> None:
    assert not judge(Snapshot(), T0).done
    assert not judge(Snapshot(since=T0), T0 + 4).doomed
    assert "there is nothing of it" in judge(Snapshot(since=T0), T0 + 5).doomed[0].what


# --- what a workload says about itself


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        (None, Tolerance()),
        ({"restartsTolerated": 0}, Tolerance(0)),
        ({"readyWithin": 5}, Tolerance(2, 5.0, True)),
        ({"restartsTolerated": 7, "readyWithin": 90.5}, Tolerance(7, 90.5, True)),
        ({}, Tolerance()),
    ],
)
def test_a_workload_says_what_it_is_granted(says: Any, expected: Tolerance) -> None:
    assert tolerance_of(deployment(says=says), Tolerance()) == (expected, "")


@pytest.mark.parametrize(
    "says",
    ["{", "[]", "7", "null", {"readyWithin": 0}, {"readyWithin": "60"}, {"restartsTolerated": -1}, {"restarts": 1}, {"readyWithin": True}],
)
def test_what_can_t_be_read_is_left_out_with_a_warning(says: Any) -> None:
    verdict = judge(Snapshot(deployments=[deployment(says=says)]))
    assert verdict.done
    assert len(verdict.warnings) == 1
    assert "todo-backend: its annotation proven.webapp/rollout" in verdict.warnings[0]


def test_what_a_workload_says_goes_before_what_the_task_says() -> None:
    item = deployment(says={"restartsTolerated": 0}, availableReplicas=0)
    fallen = pod(state=ended(1))
    assert judge(snapshot(fallen, workload=item), T0 + 2, Tolerance(9)).doomed
    assert not judge(snapshot(fallen), T0 + 2, Tolerance(9)).doomed


def test_what_is_declared_is_never_cut_short() -> None:
    both = {"startupProbe": probe(2, 10), "readinessProbe": probe(10)}
    assert grace_of(both, Tolerance()).ready == 21
    assert grace_of(both, Tolerance(ready_within=90, declared=True)).ready == 90
    assert grace_of({"startupProbe": probe(5, 6, initialDelaySeconds=10, timeoutSeconds=3)}, Tolerance()).startup == 43


def test_a_done_workload_isn_t_doomed_by_a_pod_that_falls_later() -> None:
    parts = Snapshot(deployments=[deployment()], replicasets=[OLD, NEW], pods=[pod(state=running(), restarts=9, lastState=ended(1))])
    assert judge(parts, T0 + 999).done
