"""Where a module's work is done: in the action plugin's process, or as a module."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.loader import connection_loader
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._module import Call
from ansible_collections.proven.webapp.plugins.plugin_utils import progress

Run = Callable[..., dict[str, Any]]


def work(call: Call) -> dict[str, Any]:
    call.say("working")
    call.warn("be warned")
    if call.params["number"] == 13:
        raise ProvenError("No such number.", where="number", fix="take another")
    return {"changed": not call.check, "got": call.params["number"], "path": call.params["path"]}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the action; what it would run as a module is in `as_module`."""
    arguments = {"number": {"type": "int", "default": 7}, "path": {"type": "path"}, "mode": {"type": "str"}}
    module = SimpleNamespace(ARGUMENTS=arguments, RULES={"required_if": [("mode", "far", ["path"])]}, run=work)

    class Action(progress.LocalAction):
        MODULE = module

        def _execute_module(self, **given: Any) -> dict[str, Any]:
            return {"as_module": given.get("module_args") or self._task.args}

    def call(transport: str = "local", check: bool = False, variables: dict[str, Any] | None = None, **settings: Any) -> dict[str, Any]:
        args = settings.pop("args", {})
        task = Task.load({"name": "t", "action": "ansible.builtin.ping", "check_mode": check, **settings})
        task.args = args
        connection = connection_loader.get(transport, PlayContext())
        play = PlayContext()
        play.become = bool(settings.get("become"))
        # What Ansible hands over; the rest isn't asked for here.
        return Action(task, connection, play, None, None, None).run(None, variables or {})

    return call


def test_the_work_is_done_here_with_arguments_as_a_module_gets_them(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr(progress.display, "display", lambda text, *_more, **_others: shown.append(text))
    result = run(args={"number": "12", "path": "~/x"})
    assert result == {"changed": True, "got": 12, "path": str(Path.home() / "x"), "warnings": ["be warned"]}
    assert [line.split("s  ")[1] for line in shown] == ["working"]


def test_check_mode_reaches_it(run: Run) -> None:
    assert run(check=True)["changed"] is False


def test_a_fault_is_told_as_a_module_tells_it(run: Run) -> None:
    result = run(args={"number": 13})
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["msg"].splitlines()[0] == "No such number."


@pytest.mark.parametrize("args", [{"number": "many"}, {"nmber": 3}, {"mode": "far"}])
def test_bad_arguments_never_reach_the_work(run: Run, args: dict[str, Any]) -> None:
    with pytest.raises(Exception, match=r"number|nmber|path"):
        run(args=args)


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"transport": "ssh"},
        {"become": True},
        {"environment": [{"A": "b"}]},
        {"variables": {"ansible_python_interpreter": "/usr/bin/python2"}},
    ],
)
def test_what_only_a_module_can_do_is_left_to_one(run: Run, elsewhere: dict[str, Any]) -> None:
    assert run(args={"number": 1}, **elsewhere)["as_module"]["number"] == 1


@pytest.mark.parametrize("python", ["auto_silent", sys.executable])
def test_this_python_by_another_name_is_still_this_one(run: Run, python: str) -> None:
    assert "as_module" not in run(variables={"ansible_python_interpreter": python})
