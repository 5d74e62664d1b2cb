"""When what Helm waits for is on its way, and when no waiting cures it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._rollout.migration import judge_migrations, waited_for
from ansible_collections.proven.webapp.plugins.module_utils._rollout.model import Snapshot, Verdict

from .made import T0, at, by_uid, ended, event, pod, unscheduled, waiting

BEFORE, AFTER = "post-install,pre-upgrade", "post-install,post-upgrade"


def job(failed: int = 0, track: str = "migrate", end: str = "", hook: str = BEFORE, says: Any = None) -> dict[str, Any]:
    conditions = [{"type": end, "status": "True", "reason": "BackoffLimitExceeded", "message": "too often"}] if end else []
    said = {"proven.webapp/rollout": json.dumps(says)} if says else {}
    return {
        "metadata": {
            "name": "todo-backend-migrate",
            "uid": "j",
            "labels": {"app.kubernetes.io/component": "backend"},
            "annotations": {"helm.sh/hook": hook, **said},
        },
        "spec": {"template": {"metadata": {"labels": {"proven.webapp/track": track}}}},
        "status": {"failed": failed, "conditions": conditions},
    }


def workload(component: str, ready: int, depends_on: Any = ()) -> dict[str, Any]:
    return {
        "metadata": {
            "name": component,
            "uid": component,
            "labels": {"app.kubernetes.io/component": component},
            "annotations": {"proven.webapp/depends-on": json.dumps({name: {"onLoss": "unready"} for name in depends_on})},
        },
        "spec": {"replicas": 1},
        "status": {"replicas": 1, "updatedReplicas": 1, "availableReplicas": ready, "updateRevision": "r"},
    }


def tried(*codes: int) -> list[dict[str, Any]]:
    """A pod that failed for each."""
    found = [pod("j", f"try-{number}", phase="Failed", state=ended(code)) for number, code in enumerate(codes)]
    for number, item in enumerate(found):
        item["metadata"]["creationTimestamp"] = at(number)
    return found


def of_database(reason: str) -> dict[str, Any]:
    made = pod("database", "database-0", state=waiting(reason))
    made["metadata"]["labels"] = {"app.kubernetes.io/component": "database", "controller-revision-hash": "r"}
    return made


def release(database: int, *pods: Any, migration: Any = None, backend: int = 1, events: Any = ()) -> Snapshot:
    return Snapshot(
        deployments=[workload("backend", backend, ["database"])],
        statefulsets=[workload("database", database)],
        jobs=[migration or job()],
        pods=list(pods),
        events=by_uid(*events),
    )


def doom(verdict: Verdict) -> str:
    return "; ".join(item.what for item in verdict.doomed)


def words(verdict: Verdict) -> str:
    (part,) = (part for part in verdict.parts if part.name == "migration of backend")
    return part.waits


def test_it_runs() -> None:
    verdict = judge_migrations(release(1, pod("j")), T0 + 999)
    assert (verdict.done, doom(verdict), words(verdict), verdict.silent) == (False, "", "the end of its work", True)


def test_two_failures_are_no_doom_and_three_are() -> None:
    assert not judge_migrations(release(1, *tried(1, 1), migration=job(2))).doomed
    (trouble,) = judge_migrations(release(1, *tried(1, 1, 7), migration=job(3))).doomed
    assert (trouble.pod, trouble.container) == ("try-2", "backend")
    expected = "the migration has failed 3 times, 2 tolerated. Its last try: it ends by itself (Error, exit code 7)"
    assert trouble.what == expected


def test_the_pods_count_before_their_job_has_counted_them() -> None:
    assert judge_migrations(release(1, *tried(1, 1, 1), migration=job(1))).doomed


def test_it_says_itself_how_often_it_may_fail() -> None:
    verdict = judge_migrations(release(1, *tried(1), migration=job(1, says={"restartsTolerated": 0})))
    assert "failed 1 time, 0 tolerated" in doom(verdict)


def test_failures_don_t_count_while_its_database_comes_up() -> None:
    verdict = judge_migrations(release(0, *tried(*[1] * 9), migration=job(9)))
    assert not verdict.doomed
    assert words(verdict) == "another try, failed 9 times so far, while database comes up"


@pytest.mark.parametrize("database", [0, 1])
@pytest.mark.parametrize(
    ("made", "events", "expected"),
    [
        (pod("j", state=waiting("InvalidImageName")), [], "InvalidImageName"),
        (pod("j", state=waiting("ErrImagePull", 'failed to resolve reference "r:1/web:1": r:1/web:1: not found')), [], "not found"),
        (pod("j", state=waiting("ErrImagePull", "dial tcp: lookup r: no such host")), [], ""),
        (pod("j", state=waiting("CreateContainerConfigError", 'secret "s" not found')), [], 'secret "s" not found'),
        (unscheduled("0/1 nodes are available: 1 Insufficient cpu.", owner="j"), [], "no node takes it: 0/1"),
        (
            pod("j", state=waiting("ContainerCreating")),
            [event("FailedMount", 'MountVolume.SetUp failed: configmap "c" not found', count=3, container="")],
            'configmap "c" not found',
        ),
        (None, [event("FailedCreate", "pods are forbidden: exceeded quota: q", about="j")], "exceeded quota: q"),
        (
            pod("j", phase="Failed", state=ended(128, "StartError", message='exec: "x": executable file not found in $PATH')),
            [],
            "executable file not found",
        ),
    ],
    ids=["name", "image", "registry away", "secret", "no node", "volume", "quota", "command"],
)
def test_all_signs_count(database: int, made: Any, events: Any, expected: str) -> None:
    verdict = judge_migrations(release(database, *([made] if made else []), events=events), T0 + 9)
    assert expected in doom(verdict)
    assert bool(verdict.doomed) is bool(expected)


def test_time_decides_when_nothing_else_does() -> None:
    verdict = judge_migrations(release(1, unscheduled("0/1 nodes are available: 1 Insufficient cpu.", owner="j")), T0 + 1)
    assert not verdict.doomed
    assert verdict.again == T0 + 5


def test_one_that_has_failed_is_doomed() -> None:
    assert "BackoffLimitExceeded: too often. Its last try" in doom(judge_migrations(release(1, *tried(1), migration=job(7, end="Failed"))))


@pytest.mark.parametrize("made", [job(3, end="Failed"), job()])
def test_those_of_earlier_releases_are_left_alone(made: Any) -> None:
    snapshot = release(1, pod("j", state=waiting("InvalidImageName")), migration=made)
    assert not judge_migrations(snapshot, earlier={"j"}).doomed
    assert waited_for(snapshot, {"j"}) == []
    assert waited_for(snapshot, set()) == [made]


@pytest.mark.parametrize("made", [job(end="Complete"), job(3, track="test")])
def test_what_is_done_and_what_is_no_migration_is_left_alone(made: Any) -> None:
    snapshot = release(1, *tried(1, 1, 1), migration=made)
    assert not judge_migrations(snapshot).doomed
    assert waited_for(snapshot, set()) == []


@pytest.mark.parametrize(
    ("hook", "upgrade", "doomed"),
    [(BEFORE, True, False), (BEFORE, False, True), (AFTER, True, True)],
    ids=["before the new objects", "first installation", "after the new objects"],
)
def test_what_it_waits_for_in_vain_counts_where_that_is_new(hook: str, upgrade: bool, doomed: bool) -> None:
    """An upgrade may be what mends a database that is broken."""
    snapshot = release(0, pod("j"), of_database("InvalidImageName"), migration=job(hook=hook))
    verdict = judge_migrations(snapshot, T0, upgrade=upgrade)
    assert bool(verdict.doomed) is doomed
    assert any(part.component == "database" and part.waits for part in verdict.parts) is doomed


def test_a_release_of_nothing_but_migrations_waits_for_nothing_else() -> None:
    verdict = judge_migrations(Snapshot(jobs=[job()], pods=[pod("j")]), T0)
    assert [part.name for part in verdict.parts] == ["migration of backend"]


def test_what_it_doesn_t_wait_for_is_the_rollouts_to_judge() -> None:
    broken = pod("backend", "b", state=waiting("InvalidImageName"))
    snapshot = release(1, pod("j"), broken, migration=job(hook=AFTER), backend=0)
    assert not judge_migrations(snapshot, T0).doomed
