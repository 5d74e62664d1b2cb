"""Migrations that an interrupted run left: which are waited for, and for how long."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._release import migration


def pod(name: str, state: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "uid": f"uid-{name}", **metadata},
        "spec": {"terminationGracePeriodSeconds": 30},
        "status": {"containerStatuses": [{"name": "web", "state": state}]},
    }


RUNNING: dict[str, Any] = {"running": {"startedAt": "2026-01-01T00:00:00Z"}}


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (RUNNING, ["web"]),
        # Removing these loses nothing
        ({"waiting": {"reason": "ImagePullBackOff"}}, []),
        ({"terminated": {"exitCode": 0}}, []),
        ({"terminated": {"exitCode": 1}}, []),
        ({}, []),
    ],
)
def test_only_what_runs_is_at_work(state: dict[str, Any], expected: list[str]) -> None:
    assert migration.at_work([pod("web", state)], {}, 0) == expected


def test_a_pod_without_any_status_is_not_at_work() -> None:
    assert migration.at_work([{"metadata": {"name": "web", "uid": "1"}, "spec": {}}], {}, 0) == []


class Clock:
    """Time that passes when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Listed:
    """A stand-in for the API: lists the pods of each moment."""

    def __init__(self, clock: Clock, answer: Any) -> None:
        self._clock, self._answer = clock, answer
        self.asked: list[str] = []

    def items(self, path: str, query: dict[str, str]) -> list[Any]:
        self.asked.append(f"{path}?{json.dumps(query)}")
        return list(self._answer(self._clock.now - 1000.0))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    one = Clock()
    monkeypatch.setattr(migration, "time", one)
    return one


def test_it_is_waited_for_until_it_has_ended_and_said_every_few_seconds(clock: Clock) -> None:
    api, said = Listed(clock, lambda at: [pod("web", RUNNING if at < 12 else {"terminated": {"exitCode": 0}})]), list[str]()
    migration.wait(api, "todo", "shop", say=said.append)  # type: ignore[arg-type]
    assert 12 <= clock.now - 1000 < 13
    assert len(said) == 3
    assert "let finish" in said[0]
    assert "app.kubernetes.io/instance=todo,proven.webapp/track=migrate" in api.asked[0]


def test_nothing_is_said_where_there_is_none(clock: Clock) -> None:
    said = list[str]()
    migration.wait(Listed(clock, lambda _at: []), "todo", "shop", say=said.append)  # type: ignore[arg-type]
    assert said == []


def test_a_pod_that_never_goes_because_its_node_is_lost_is_given_up_after_its_grace(clock: Clock) -> None:
    gone = pod("web", RUNNING, deletionTimestamp="2026-01-01T00:00:00Z")
    migration.wait(Listed(clock, lambda _at: [gone]), "todo", "shop", say=lambda _line: None)  # type: ignore[arg-type]
    assert 40 <= clock.now - 1000 < 42
