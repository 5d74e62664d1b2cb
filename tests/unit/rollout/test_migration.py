"""When a migration is on its way, and when no waiting cures it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._rollout.migration import migrations
from ansible_collections.proven.webapp.plugins.module_utils._rollout.model import Snapshot


def job(failed: int = 0, track: str = "migrate", end: str = "") -> dict[str, Any]:
    conditions = [{"type": end, "status": "True"}] if end else []
    return {
        "metadata": {"name": "todo-backend-migrate", "labels": {"app.kubernetes.io/component": "backend"}},
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
        "status": {"replicas": 1, "updatedReplicas": 1, "availableReplicas": ready},
    }


def pod(reason: str, message: str = "why") -> dict[str, Any]:
    return {
        "metadata": {"name": "p", "labels": {"batch.kubernetes.io/job-name": "todo-backend-migrate"}},
        "status": {"containerStatuses": [{"name": "backend", "state": {"waiting": {"reason": reason, "message": message}}}]},
    }


def release(database: int, *pods: Any) -> Snapshot:
    return Snapshot(deployments=[workload("backend", 0, ["database"])], statefulsets=[workload("database", database)], pods=list(pods))


def one(item: Any, snapshot: Snapshot) -> Any:
    (found,) = migrations([item], snapshot)
    return found


def test_it_runs() -> None:
    assert one(job(), release(1)).state == "running"
    assert not one(job(), release(1)).doomed


def test_two_failures_are_no_doom_and_three_are() -> None:
    assert not one(job(2), release(1)).doomed
    assert one(job(3), release(1)).doomed == "it failed 3 times"


def test_failures_don_t_count_while_its_database_comes_up() -> None:
    found = one(job(9), release(0))
    assert not found.doomed
    assert found.state == "failed 9 times, tried again, while database comes up"


@pytest.mark.parametrize("database", [0, 1])
def test_an_image_that_isn_t_there_is_doom_at_once(database: int) -> None:
    assert one(job(), release(database, pod("ImagePullBackOff"))).doomed == "ImagePullBackOff: why"


@pytest.mark.parametrize(
    ("message", "doomed"),
    [
        ("why", False),
        ('failed to resolve reference "r:5001/todo/web:1": r:5001/todo/web:1: not found', True),
        ('failed to resolve reference "r:5001/todo/web:1": dial tcp: lookup r: no such host', False),
    ],
)
def test_the_first_try_of_a_pull_is_none_but_where_the_registry_says_no(message: str, doomed: bool) -> None:
    assert bool(one(job(), release(1, pod("ErrImagePull", message))).doomed) is doomed


@pytest.mark.parametrize("item", [job(3, end="Failed"), job(end="Complete"), job(3, track="test")])
def test_what_has_ended_and_what_is_no_migration_is_left_alone(item: Any) -> None:
    assert list(migrations([item], release(1))) == []
