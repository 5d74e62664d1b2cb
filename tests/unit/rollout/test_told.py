"""What a person is told: while it runs, and when it fails."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._rollout.explain import explain
from ansible_collections.proven.webapp.plugins.module_utils._rollout.judge import judge
from ansible_collections.proven.webapp.plugins.module_utils._rollout.model import Part, Snapshot, Trouble, Verdict
from ansible_collections.proven.webapp.plugins.module_utils._rollout.report import helm_headline, report
from ansible_collections.proven.webapp.plugins.module_utils._rollout.task import run
from ansible_collections.proven.webapp.plugins.module_utils._rollout.watch import exposed
from ansible_collections.proven.webapp.plugins.module_utils._rollout.words import Teller

from .made import T0, at, deployment, ended, event, pod, running, snapshot, waiting
from .standin import Standin

# --- progress


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def told(*steps: tuple[float, Verdict]) -> list[tuple[float, str]]:
    """(second, line) of what is said where a verdict is told each second, as of the given seconds."""
    clock, said = Clock(), []
    teller = Teller(lambda text: said.append((clock.now, text)), clock)
    for second, verdict in steps:
        clock.now = second
        teller.tell(verdict)
    return said


def part(waits: str, event: str = "", ready: tuple[int, int] = (0, 2), name: str = "backend") -> Part:
    return Part(f"todo-{name}", name, ready, waits, event)


def of(*parts: Part) -> Verdict:
    return Verdict(parts=parts)


def test_what_changes_is_said_at_once_and_what_doesn_t_every_five_seconds() -> None:
    used = [(float(second), of(part(f"its startup probe, {second} of 60 s used"))) for second in range(12)]
    assert told(*used) == [
        (0, "backend 0/2"),
        (0, "backend 0/2 waits for its startup probe, 0 of 60 s used"),
        (5, "backend 0/2 waits for its startup probe, 5 of 60 s used"),
        (10, "backend 0/2 waits for its startup probe, 10 of 60 s used"),
    ]


def test_a_new_wait_is_said_within_a_second() -> None:
    lines = told((0, of(part("a node"))), (0.2, of(part("its image"))), (1, of(part("its image"))), (1.5, of(part("its image"))))
    assert [line for _when, line in lines[1:]] == ["backend 0/2 waits for a node", "backend 0/2 waits for its image"]


def test_the_last_warning_is_said_where_it_says_more() -> None:
    assert told((0, of(part("its startup probe", "Unhealthy: HTTP 503"))))[1][1].endswith("its startup probe (Unhealthy: HTTP 503)")
    assert told((0, of(part("a node (no room)", "FailedScheduling: no room"))))[1][1].endswith("a node (no room)")


def test_a_warning_is_said_once_until_there_is_another() -> None:
    refused = "Unhealthy: dial tcp 10.0.0.{}: connection refused"
    parts = (
        part("its startup probe", refused.format(1)),
        part("its readiness probe", refused.format(2)),
        part("an old pod to leave", "Killing: Stopping container"),
    )
    lines = [line for _when, line in told(*((2.0 * index, of(one)) for index, one in enumerate(parts))) if "waits" in line]
    assert [("refused" in line, "Stopping" in line) for line in lines] == [(True, False), (False, False), (False, True)], lines


def test_what_is_done_is_counted_and_says_nothing_more() -> None:
    lines = told((0, of(part("its image"), part("", name="database", ready=(1, 1)))), (3, of(part(""), part("", name="database"))))
    assert lines[0] == (0, "backend 0/2, database 1/1")
    assert len(lines) == 3


def test_parts_without_pods_and_colours_go_by_their_own_name() -> None:
    blue, green = Part("todo-backend-blue", "backend", (2, 2)), Part("todo-backend-green", "backend", (0, 2), "its image")
    claim = Part("data-0", "backend", None, "its volume to be provisioned")
    assert [line for _when, line in told((0, of(blue, green, claim)))] == [
        "todo-backend-blue 2/2, todo-backend-green 0/2",
        "todo-backend-green 0/2 waits for its image",
        "data-0 waits for its volume to be provisioned",
    ]


def test_many_that_get_ready_one_after_the_other_are_counted_once_a_second() -> None:
    steps = [(number / 10, of(part("its image", ready=(number, 30)))) for number in range(30)]
    counts = [line for _when, line in told(*steps) if "waits" not in line]
    assert counts == ["backend 0/30", "backend 10/30", "backend 20/30"]


def test_no_wall_of_lines() -> None:
    many = of(*(part("its image", name=f"c{number}") for number in range(40)))
    assert len(told((0, many))) == 7


# --- a failure


class FakeCluster:
    """What `explain` asks a cluster for."""

    release = namespace = "todo"

    def __init__(self, *log: str) -> None:
        self.log = list(log)

    def masked(self, text: str) -> str:
        return text.replace("a-secret", "***")

    def logs(self, trouble: Trouble, lines: int) -> list[str]:
        return self.log[-lines:] if trouble.container else []


def tell(parts: Snapshot, *log: str, failed_before: bool = False, now: float = T0 + 7) -> list[str]:
    cluster: Any = FakeCluster(*log)
    verdict = judge(parts, now)
    return explain(cluster, parts, verdict, failed_before=failed_before, headline="it can't come up as it is").splitlines()


def test_explains_a_crash() -> None:
    fallen = [pod(name=name, state=waiting("CrashLoopBackOff"), restarts=2, lastState=ended(1)) for name in "pq"]
    lines = tell(
        snapshot(*fallen, workload=deployment(availableReplicas=1), events=[event("BackOff", "Back-off restarting")]),
        *(f"line {number}" for number in range(20)),
        "postgresql://u:hunter2@db/x",
    )
    assert lines[0] == 'The release "todo" in the namespace "todo" isn\'t up: it can\'t come up as it is'
    assert lines[1] == "  backend: p it ends by itself (Error, exit code 1, 2 restarts)"
    assert lines[2] == "Last lines of backend's log:"
    assert "  postgresql://u:********@db/x" in lines
    assert "  p: Back-off restarting" in lines
    assert lines[-2] == "What serves now goes on serving."
    assert "kubectl -n todo describe pod p" in lines[-1]
    assert len(lines) <= 15


def test_what_is_said_as_the_reason_is_no_warning_once_more() -> None:
    message = 'secret "db" not found'
    lines = tell(snapshot(pod(state=waiting("CreateContainerConfigError", message)), events=[event("Failed", message)]))
    assert [line for line in lines if message in line] == [f"  backend: p it can't be configured. CreateContainerConfigError: {message}"]


def test_explains_a_failed_migration() -> None:
    failed = pod(owner="job", name="m", phase="Failed", state=ended(1))
    failed["metadata"]["labels"]["proven.webapp/track"] = "migrate"
    lines = tell(Snapshot(deployments=[deployment()], pods=[failed]), "no such table", failed_before=True)
    assert lines[1] == "  backend: m it ends by itself (Error, exit code 1)"
    assert "  no such table" in lines


def test_explains_what_is_late_without_any_doom() -> None:
    lines = tell(snapshot(pod(state=waiting("ErrImagePull", "i/o timeout"))), now=T0 + 1)
    assert "i/o timeout" in lines[1]
    assert "Nothing of it serves yet." in lines
    lines = tell(snapshot(workload=deployment(observed=1)), now=T0 + 1)
    assert lines[1] == "  backend: waits for its controller to take notice"


def test_same_warnings_are_told_once_and_the_newest_last() -> None:
    events = [event("Failed", message, last=when) for when, message in enumerate(("said a", "said b", "said c", "said b"))]
    other = event("Failed", "x", about="other", last=9)
    lines = tell(snapshot(pod(state=waiting("ErrImagePull", "i/o timeout")), pod(owner="old", name="other"), events=[*events, other]))
    assert [line.strip() for line in lines if line.startswith("  p: ")] == ["p: said c", "p: said b"]
    assert "  other: x" not in lines


def test_report_is_short_whatever_comes() -> None:
    many = [Trouble("c", "w" * 999, "p")] * 9
    text = report(release="r", namespace="n", headline="h" * 999, troubles=many, log=["x" * 999] * 50, events=[*"abcdef"], serving=False)
    assert len(text.splitlines()) <= 15
    assert max(map(len, text.splitlines())) <= 240


def test_a_long_line_keeps_what_caused_it() -> None:
    said = f'Failed to pull image "{"x" * 300}": dial tcp: lookup registry.example on 10.96.0.10:53: no such host'
    text = report(release="r", namespace="n", headline="h", troubles=[Trouble("web", said, "p")], log=[], events=[], serving=True)
    (line,) = [line for line in text.splitlines() if "web" in line]
    assert line.startswith('  web: p Failed to pull image "xxx')
    assert line.endswith(": dial tcp: lookup registry.example on 10.96.0.10:53: no such host")


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


# --- the task as a whole, against a stand-in of the API server


@pytest.fixture
def server() -> Iterator[Standin]:
    standin = Standin(begins=T0)
    yield standin
    standin.stop()


def task(server: Standin, folder: Path, *, check: bool = False, **given: Any) -> dict[str, Any]:
    arguments = {
        "kubeconfig": server.kubeconfig(folder),
        "context": None,
        "release": "todo",
        "namespace": "todo",
        "timeout": 20,
        "no_activity": 0,
        "restarts_tolerated": 2,
        "ready_within": 60,
        "failure": None,
        "patience": 0,
        **given,
    }
    return run(arguments, check=check, say=lambda _line: None)


def crashed(server: Standin) -> None:
    server.put("deployments", deployment(availableReplicas=1, updatedReplicas=1, says="{"))
    server.put("replicasets", {"metadata": {"name": "new", "uid": "new", "ownerReferences": [{"uid": "d"}], "annotations": {}}})
    server._items["replicasets"]["new"]["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": "2"}
    server.put("pods", pod(state=running(5), restarts=3, lastState=ended(1, after=5)))
    server.logs = {("p", True): "before\nno database\n", ("p", False): "begins\n"}


def test_a_release_that_stands(server: Standin, tmp_path: Path) -> None:
    server.put("deployments", deployment(says="{"))
    result = task(server, tmp_path)
    assert result["ready"] == {"backend": [2, 2]}
    assert result["changed"] is False
    assert len(result["warnings"]) == 1


def test_a_release_that_is_doomed(server: Standin, tmp_path: Path) -> None:
    crashed(server)
    result = task(server, tmp_path)
    assert result["failed"]
    assert result["doomed"]
    assert result["troubles"][0]["what"] == "it ends by itself (Error, exit code 1, 3 restarts)"
    assert "\n  before\n  no database\n  begins\n" in result["msg"]
    assert len(result["warnings"]) == 1


def test_an_api_server_that_restarts_just_before_is_waited_for(server: Standin, tmp_path: Path) -> None:
    server.put("deployments", deployment())
    kubeconfig = server.kubeconfig(tmp_path)
    server.stop()
    assert "The cluster doesn't answer" in task(server, tmp_path)["msg"]
    back = threading.Timer(1.0, server.start)
    back.start()
    assert task(server, tmp_path, kubeconfig=kubeconfig, patience=20)["ready"] == {"backend": [2, 2]}
    back.join()


def test_check_mode_takes_nothing_for_a_failure(server: Standin, tmp_path: Path) -> None:
    crashed(server)
    assert task(server, tmp_path, check=True)["ready"] == {"backend": [1, 2]}
    assert not [verb for verb, _plural in server.asked if verb == "watch"]


def test_what_helm_said_comes_first(server: Standin, tmp_path: Path) -> None:
    crashed(server)
    result = task(server, tmp_path, failure="Error: UPGRADE FAILED: x")
    assert result["msg"].splitlines()[0].endswith("isn't up: UPGRADE FAILED: x")
    assert "it ends by itself" in result["msg"]
    server.stop()
    lines = task(server, tmp_path, failure="Error: UPGRADE FAILED: x")["msg"].splitlines()
    assert lines[0].endswith("isn't up: UPGRADE FAILED: x")
    assert lines[1].startswith("No evidence could be collected. The cluster doesn't answer")


def test_a_migration_that_failed_is_told_where_all_else_is_well(server: Standin, tmp_path: Path) -> None:
    server.put("deployments", deployment())
    failed = pod(owner="job", name="m", phase="Failed", state=ended(1))
    failed["metadata"]["labels"]["proven.webapp/track"] = "migrate"
    server.put("pods", failed)
    message = task(server, tmp_path, failure="Error: UPGRADE FAILED: x")["msg"]
    assert "  backend: m it ends by itself (Error, exit code 1)" in message
    assert not [verb for verb, _plural in server.asked if verb == "watch"]


def test_late(server: Standin, tmp_path: Path) -> None:
    server.put("deployments", deployment(availableReplicas=1, updatedReplicas=1))
    result = task(server, tmp_path, timeout=1)
    assert "not ready after 1 s: backend" in result["msg"]
    assert not result["doomed"]


@pytest.mark.parametrize("given", [{"timeout": -1}, {"no_activity": -1}, {"restarts_tolerated": -1}, {"ready_within": 0}])
def test_numbers_that_make_no_sense(server: Standin, tmp_path: Path, given: dict[str, Any]) -> None:
    (name,) = given
    assert task(server, tmp_path, **given)["msg"].startswith(f"{name} can't be {given[name]}.")
    assert at(0) == "2026-01-01T00:00:00Z"
