# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is seen of a pod, one drill from beginning to end, and who clears up, against a cluster that is none."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._drill import guard, scenario
from ansible_collections.proven.webapp.plugins.module_utils._drill.actor import Actor, Interrupted
from ansible_collections.proven.webapp.plugins.module_utils._drill.clone import TOOLBOX, Order, Subject
from ansible_collections.proven.webapp.plugins.module_utils._drill.cluster import NoToolbox, Refused
from ansible_collections.proven.webapp.plugins.module_utils._drill.judge import find, lacking
from ansible_collections.proven.webapp.plugins.module_utils._drill.labels import DRILL, DRILL_OF
from ansible_collections.proven.webapp.plugins.module_utils._drill.model import Dependency, Record, Times
from ansible_collections.proven.webapp.plugins.module_utils._drill.report import drill
from ansible_collections.proven.webapp.plugins.module_utils._drill.run import Live
from ansible_collections.proven.webapp.plugins.module_utils._drill.scenario import Requests, Scenario, Task
from ansible_collections.proven.webapp.plugins.module_utils._drill.watch import PodState, changes
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

from .test_clone import workload

SUBJECT = Subject.of(workload(), "backend")
DATABASE = Dependency("database", ("todo-database",), (5432,), "unready")


def container(name: str = "backend", **state: Any) -> dict[str, Any]:
    return {"name": name, "state": {"running": {}}, "restartCount": 0, "started": True, **state}


def pod(*containers: dict[str, Any], ready: bool = True, name: str = "c", toolbox: int = 0, **status: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "uid": "u1"},
        "status": {
            "phase": "Running",
            "podIP": "10.0.0.9",
            "conditions": [{"type": "Ready", "status": str(ready)}],
            "containerStatuses": list(containers or [container()]),
            "initContainerStatuses": [container(TOOLBOX, restartCount=toolbox)],
            **status,
        },
    }


def state(*containers: dict[str, Any], **more: Any) -> PodState:
    return PodState.of(pod(*containers, **more), "backend")


ENDED = {"terminated": {"exitCode": 137, "reason": "Error"}}


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (state(), []),
        (state(ready=False), ["not ready"]),
        (state(container(restartCount=1, lastState=ENDED)), ["restarted: backend, Error, exit code 137"]),
        (state(container(state={"waiting": {"reason": "CrashLoopBackOff"}})), ["waiting: backend: CrashLoopBackOff"]),
        (state(container(state=ENDED)), ["ended: exit code 137"]),
        (state(container(state=ENDED), container("second")), []),
        (state(container(state={"waiting": {"reason": "ContainerCreating"}})), []),
        # The toolbox's own restarts are none of the application's.
        (state(toolbox=3), []),
    ],
)
def test_each_step_is_told(after: PodState, expected: list[str]) -> None:
    told = [f"{kind}: {what}" if what else kind for kind, what in changes(state(), after)]
    assert told == expected


def test_a_pod_that_nobody_schedules_says_why() -> None:
    waiting = PodState.of({"status": {"conditions": [{"type": "PodScheduled", "status": "False", "message": "no room"}]}}, "backend")
    assert waiting.unschedulable == "no room"
    assert not waiting.ready
    assert not waiting.ended


def test_live_pods_that_move_and_those_that_do_not() -> None:
    live = Live(SUBJECT, time.monotonic())
    for name in ("a", "b"):
        live.told(pod(name=name), False)
    assert (live.pods, live.moves) == (2, [])
    live.told(pod(name="a"), False)
    assert live.moves == []
    live.told(pod(name="a", ready=False), False)
    live.told(pod(container(restartCount=1), name="b"), False)
    live.told(pod(container(restartCount=1), name="b"), True)
    assert [move.what for move in live.moves] == ["a stopped being ready", "b restarted", "b went"]
    clone = pod(name="clone")
    clone["metadata"]["labels"] = {"proven.webapp/drill": "r"}
    live.told(clone, False)
    assert live.pods == 2


# --- one drill


class Stage:
    """A cluster that has one clone, and tells the actor what the pod does.

    :ivar on_mode: what happens to the pod when the proxy is told something.
    """

    def __init__(self, on_mode: Callable[[str], Mapping[str, Any] | None] | None = None, **faults: Any) -> None:
        self.actor: Actor | None = None
        self.deleted: list[int | None] = []
        self.modes: list[str] = []
        self.faults = faults
        self._on_mode = on_mode or (lambda mode: pod(ready=mode == "pass"))

    def tell(self, seen: Mapping[str, Any], gone: bool = False) -> None:
        assert self.actor is not None
        self.actor.told(seen, gone)

    def create(self, _group: str, _kind: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
        if "quota" in self.faults:
            raise Refused(403, "exceeded quota", "pods")
        self.manifest = manifest
        self.tell(self.faults.get("first") or pod())
        return {"metadata": {"uid": "u1"}}

    def delete(self, _group: str, _kind: str, _name: str, *, grace: int | None = None) -> None:
        self.deleted.append(grace)
        if grace is None:
            self.tell(pod(container(state={"terminated": {"exitCode": 0}}), ready=False))

    def items_if_allowed(self, _group: str, _kind: str) -> list[dict[str, Any]]:
        uid = "u1" if "selected" in self.faults else "other"
        return [{"metadata": {"name": "slice"}, "endpoints": [{"targetRef": {"uid": uid}}, {}]}]

    def events_of(self, _uid: str) -> list[dict[str, Any]]:
        killing = {"reason": "Killing", "message": "Container app failed liveness probe, will be restarted"}
        found = [{"message": "Liveness probe failed: x", "count": 2}] if {"wavers", "killing"} & set(self.faults) else []
        return [*found, *([killing] if "killing" in self.faults else [])] if self.modes else []

    def toolbox(self, _pod: str, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        if "mute" in self.faults:
            raise NoToolbox("no answer")
        if (method, path) == ("POST", "/proxy"):
            assert body is not None
            self.modes.append(str(body["mode"]))
            seen = self._on_mode(str(body["mode"]))
            if seen is not None:
                self.tell(seen)
        used = 0 if "unused" in self.faults else 1
        gate = {"name": "database", "accepted": used, "bytes": used, "failed": 0, "error": "", **self.faults.get("gate", {})}
        return {
            "gates": [gate],
            "worst": self.faults.get("stall", 0.0),
            "at": 1.0,
            "ok": 99,
            "sent": 99,
            "in_flight": 1,
            "failures": [],
            "streams": [],
        }


def act(stage: Stage, name: str, monkeypatch: pytest.MonkeyPatch, until: float = 20.0) -> Record:
    monkeypatch.setattr(Times, "window", 0.1)
    monkeypatch.setattr(Times, "cold_window", 0.1)
    monkeypatch.setattr(Times, "liveness_window", 0.05)
    for constant in ("CONNECT_SECONDS", "WATCHED_LONGER", "SPREAD_SECONDS"):
        monkeypatch.setattr(scenario, constant, 0.2)
    monkeypatch.setattr("ansible_collections.proven.webapp.plugins.module_utils._drill.actor.TOOLBOX_SECONDS", 0.2)
    order = Order("c", "r1", {}, {"name": "g"}, "x", 300, (DATABASE,))
    actor = Actor(stage, SUBJECT, order, threading.Event(), time.monotonic() + until, lambda _line: None)  # type: ignore[arg-type]
    stage.actor = actor
    return Scenario(actor, Task(name, None if name == "sigterm" else DATABASE, Requests(("/readyz",)), 6000)).run()


@pytest.mark.parametrize("name", ["refused", "blackholed", "slow"])
def test_a_good_loss(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage()
    record = act(stage, name, monkeypatch)
    assert find(record) == []
    assert lacking(record) == []
    assert stage.modes == [{"refused": "refuse", "blackholed": "blackhole", "slow": "slow:6000"}[name], "pass"]
    assert stage.deleted == [1]
    kinds = [moment.kind for moment in record.moments]
    assert kinds.index("fault on") < kinds.index("not ready") < kinds.index("fault off") < len(kinds) - kinds[::-1].index("ready")
    told = drill(record)
    assert told["verdict"] == "proven"
    assert told["measured"]["unready_after"] is not None


def test_a_restart_ends_the_drill_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(lambda _mode: pod(container(restartCount=1, lastState=ENDED), ready=False))
    record = act(stage, "refused", monkeypatch)
    assert [finding.rule.id for finding in find(record)] == ["PV302"]
    assert stage.modes == ["refuse"]


def test_a_busy_node_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    record = act(Stage(lambda _mode: None, stall=2.5), "refused", monkeypatch)
    assert record.stall == 2.5


def test_liveness_events_are_counted_from_the_fault_on(monkeypatch: pytest.MonkeyPatch) -> None:
    record = act(Stage(wavers=True), "refused", monkeypatch)
    assert [finding.rule.id for finding in find(record)] == ["PV303"]


def test_a_container_that_is_being_killed_counts_before_it_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    record = act(Stage(killing=True), "refused", monkeypatch)
    assert [finding.rule.id for finding in find(record)] == ["PV302"]


def test_a_cold_start(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(first=pod(ready=False))
    record = act(stage, "cold_start", monkeypatch)
    assert (find(record), lacking(record)) == ([], [])
    assert stage.modes == ["pass"]


def test_an_end_with_requests_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(lambda _mode: None)
    record = act(stage, "sigterm", monkeypatch)
    assert (find(record), lacking(record)) == ([], [])
    assert stage.modes == ["slow:200"]
    # As Kubernetes itself ends pods, and once more for what may be left.
    assert stage.deleted == [None, 1]
    assert record.exit_code == 0


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        (Stage(quota=True), "exceeded quota"),
        (Stage(mute=True), "no answer"),
        (Stage(unused=True), "no connection to database came through the proxy"),
        (
            Stage(unused=True, gate={"failed": 2, "error": "todo-database: no such name"}),
            "can't reach database: todo-database: no such name",
        ),
        (Stage(first=pod(container(restartCount=2, lastState=ENDED))), "restarts with all that it needs"),
        (Stage(lambda mode: pod(ready=mode == "pass", toolbox=1)), "the proxy beside the clone was restarted"),
    ],
)
def test_what_can_not_be_shown_says_why_and_goes(stage: Stage, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    record = act(stage, "refused", monkeypatch)
    (gap,) = lacking(record)
    assert words in gap
    assert stage.deleted == [1]
    assert drill(record)["verdict"] == "not_shown"


def test_the_deadline_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    record = act(Stage(first=pod(ready=False)), "refused", monkeypatch, until=0.3)
    assert "deadline" in lacking(record)[0]


def test_a_clone_that_a_service_leads_to_stops_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(selected=True)
    with pytest.raises(ProvenError, match="leads to the clone"):
        act(stage, "refused", monkeypatch)
    assert stage.deleted == [1]


def test_an_interruption_ends_the_wait_and_the_clone(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage()

    def interrupt(_mode: str) -> Mapping[str, Any]:
        assert stage.actor is not None
        stage.actor._over.set()
        return pod(ready=False)

    stage._on_mode = interrupt
    with pytest.raises(Interrupted):
        act(stage, "refused", monkeypatch)
    assert stage.deleted == [1]


# --- who clears up


class Leftovers:
    """A cluster with things of earlier drills."""

    namespace = "todo"

    def __init__(self, beating: bool) -> None:
        self.jobs = [{"metadata": {"name": "g", "labels": {DRILL: "old"}, "annotations": {guard.SUBJECTS: "a,b", guard.PULSE: "1"}}}]
        self.pods = [{"metadata": {"name": "c", "labels": {DRILL: "old", DRILL_OF: "a"}}}]
        self._beating = beating
        self.graces: list[int | None] = []

    def items(self, _group: str, kind: str, selector: str = "") -> list[dict[str, Any]]:
        return [item for item in getattr(self, kind) if "=" not in selector or selector.endswith(f"={item['metadata']['labels'][DRILL]}")]

    def get(self, _group: str, _kind: str, _name: str) -> dict[str, Any]:
        pulse = "2" if self._beating else "1"
        return {"metadata": {**self.jobs[0]["metadata"], "annotations": {guard.PULSE: pulse}}}

    def delete(self, _group: str, kind: str, name: str, *, grace: int | None = None) -> None:
        self.graces.append(grace)
        setattr(self, kind, [item for item in getattr(self, kind) if item["metadata"]["name"] != name])


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "SILENT_SECONDS", 0.0)


def clear(left: Leftovers, *subjects: str) -> list[str]:
    return guard.clear_leftovers(left, subjects, lambda _line: None)  # type: ignore[arg-type]


def test_what_a_dead_drill_left_goes() -> None:
    left = Leftovers(beating=False)
    assert clear(left, "a") == ["old"]
    assert (left.pods, left.jobs) == ([], [])
    assert left.graces[0] == 1


def test_a_drill_that_lives_is_left_alone() -> None:
    left = Leftovers(beating=True)
    with pytest.raises(ProvenError, match="Another drill"):
        clear(left, "b")
    assert left.pods


def test_drills_of_others_are_none_of_its_business() -> None:
    left = Leftovers(beating=False)
    assert clear(left, "z") == []
    assert left.pods


def test_a_clone_without_its_guard_goes_too() -> None:
    left = Leftovers(beating=False)
    left.jobs = []
    assert clear(left, "a") == ["old"]
    assert left.pods == []


def test_the_guard_runs_nothing_and_ends_by_itself() -> None:
    made = guard.manifest("r1", "todo", ["b", "a"], "x", 300)
    spec = made["spec"]
    assert (spec["parallelism"], spec["activeDeadlineSeconds"], spec["ttlSecondsAfterFinished"]) == (0, 300 + guard.MARGIN, 0)
    assert made["metadata"]["annotations"][guard.SUBJECTS] == "a,b"
