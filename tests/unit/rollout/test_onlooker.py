"""Watching while Helm is at work. Against a stand-in of the API server (standin.py)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._rollout import onlooker
from ansible_collections.proven.webapp.plugins.module_utils._rollout.cluster import Cluster
from ansible_collections.proven.webapp.plugins.module_utils._rollout.onlooker import Onlooker

from .made import T0, deployment, pod, waiting
from .standin import Standin

JOB: dict[str, Any] = {
    "metadata": {"name": "todo-backend-migrate", "uid": "j", "annotations": {"helm.sh/hook": "post-install,pre-upgrade"}},
    "spec": {"template": {"metadata": {"labels": {"proven.webapp/track": "migrate"}}}},
    "status": {},
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Standin]:
    monkeypatch.setattr(onlooker, "BEGIN_SECONDS", 0.1)
    standin = Standin(begins=T0)
    standin.put("deployments", deployment())
    yield standin
    standin.stop()


class Helm:
    """A Helm that waits until it is ended."""

    def __init__(self, server: Standin, folder: Path) -> None:
        self.said: list[str] = []
        self.ended = False
        self.onlooker = Onlooker(
            lambda: Cluster(server.kubeconfig(folder), None, "todo", "todo"), upgrade=True, say=self.said.append, stop=self.end
        )

    def end(self) -> None:
        self.ended = True

    def until(self, check: Callable[[], object], seconds: float = 5) -> None:
        end = time.monotonic() + seconds
        while not check():
            assert time.monotonic() < end, self.said
            time.sleep(0.01)


def test_a_migration_that_is_doomed_ends_helm_and_then_the_job(server: Standin, tmp_path: Path) -> None:
    server.logs["m", False] = "no such table"
    helm = Helm(server, tmp_path)
    with helm.onlooker:
        server.put("jobs", JOB)
        helm.until(lambda: any("migration of backend" in line or "migration of todo" in line for line in helm.said))
        server.put("pods", pod("j", "m", state=waiting("InvalidImageName", "what is this?")))
        helm.until(lambda: helm.ended, 2)
    lines = helm.onlooker.told.splitlines()
    assert lines[0] == f'The release "todo" in the namespace "todo" isn\'t up: {onlooker.HEADLINE}'
    assert "m its image can't be had. InvalidImageName: what is this?" in lines[1]
    assert "  no such table" in lines
    assert server.patched == [("/apis/batch/v1/namespaces/todo/jobs/todo-backend-migrate", {"spec": {"activeDeadlineSeconds": 1}})]


def test_what_was_there_before_is_left_alone(server: Standin, tmp_path: Path) -> None:
    server.put("jobs", JOB)
    server.put("pods", pod("j", "m", state=waiting("InvalidImageName")))
    helm = Helm(server, tmp_path)
    with helm.onlooker:
        time.sleep(1)
    assert (helm.ended, helm.onlooker.told, server.patched) == (False, "", [])


def test_a_helm_that_is_quick_is_not_watched_and_one_that_ends_is_no_more(
    server: Standin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helm = Helm(server, tmp_path)
    with helm.onlooker:
        helm.until(lambda: server.asked["watch", "jobs"])
    began = time.monotonic()
    monkeypatch.setattr(onlooker, "BEGIN_SECONDS", 30)
    quick = Helm(server, tmp_path)
    asked = server.asked["list", "pods"]
    with quick.onlooker:
        pass
    assert server.asked["list", "pods"] == asked
    assert time.monotonic() - began < 1


def test_a_cluster_that_doesn_t_answer_is_helms_to_tell(server: Standin, tmp_path: Path) -> None:
    server.stop()
    helm = Helm(server, tmp_path)
    with helm.onlooker:
        time.sleep(0.3)
    assert (helm.ended, helm.onlooker.told) == (False, "")

    def refuse() -> Cluster:
        raise ProvenError("there is no kubeconfig")

    with Onlooker(refuse, upgrade=True, say=lambda _line: None, stop=helm.end) as one:
        assert one.told == ""
