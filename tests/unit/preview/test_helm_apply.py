"""helm_apply, as a task calls it: when it starts helm and when not.

The API server (standin.py), helm and kubernetes.core's module are stand-ins.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.task import Task
from ansible_collections.proven.webapp.plugins.action import helm_apply
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

from .standin import Server, failure, path_of
from .test_run import CHART, OBJECTS, SENTINEL, VALUES, deployment

ARGUMENTS = {
    "name": "todo",
    "release_namespace": "todo",
    "chart_ref": str(CHART),
    "release_values": VALUES,
    "timeout": "9s",
    "history_max": 10,
}
DOOMED = {
    "object": "Deployment/web",
    "path": "/apis/apps/v1/namespaces/todo/deployments/web",
    "uid": "uid-of-web",
    "propagation": "Orphan",
}


class Runner:
    """:ivar modules: arguments of each run of kubernetes.core.helm.
    :ivar answer: of that module.
    :ivar meanwhile: what happens while it runs.
    """

    def __init__(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        self.modules: list[dict[str, Any]] = []
        self.answer: dict[str, Any] = {"changed": True, "status": {"revision": "8"}, "invocation": {"module_args": SENTINEL}}
        self.meanwhile: Callable[[], None] = lambda: None
        monkeypatch.setattr(helm_apply, "Api", lambda *_: server)
        # Nobody looks on.
        monkeypatch.setattr(helm_apply, "Cluster", self.refuse)
        monkeypatch.delenv("HELM_DRIVER", raising=False)

    @staticmethod
    def refuse(*_: Any) -> Any:
        raise ProvenError("no")

    def run(self, check: bool = False, **args: Any) -> dict[str, Any]:
        task = Task()
        task.args = {**ARGUMENTS, **args}
        task.action = "proven.webapp.helm_apply"
        task.check_mode = check
        connection: Any = SimpleNamespace(_shell=SimpleNamespace(tmpdir=None))
        action = helm_apply.ActionModule(task, connection, SimpleNamespace(check_mode=check), DataLoader(), None, None)

        def module(_name: str, module_args: dict[str, Any], task_vars: Any) -> dict[str, Any]:
            self.modules.append(module_args)
            self.meanwhile()
            return self.answer

        action._execute_module = module
        return dict(action.run(task_vars={}))


@pytest.fixture
def server() -> Server:
    """With the release as it would be again."""
    server = Server()
    for item in OBJECTS:
        server.add(item, owned=True)
    server.store(
        7, "deployed", config=VALUES, manifest=yaml.safe_dump_all(OBJECTS), hooks=[], chart={"metadata": {"name": "w", "version": "1"}}
    )
    return server


@pytest.fixture
def runner(server: Server, monkeypatch: pytest.MonkeyPatch) -> Runner:
    return Runner(server, monkeypatch)


@pytest.fixture
def binary(tmp_path: Path) -> Path:
    """A helm that writes down how it is called."""
    file = tmp_path / "helm"
    lines = ["#!/bin/sh", f"cd {tmp_path}", 'echo "$@" > words', "cat > values", "[ -e fails ] || exit 0", "echo 'Error: no' >&2", "exit 1"]
    file.write_text("\n".join(lines))
    file.chmod(0o755)
    return file


def test_where_nothing_changed_no_helm_is_started(runner: Runner) -> None:
    result = runner.run()
    assert runner.modules == []
    assert result["changed"] is False
    status = result["status"]
    assert (status["name"], status["namespace"], status["revision"], status["status"], status["chart"]) == (
        "todo",
        "todo",
        "7",
        "deployed",
        "w-1",
    )
    assert status["values"] == status["release_values"] == VALUES


def test_in_check_mode_the_answer_has_the_form_that_it_has_there(runner: Runner) -> None:
    result = runner.run(check=True)
    assert runner.modules == []
    assert result["status"]["release_values"]["declared"]["revision"] == "7"


@pytest.mark.parametrize(
    "args",
    [
        {"release_values": {"components": {}}},
        {"force": True},
        {"values_files": ["x"]},
        {"chart_ref": "/no/chart"},
    ],
    ids=lambda args: next(iter(args)),
)
def test_where_only_helm_knows_the_module_runs(runner: Runner, args: dict[str, Any]) -> None:
    assert runner.run(**args)["changed"]
    assert len(runner.modules) == 1
    assert "recreate" not in runner.modules[0]


def test_where_something_changed_one_helm_is_started(runner: Runner, server: Server, binary: Path) -> None:
    values = {**VALUES, "components": {"a": {"env": {"API_TOKEN": SENTINEL}}}}
    result = runner.run(release_values=values, binary_path=str(binary))
    assert (result["changed"], runner.modules) == (True, [])
    assert (binary.parent / "words").read_text().startswith("upgrade --install --reset-values todo ")
    assert SENTINEL in (binary.parent / "values").read_text()
    assert SENTINEL not in (binary.parent / "words").read_text()
    runner.run(check=True, release_values=values, binary_path=str(binary))
    assert len(runner.modules) == 1


@pytest.mark.parametrize(("fails", "expected"), [(True, "the migration of a never ends"), (False, "")])
def test_who_ends_helm_tells_why(runner: Runner, binary: Path, monkeypatch: pytest.MonkeyPatch, fails: bool, expected: str) -> None:
    """Unless Helm had ended well by then."""

    class Ended:
        told = "the migration of a never ends"

        def __init__(self, *_: Any, **_more: Any) -> None:
            pass

        def __enter__(self) -> Ended:
            return self

        def __exit__(self, *_: Any) -> None:
            pass

    monkeypatch.setattr(helm_apply, "Onlooker", Ended)
    if fails:
        (binary.parent / "fails").touch()
    result = runner.run(release_values={**VALUES, "other": 1}, binary_path=str(binary))
    assert (result.get("msg", ""), result.get("doomed", False)) == (expected, fails)


def test_with_another_driver_the_module_runs(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELM_DRIVER", "configmap")
    runner.run()
    assert len(runner.modules) == 1


def test_a_cluster_that_doesn_t_answer_is_helms_to_tell(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helm_apply, "Api", runner.refuse)
    runner.run()
    assert len(runner.modules) == 1


@pytest.mark.parametrize("how", ["removed", "failed since"])
def test_the_same_is_applied_once_more_where_it_isn_t_there_as_it_was(runner: Runner, server: Server, binary: Path, how: str) -> None:
    if how == "removed":
        del server.objects[f"{path_of(deployment())}/web"]
    else:
        server.store(8, "failed", config={"other": 1}, manifest="")
    runner.answer["changed"] = False
    assert runner.run(check=True)["changed"] is True
    runner.modules.clear()
    result = runner.run(binary_path=str(binary))
    assert (result["changed"], runner.modules) == (True, [])
    words = (binary.parent / "words").read_text().split()
    assert words[:5] == ["upgrade", "--install", "--reset-values", "todo", str(CHART)]
    assert {"--timeout=9s", "--history-max=10"} <= set(words)
    assert '"chartDigest"' in (binary.parent / "values").read_text()
    (binary.parent / "fails").touch()
    result = runner.run(binary_path=str(binary))
    assert (result["failed"], result["msg"], "status" in result) == (True, "no", False)


def test_what_is_made_again_is_deleted_first(runner: Runner, server: Server) -> None:
    values: dict[str, Any] = {"release_values": {}}
    runner.run(check=True, recreate=[DOOMED], **values)
    assert DOOMED["path"] in server.objects
    runner.run(recreate=[DOOMED], **values)
    assert DOOMED["path"] not in server.objects
    assert [request for request in server.asked if request[0] == "DELETE"] == [("DELETE", DOOMED["path"], "")]
    assert len(runner.modules) == 2


@pytest.mark.parametrize("made", [False, True], ids=["not made since", "made since"])
def test_where_helm_fails_what_was_deleted_is_brought_back(runner: Runner, server: Server, made: bool) -> None:
    """As when the migration fails that comes between."""
    server.objects[DOOMED["path"]]["status"] = {"readyReplicas": 2}
    before = server.objects[DOOMED["path"]]

    def helm() -> None:
        assert DOOMED["path"] not in server.objects
        if made:
            server.add(deployment(replicas=9))
            server.objects[DOOMED["path"]]["metadata"]["uid"] = "uid-of-the-new-one"

    runner.meanwhile = helm
    runner.answer = {"failed": True, "msg": "pre-upgrade hooks failed"}
    result = runner.run(recreate=[DOOMED], release_values={})
    assert (result["failed"], result["msg"]) == (True, "pre-upgrade hooks failed")
    now = server.objects[DOOMED["path"]]
    assert now["spec"] == before["spec"]
    assert "status" not in now
    assert set(before["metadata"]) - set(now["metadata"]) == {"uid"}
    # As Helm 4 writes, so that its next release may change every field.
    assert server.queries[-1] == {"fieldManager": "helm", "force": "true"}


def test_what_can_t_be_brought_back_is_told(runner: Runner, server: Server) -> None:
    def helm() -> None:
        server.refuse["Deployment"] = failure(403, "no room")

    runner.meanwhile = helm
    runner.answer = {"failed": True, "msg": "pre-upgrade hooks failed", "stderr": "Error: hooks\n"}
    result = runner.run(recreate=[DOOMED], release_values={})
    told = "Deployment/web was deleted to be made again and can't be brought back: no room"
    assert result["msg"].startswith(f"pre-upgrade hooks failed\n{told}")
    # which is what the role shows
    assert result["stderr"].startswith(f"Error: hooks\n{told}")


def test_what_succeeded_is_not_brought_back(runner: Runner, server: Server) -> None:
    runner.run(recreate=[DOOMED], release_values={})
    assert DOOMED["path"] not in server.objects


def test_another_object_of_the_same_name_is_kept(runner: Runner, server: Server) -> None:
    result = runner.run(recreate=[{**DOOMED, "uid": "another"}], release_values={})
    assert result["failed"]
    assert "can't be deleted to be made again" in result["msg"]
    assert runner.modules == []
    assert DOOMED["path"] in server.objects


def test_no_value_that_sounds_secret_is_in_the_result(runner: Runner, server: Server) -> None:
    values = {**VALUES, "components": {"a": {"env": {"API_TOKEN": SENTINEL}}}}
    runner.answer["status"] = {"revision": "8", "values": values}
    assert SENTINEL not in str(runner.run(release_values=values, force=True))
    server.store(7, "deployed", config=values, manifest="", hooks=[])
    runner.modules.clear()
    assert SENTINEL not in str(runner.run(release_values=values))
    assert runner.modules == []
