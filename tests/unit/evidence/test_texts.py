"""What a person reads in an evidence folder."""

from __future__ import annotations

from typing import Any

import yaml
from ansible_collections.proven.webapp.plugins.module_utils._evidence import texts


def pod(name: str, **status: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "managedFields": [{}]}, "spec": {"nodeName": "node-1"}, "status": {"phase": "Running", **status}}


def test_a_crashed_container_shows_its_state_and_the_one_before() -> None:
    container = {
        "name": "backend",
        "restartCount": 3,
        "ready": False,
        "image": "todo/backend",
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137}},
    }
    lines = texts.pods([pod("todo-1", containerStatuses=[container])]).splitlines()
    assert lines[0].split() == ["POD", "PHASE", "NODE", "CONTAINER", "READY", "RESTARTS", "STATE", "IMAGE"]
    assert "waiting CrashLoopBackOff (before: terminated OOMKilled 137)" in lines[1]
    assert "not ready" in lines[1]


def test_an_exit_with_zero_is_said_too() -> None:
    container = {"name": "migrate", "state": {"terminated": {"reason": "Completed", "exitCode": 0}}}
    assert "terminated Completed 0" in texts.pods([pod("todo-1", containerStatuses=[container])])


def test_a_pod_that_no_node_takes_says_why() -> None:
    condition = {"type": "PodScheduled", "status": "False", "message": "0/1 nodes are available: 1 Insufficient cpu."}
    assert "1 Insufficient cpu." in texts.pods([pod("todo-1", phase="Pending", conditions=[condition])])


def test_events_come_oldest_first_however_their_time_is_given() -> None:
    def event(name: str, **more: Any) -> dict[str, Any]:
        return {
            "metadata": {},
            "involvedObject": {"kind": "Pod", "name": name},
            "reason": "R",
            "type": "Warning",
            "message": "a\nb",
            **more,
        }

    text = texts.events(
        [
            event("third", series={"lastObservedTime": "2026-01-03T00:00:00Z", "count": 9}, eventTime="2026-01-01T00:00:00Z"),
            event("second", eventTime="2026-01-02T00:00:00Z"),
            event("first", lastTimestamp="2026-01-01T00:00:00Z", count=4),
        ]
    )
    order = [line.split()[3] for line in text.splitlines()[1:]]
    assert order == ["Pod/first", "Pod/second", "Pod/third"]
    assert "x9" in text
    assert "a b" in text


def test_objects_are_yaml_without_what_only_the_server_cares_for() -> None:
    (back,) = yaml.safe_load_all(texts.objects([pod("todo-1")]))
    assert back["metadata"] == {"name": "todo-1"}


def test_the_difference_of_two_manifests() -> None:
    assert "-image: a\n+image: b\n" in texts.difference("kind: Pod\nimage: a\n", "kind: Pod\nimage: b\n", "revision 1", "revision 2")
    assert texts.difference("a", "a", "1", "2") == ""
