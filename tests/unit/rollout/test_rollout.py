# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a rollout is done, on its way, or doomed; and what a person is told."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._rollout.judge import Snapshot, judge
from ansible_collections.proven.webapp.plugins.module_utils._rollout.report import helm_headline, report
from ansible_collections.proven.webapp.plugins.module_utils._rollout.watch import explain, exposed, wait

REVISION = "deployment.kubernetes.io/revision"


def deployment(*, generation: int = 2, observed: int = 2, replicas: int = 2, conditions: Any = (), **status: int) -> dict[str, Any]:
    counts = {"replicas": replicas, "updatedReplicas": replicas, "availableReplicas": replicas, **status}
    return {
        "metadata": {
            "name": "todo-backend",
            "uid": "d",
            "generation": generation,
            "labels": {"app.kubernetes.io/component": "backend"},
            "annotations": {REVISION: "2"},
        },
        "spec": {"replicas": replicas},
        "status": {"observedGeneration": observed, "conditions": list(conditions), **counts},
    }


def replicaset(uid: str, revision: str) -> dict[str, Any]:
    return {"metadata": {"name": uid, "uid": uid, "ownerReferences": [{"uid": "d"}], "annotations": {REVISION: revision}}}


def pod(owner: str = "new", name: str = "p", state: Any = None, restarts: int = 0, track: str = "live", **more: Any) -> dict[str, Any]:
    status = {"name": "backend", "state": state or {"running": {}}, "restartCount": restarts, "ready": False, **more}
    labels = {"app.kubernetes.io/component": "backend", "proven.webapp/track": track}
    return {"metadata": {"name": name, "labels": labels, "ownerReferences": [{"uid": owner}]}, "status": {"containerStatuses": [status]}}


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return {"waiting": {"reason": reason, "message": message}}


SETS = [replicaset("old", "1"), replicaset("new", "2")]


def snapshot(*pods: Any, **given: Any) -> Snapshot:
    return Snapshot(deployments=[deployment(**given)], replicasets=SETS, pods=list(pods))


def test_done() -> None:
    verdict = judge(snapshot())
    assert verdict.done
    assert verdict.ready == {"backend": (2, 2)}


@pytest.mark.parametrize(
    "given",
    [
        {"observed": 1},
        {"updatedReplicas": 1},
        {"availableReplicas": 1},
        {"replicas": 2, "updatedReplicas": 2, "availableReplicas": 0},
    ],
)
def test_on_its_way(given: dict[str, Any]) -> None:
    verdict = judge(snapshot(pod(), **given))
    assert not verdict.done
    assert not verdict.doomed


def test_old_pods_must_be_gone() -> None:
    item = deployment()
    item["status"]["replicas"] = 3
    assert not judge(Snapshot(deployments=[item], replicasets=SETS)).done


def test_scaled_to_zero_is_done() -> None:
    item = deployment(replicas=0)
    item["status"] = {"observedGeneration": 2}
    assert judge(Snapshot(deployments=[item])).done


@pytest.mark.parametrize("reason", ["ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "CreateContainerConfigError"])
def test_doomed_by_what_waiting_does_not_cure(reason: str) -> None:
    (trouble,) = judge(snapshot(pod(state=waiting(reason, "why")), availableReplicas=1)).doomed
    assert (trouble.component, trouble.what) == ("backend", f"{reason}: why")


@pytest.mark.parametrize(("restarts", "doomed"), [(1, False), (2, False), (3, True)])
def test_a_few_restarts_are_no_doom(restarts: int, doomed: bool) -> None:
    crashed = pod(state=waiting("CrashLoopBackOff"), restarts=restarts, lastState={"terminated": {"exitCode": 3, "reason": "Error"}})
    verdict = judge(snapshot(crashed, availableReplicas=1))
    assert bool(verdict.doomed) is doomed
    if doomed:
        assert verdict.doomed[0].what == "it ends by itself (Error, exit code 3, 3 restarts)"
        assert verdict.doomed[0].restarted


def test_first_failed_pull_is_no_doom() -> None:
    assert not judge(snapshot(pod(state=waiting("ErrImagePull")), availableReplicas=1)).doomed


def test_only_pods_of_the_new_template_count() -> None:
    assert not judge(snapshot(pod(owner="old", state=waiting("ImagePullBackOff")), availableReplicas=1)).doomed


def test_pod_on_its_way_out_does_not_count() -> None:
    leaving = pod(state=waiting("ImagePullBackOff"))
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert not judge(snapshot(leaving, availableReplicas=1)).doomed


@pytest.mark.parametrize(
    "condition",
    [
        {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "too slow"},
        {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "quota"},
    ],
)
def test_doomed_by_the_controllers_own_word(condition: dict[str, str]) -> None:
    (trouble,) = judge(snapshot(availableReplicas=1, conditions=[condition])).doomed
    assert trouble.what == condition["message"]


def test_stateful_set_goes_by_its_revision() -> None:
    item = deployment(availableReplicas=0)
    item["status"]["updateRevision"] = "r2"
    old, new = pod(owner="d", name="old", state=waiting("ImagePullBackOff")), pod(owner="d", name="new", state=waiting("InvalidImageName"))
    old["metadata"]["labels"]["controller-revision-hash"] = "r1"
    new["metadata"]["labels"]["controller-revision-hash"] = "r2"
    assert [trouble.pod for trouble in judge(Snapshot(statefulsets=[item], pods=[old, new])).doomed] == ["new"]


class FakeCluster:
    """A cluster that shows one snapshot after the other, and then the last one."""

    def __init__(self, *snapshots: Snapshot, log: list[str] | None = None, warnings: list[str] | None = None) -> None:
        self.snapshots = list(snapshots)
        self.lines = log or []
        self.events = warnings or []

    def snapshot(self) -> Snapshot:
        if not self.snapshots:
            raise ProvenError("The cluster doesn't answer.")
        return self.snapshots.pop(0) if len(self.snapshots) > 1 else self.snapshots[0]

    def log(self, trouble: Any, lines: int) -> list[str]:
        return self.lines[-lines:]

    def warnings(self) -> list[str]:
        return self.events


def test_wait_ends_when_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    said: list[str] = []
    cluster: Any = FakeCluster(snapshot(availableReplicas=0), snapshot(availableReplicas=1), snapshot(availableReplicas=1), snapshot())
    _last, verdict = wait(cluster, seconds=60, say=said.append)
    assert verdict.done
    assert said == ["backend 0/2", "backend 1/2", "backend 2/2"]


def test_wait_ends_when_the_time_is_over() -> None:
    cluster: Any = FakeCluster(snapshot(availableReplicas=0))
    assert wait(cluster, seconds=0, say=lambda line: None)[1].waiting == ("backend",)


def tell(cluster: Any, *, failed_before: bool = False) -> list[str]:
    return explain(
        cluster, release="todo", namespace="todo", headline="it can't come up as it is", failed_before=failed_before
    ).splitlines()


def test_explains_a_crash() -> None:
    crashed = pod(state=waiting("CrashLoopBackOff"), restarts=3, lastState={"terminated": {"exitCode": 1, "reason": "Error"}})
    lines = tell(
        FakeCluster(snapshot(crashed, crashed, availableReplicas=1), log=[f"line {i}" for i in range(20)] + ["postgresql://u:hunter2@db/x"])
    )
    assert lines[0] == 'The release "todo" in the namespace "todo" isn\'t up: it can\'t come up as it is'
    assert lines[1] == "  backend: p it ends by itself (Error, exit code 1, 3 restarts)"
    assert lines[2] == "Last lines of backend's log:"
    assert lines[-3] == "  postgresql://u:********@db/x"
    assert lines[-2] == "What serves now goes on serving."
    assert "kubectl -n todo describe pod p" in lines[-1]
    assert len(lines) <= 15


def test_explains_a_failed_migration() -> None:
    failed = pod(owner="job", name="m", track="migrate", state={"terminated": {"exitCode": 1, "reason": "Error"}})
    lines = tell(FakeCluster(snapshot(failed), log=["no such table"]), failed_before=True)
    assert lines[1] == "  backend: m it ends by itself (Error, exit code 1)"
    assert "  no such table" in lines


def test_explains_by_events_where_there_is_no_log() -> None:
    lines = tell(
        FakeCluster(snapshot(pod(state=waiting("ImagePullBackOff", "not found")), availableReplicas=0), warnings=["p: Failed to pull"])
    )
    assert "  p: Failed to pull" in lines
    assert "Nothing of it serves yet." in lines


def test_same_warnings_are_told_once_and_the_newest_last() -> None:
    lines = tell(
        FakeCluster(
            snapshot(pod(state=waiting("ErrImagePull")), availableReplicas=0),
            warnings=["p: a", "p: b", "p: c", "other: x", "p: b", "p: d", "p: d"],
        )
    )
    assert [line.strip() for line in lines if line.startswith("  p: ")] == ["p: c", "p: b", "p: d"]
    assert "  other: x" not in lines


def test_explains_without_a_cluster() -> None:
    assert tell(FakeCluster())[1] == "No evidence could be collected. The cluster doesn't answer."


def test_report_is_short_whatever_comes() -> None:
    text = report(release="r", namespace="n", headline="h" * 999, troubles=[], log=["x" * 999] * 50, events=["e"] * 50, serving=False)
    assert len(text.splitlines()) <= 15
    assert max(map(len, text.splitlines())) <= 240


@pytest.mark.parametrize(
    ("printed", "headline"),
    [
        ("Error: UPGRADE FAILED: pre-upgrade hooks failed\n", "UPGRADE FAILED: pre-upgrade hooks failed"),
        ("WARNING: perms\nError: INSTALLATION FAILED: x", "INSTALLATION FAILED: x"),
        (
            "Error: UPGRADE FAILED: pre-upgrade hooks failed: 1 error occurred:\n\t* job x failed: DeadlineExceeded\n\n\n",
            "UPGRADE FAILED: pre-upgrade hooks failed: job x failed: DeadlineExceeded",
        ),
        ("Failed to find required executable helm", "Failed to find required executable helm"),
        ("", "Helm failed without a word"),
    ],
)
def test_helm_headline(printed: str, headline: str) -> None:
    assert helm_headline(printed) == headline


def test_exposed() -> None:
    service = {
        "metadata": {"name": "todo-frontend", "labels": {"app.kubernetes.io/component": "frontend"}},
        "spec": {"type": "NodePort", "ports": [{"port": 80, "nodePort": 30080}]},
    }
    assert exposed([service]) == {"frontend": {"type": "NodePort", "port": 80, "node_port": 30080, "addresses": []}}
