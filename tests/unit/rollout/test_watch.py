"""Watching: what is heard, what is survived, when it ends. Against a stand-in of the API server (standin.py)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._rollout import streams, watch
from ansible_collections.proven.webapp.plugins.module_utils._rollout.cluster import Cluster
from ansible_collections.proven.webapp.plugins.module_utils._rollout.model import Tolerance, Verdict
from ansible_collections.proven.webapp.plugins.module_utils._rollout.store import Store
from ansible_collections.proven.webapp.plugins.module_utils._rollout.watch import DONE, DOOMED, LATE, LOOKED, SILENT, Limits, Outcome, wait

from .made import LABELS, NEW, OLD, T0, deployment, ended, pod, unscheduled, waiting
from .standin import Standin

pytestmark = pytest.mark.usefixtures("impatient")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "POLL_SECONDS", 0.1)
    monkeypatch.setattr(watch, "CONFIRM_SECONDS", 0.1)
    monkeypatch.setattr("ansible_collections.proven.webapp.plugins.module_utils._rollout.store.SETTLED_SECONDS", 0.2)


@pytest.fixture
def server() -> Iterator[Standin]:
    standin = Standin(begins=T0)
    yield standin
    standin.stop()


class Running:
    """A watch at work."""

    def __init__(self, server: Standin, folder: Path, limits: Limits) -> None:
        self.said: list[str] = []
        self._outcome: list[Outcome | ProvenError] = []
        self._server = server
        cluster = Cluster(server.kubeconfig(folder), None, "todo", "todo")

        def work() -> None:
            try:
                self._outcome.append(wait(cluster, limits, Tolerance(), self.said.append))
            except ProvenError as error:
                self._outcome.append(error)

        self._thread = threading.Thread(target=work, daemon=True)
        self._thread.start()

    def until(self, check: Callable[[], object], seconds: float = 5) -> None:
        end = time.monotonic() + seconds
        while not check():
            assert time.monotonic() < end, self.said
            time.sleep(0.01)

    def watching(self) -> Running:
        """Every kind is watched."""
        self.until(lambda: len(self._server._watches) == len(streams.WORKLOADS) + len(streams.DETAILS))
        return self

    def end(self, seconds: float = 8) -> Outcome:
        self._thread.join(seconds)
        assert self._outcome, self.said
        (outcome,) = self._outcome
        if isinstance(outcome, ProvenError):
            raise outcome
        return outcome

    @property
    def alive(self) -> bool:
        return not self._outcome


@pytest.fixture
def start(server: Standin, tmp_path: Path) -> Callable[..., Running]:
    def begin(seconds: float = 30, no_activity: float = 0) -> Running:
        return Running(server, tmp_path, Limits(seconds, no_activity))

    return begin


def begun(server: Standin, *pods: Any) -> None:
    """A Deployment on its way."""
    for item in (OLD, NEW):
        server.put("replicasets", item)
    server.put("deployments", deployment(availableReplicas=0))
    for item in pods or (pod(), pod(name="q")):
        server.put("pods", item)


def test_what_is_done_is_looked_at_once(server: Standin, start: Callable[..., Running]) -> None:
    server.put("deployments", deployment())
    assert start().end().ended == DONE
    assert set(server.asked.values()) == {1}
    assert not [plural for verb, plural in server.asked if verb == "watch" or plural in ("pods", "events")]


def test_it_ends_when_it_hears_that_it_is_done(server: Standin, start: Callable[..., Running]) -> None:
    begun(server)
    run = start().watching()
    server.put("deployments", deployment(availableReplicas=1))
    run.until(lambda: "backend 1/2" in run.said)
    server.put("deployments", deployment())
    assert run.end(1).ended == DONE
    assert run.said[0] == "backend 0/2"
    assert run.said[-1] == "backend 2/2"
    assert server.asked["list", "pods"] == 1


def test_it_ends_when_it_hears_of_doom(server: Standin, start: Callable[..., Running]) -> None:
    begun(server)
    run = start().watching()
    server.put("pods", pod(state=waiting("InvalidImageName", "x")))
    outcome = run.end(1)
    assert outcome.ended == DOOMED
    assert outcome.verdict.doomed[0].pod == "p"


def test_one_look_only(server: Standin, start: Callable[..., Running]) -> None:
    begun(server, pod(state=waiting("InvalidImageName", "x")))
    outcome = start(0).end(2)
    assert outcome.ended == LOOKED
    assert outcome.verdict.doomed
    assert not [plural for verb, plural in server.asked if verb == "watch"]


def test_time_is_over(server: Standin, start: Callable[..., Running]) -> None:
    begun(server)
    outcome = start(0.5).end(2.5)
    assert outcome.ended == LATE
    assert outcome.verdict.waiting == ("backend",)


def test_silence(server: Standin, start: Callable[..., Running]) -> None:
    begun(server)
    run = start(no_activity=1.5).watching()
    time.sleep(1)
    server.put("pods", pod(restarts=1))
    began = time.monotonic()
    assert run.end(5).ended == SILENT
    assert time.monotonic() - began > 1.2


def test_bookmarks_are_no_activity(server: Standin, start: Callable[..., Running]) -> None:
    begun(server)
    run = start(no_activity=1).watching()
    for _ in range(4):
        time.sleep(0.3)
        server.bookmark()
    assert run.end(2).ended == SILENT


@pytest.mark.parametrize(("silent", "grace", "seconds"), [(True, 0, None), (False, 10, 120), (False, 300, 330)])
def test_silence_follows_from_what_is_declared(silent: bool, grace: float, seconds: float | None) -> None:
    assert Limits(9).silence(Verdict(silent=silent, grace=grace)) == seconds
    assert Limits(9, 5).silence(Verdict(silent=silent, grace=grace)) == 5


def test_a_watch_that_the_server_ends_goes_on(server: Standin, start: Callable[..., Running]) -> None:
    begun(server)
    run = start().watching()
    server.end_watches()
    run.until(lambda: server.asked["watch", "pods"] >= 2)
    server.put("deployments", deployment())
    assert run.end(2).ended == DONE
    assert server.asked["list", "pods"] == 1
    assert not [line for line in run.said if "again" in line.lower()]


def test_a_bookmark_is_where_the_next_watch_goes_on(server: Standin, start: Callable[..., Running]) -> None:
    begun(server)
    run = start().watching()
    server.forget(tell=False)
    server.bookmark()
    time.sleep(0.2)
    server.end_watches()
    run.until(lambda: server.asked["watch", "pods"] >= 2)
    assert server.asked["list", "pods"] == 1
    server.put("deployments", deployment())
    assert run.end(2).ended == DONE


@pytest.mark.parametrize("tell", [True, False], ids=["in the stream", "as an answer"])
def test_what_is_forgotten_is_listed_again(server: Standin, start: Callable[..., Running], tell: bool) -> None:
    begun(server)
    run = start().watching()
    server.forget(tell=tell)
    server.end_watches()
    run.until(lambda: server.asked["list", "pods"] >= 2)
    server.put("deployments", deployment())
    assert run.end(2).ended == DONE


def test_what_went_while_nobody_listened_is_gone(server: Standin, start: Callable[..., Running]) -> None:
    bad = pod(state=waiting("CreateContainerConfigError", 'secret "x" not found'))
    begun(server, bad, pod(name="q"))
    run = start().watching()
    server.forget()
    server.delete("pods", bad)
    run.until(lambda: server.asked["list", "pods"] >= 2)
    time.sleep(2)
    assert run.alive
    server.put("deployments", deployment())
    assert run.end(2).ended == DONE


def test_what_is_removed_is_waited_for_no_more(server: Standin, start: Callable[..., Running]) -> None:
    """Such as a Job whose time to live is over."""
    work = {"metadata": {"name": "j", "uid": "j"}, "spec": {}, "status": {}}
    server.put("jobs", work)
    server.put("deployments", deployment())
    run = start().watching()
    server.delete("jobs", work)
    assert run.end(2).ended == DONE


def test_it_survives_an_api_server_that_restarts_and_says_so(server: Standin, start: Callable[..., Running]) -> None:
    begun(server)
    run = start().watching()
    server.stop()
    run.until(lambda: any("Trying again" in line for line in run.said))
    time.sleep(0.5)
    server.start()
    run.watching()
    server.put("deployments", deployment())
    assert run.end(3).ended == DONE
    assert "The cluster answers again." in run.said
    assert len([line for line in run.said if "Trying again" in line]) == 1


def test_the_limit_holds_while_the_api_server_is_away(server: Standin, start: Callable[..., Running]) -> None:
    begun(server)
    run = start(3).watching()
    server.stop()
    assert run.end(6).ended == LATE


def test_time_dooms_nothing_while_the_api_server_is_away(server: Standin, start: Callable[..., Running]) -> None:
    begun(server, pod(state=waiting("CreateContainerConfigError", 'secret "x" not found')), pod(name="q"))
    run = start().watching()
    server.stop()
    time.sleep(2.5)
    assert run.alive
    server.put("pods", pod())
    server.put("deployments", deployment())
    server.start()
    assert run.end(7).ended == DONE


def test_doom_is_looked_at_again_before_it_is_told(server: Standin, start: Callable[..., Running]) -> None:
    begun(server)
    run = start().watching()
    with server._lock:
        # A watch that is behind: it tells what isn't true any more.
        for plural, told in server._watches:
            if plural == "pods":
                told.put({"type": "MODIFIED", "object": pod(state=waiting("InvalidImageName"))})
    run.until(lambda: server.asked["list", "pods"] >= 2)
    assert run.alive
    server.put("deployments", deployment())
    assert run.end(2).ended == DONE


def test_who_may_not_watch_lists(server: Standin, start: Callable[..., Running]) -> None:
    begun(server)
    server.refuse["watch", "deployments"] = 403
    run = start()
    run.until(lambda: server.asked["list", "deployments"] >= 3)
    server.put("deployments", deployment())
    assert run.end(2).ended == DONE


def test_who_may_not_read_what_is_essential_is_told(server: Standin, start: Callable[..., Running]) -> None:
    begun(server)
    server.refuse["list", "pods"] = 403
    with pytest.raises(ProvenError, match="doesn't let pods be read: pods is forbidden"):
        start().end()


def test_who_may_not_read_the_rest_is_told_what_is_missing(server: Standin, start: Callable[..., Running]) -> None:
    server.put("deployments", deployment())
    server.refuse["list", "horizontalpodautoscalers"] = 403
    outcome = start().end()
    assert outcome.ended == DONE
    assert list(outcome.lost) == ["scalers"]


def test_a_credential_that_ends_midway_ends_it(server: Standin, start: Callable[..., Running]) -> None:
    begun(server)
    run = start().watching()
    server.refuse["watch", "pods"] = 401
    server.end_watches()
    with pytest.raises(ProvenError, match="doesn't accept the credential"):
        run.end(3)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again(server: Standin, start: Callable[..., Running], status: int) -> None:
    begun(server)
    run = start().watching()
    server.refuse["watch", "deployments"] = status
    server.end_watches()
    run.until(lambda: server.asked["watch", "deployments"] >= 3)
    del server.refuse["watch", "deployments"]
    server.put("deployments", deployment())
    assert run.end(4).ended == DONE


def test_an_api_server_that_was_never_there(server: Standin, start: Callable[..., Running]) -> None:
    server.stop()
    with pytest.raises(ProvenError, match="doesn't answer"):
        start().end()


def test_no_thread_is_left(server: Standin, start: Callable[..., Running]) -> None:
    begun(server)
    run = start().watching()
    server.put("deployments", deployment())
    run.end(2)
    run.until(lambda: not [item for item in threading.enumerate() if item.name.startswith("watch-")], 3)


def test_events_of_others_are_no_activity_and_ours_are_told(server: Standin, start: Callable[..., Running]) -> None:
    begun(server)
    run = start(no_activity=2).watching()

    def happened(about: str, name: str) -> None:
        metadata = {"uid": name, "name": name}
        times = {"firstTimestamp": "2026-01-01T00:00:00Z", "lastTimestamp": "2026-01-01T00:00:00Z"}
        what = {"reason": "Unhealthy", "message": f"{name} failed", "type": "Warning", "involvedObject": {"uid": about}, **times}
        server.put("events", {"metadata": metadata, **what})

    happened("p", "ours")
    run.until(lambda: any("(Unhealthy: ours failed)" in line for line in run.said))
    for number in range(20):
        happened("elsewhere", f"theirs{number}")
        time.sleep(0.3)
    assert not run.alive
    assert run.end(0).ended == SILENT


def test_a_list_is_all_there_is() -> None:
    store = Store(lambda: T0)
    store.replace("pods", [pod(), pod(name="q")])
    store.replace("pods", [pod(name="q")])
    assert [item["metadata"]["name"] for item in store.snapshot().pods] == ["q"]
    assert store.snapshot().pod_gone == T0


def test_the_server_s_clock_counts(server: Standin, start: Callable[..., Running]) -> None:
    """Containers began at its time, not at ours."""
    begun(server, pod(spec={"readinessProbe": {}}), pod(name="q"))
    server._ahead += 30
    run = start().watching()
    run.until(lambda: any("of 60 s used" in line for line in run.said))
    used = next(line for line in run.said if "of 60 s used" in line)
    assert "readiness probe, 3" in used


def test_labels_select_all_but_events(server: Standin, start: Callable[..., Running], tmp_path: Path) -> None:
    place = Cluster(server.kubeconfig(tmp_path), None, "todo", "todo").place
    assert LABELS["app.kubernetes.io/instance"] == "todo"
    for kind in (*streams.WORKLOADS, *streams.DETAILS):
        assert ("instance%3Dtodo" in place.path(kind)) is (kind.name != "events")


NO_ROOM = unscheduled("0/1 nodes are available: 1 Insufficient cpu.", since=-60)


def test_no_room_and_nothing_that_adds_nodes(server: Standin, start: Callable[..., Running]) -> None:
    begun(server, NO_ROOM)
    assert "Insufficient cpu" in start().end(4).verdict.doomed[0].what


@pytest.mark.parametrize("how", ["cluster autoscaler", "Karpenter"])
def test_no_room_and_something_that_adds_nodes(server: Standin, start: Callable[..., Running], how: str) -> None:
    server.autoscaler = how == "cluster autoscaler"
    if how == "Karpenter":
        server.put("nodes", {"metadata": {"name": "n", "uid": "n"}})
    begun(server, NO_ROOM)
    run = start().watching()
    time.sleep(1.5)
    assert run.alive
    server.put("deployments", deployment())
    assert run.end(2).ended == DONE


def test_a_crash_that_is_watched_live(server: Standin, start: Callable[..., Running]) -> None:
    begun(server)
    run = start().watching()
    for restarts in range(3):
        assert run.alive
        server.put("pods", pod(state=ended(1), restarts=restarts))
        time.sleep(0.2)
    assert "2 restarts" in run.end(1).verdict.doomed[0].what
