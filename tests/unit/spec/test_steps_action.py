# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The release_steps action plugin, against a stand-in for the API server that answers lists as the real one does."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.task import Task
from ansible_collections.proven.webapp.plugins.action import release_steps
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._release import claim, history

WEB = {"kind": "web", "image": "a:2", "replicas": 2}
OLD = {**WEB, "image": "a:1"}
ROLLOUT = {"strategy": "blue_green", "weight": None, "restarts_tolerated": None, "ready_within": None}


def record(number: int, config: object) -> dict[str, Any]:
    """A Secret of Helm's."""
    labels = {"owner": "helm", "name": "shop", "status": "deployed", "version": str(number)}
    return {
        "metadata": {"name": f"sh.helm.release.v1.shop.v{number}", "labels": labels},
        "data": {"release": history.encode({"config": config})},
    }


def deployment(track: str) -> dict[str, Any]:
    labels = {"app.kubernetes.io/component": "web", "proven.webapp/track": track}
    return {
        "metadata": {"generation": 1},
        "spec": {"replicas": 2, "template": {"metadata": {"labels": labels}}},
        "status": {"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2},
    }


class Run:
    """The task, on what a cluster holds; `asked` are the paths it asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.secrets: list[dict[str, Any]] = []
        self.deployments: list[dict[str, Any]] = []
        self.asked: list[tuple[str, str]] = []
        monkeypatch.setattr(claim, "Api", lambda *_args: self)

    def items(self, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
        self.asked.append((path, query["labelSelector"]))
        if not path.endswith("/secrets"):
            return self.deployments
        wanted = dict(part.split("=") for part in query["labelSelector"].split(","))
        return [secret for secret in self.secrets if wanted.items() <= secret["metadata"]["labels"].items()]

    def __call__(self, back_to: int | None = None) -> dict[str, Any]:
        task = Task()
        task.action = "proven.webapp.release_steps"
        task.args = {
            "release": "shop",
            "namespace": "space",
            **({"back_to": back_to} if back_to else {"values": {"components": {"web": WEB}}, "components": {"web": {"rollout": ROLLOUT}}}),
        }
        connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir=None))
        play_context: Any = SimpleNamespace(check_mode=False)
        result = dict(release_steps.ActionModule(task, connection, play_context, DataLoader(), None, None).run(task_vars={}))
        assert json.loads(json.dumps(result)) == result
        return result


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    return Run(monkeypatch)


def test_before_there_is_a_release_there_is_one_step(run: Run) -> None:
    assert run() == {"changed": False, "values": {"components": {"web": {**WEB, "track": "blue"}}}, "then": []}
    assert run.asked == [("/api/v1/namespaces/space/secrets", "owner=helm,name=shop,status=deployed")]


@pytest.mark.parametrize("config", [None, {}])
def test_a_release_without_values_is_none(run: Run, config: object) -> None:
    run.secrets = [record(1, config)]
    assert run()["then"] == []


def test_the_steps_go_by_the_newest_revision_that_runs(run: Run) -> None:
    run.secrets = [record(10, {"components": {"web": OLD}}), record(9, {"components": {"web": WEB}})]
    run.deployments = [deployment("live")]
    result = run()
    assert result["values"]["components"]["web"] == {**OLD, "beside": {"track": "blue", "comes": True, "values": WEB}}
    (step,) = result["then"]
    assert step["values"]["components"]["web"] == {**WEB, "track": "blue", "beside": {"track": "live", "values": OLD}}
    assert [item["components"] for item in step["coming"]] == [["web"]]
    assert run.asked[1] == ("/apis/apps/v1/namespaces/space/deployments", "app.kubernetes.io/instance=shop")


def test_what_does_not_serve_is_repaired_in_place(run: Run) -> None:
    run.secrets = [record(1, {"components": {"web": OLD}})]
    assert run()["values"]["components"]["web"] == WEB


def test_the_way_back_brings_up_first_what_shall_serve(run: Run) -> None:
    old, new = record(3, {"components": {"web": {**OLD, "track": "green"}}}), record(9, {"components": {"web": {**WEB, "track": "blue"}}})
    old["metadata"]["labels"]["status"] = "superseded"
    run.secrets = [old, new]
    first = {**WEB, "track": "blue", "beside": {"track": "green", "values": OLD}}
    assert run(back_to=3) == {"changed": False, "values": {"components": {"web": first}}, "then": []}
    assert run(back_to=9)["values"] == {}


def test_a_cluster_that_refuses_is_a_message(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> None:
        raise ProvenError("The cluster refuses: status 403")

    monkeypatch.setattr(run, "items", refuse)
    assert run() == {"failed": True, "changed": False, "msg": "The cluster refuses: status 403"}
