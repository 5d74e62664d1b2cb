# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The base of action plugins that do their work themselves."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.task import Task
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.plugin_utils.controller import ControllerAction


class Action(ControllerAction):
    ARGUMENTS: ClassVar[dict[str, Any]] = {"number": {"type": "int", "default": 7}, "one": {"type": "str"}, "other": {"type": "str"}}
    RULES: ClassVar[dict[str, Any]] = {"mutually_exclusive": [("one", "other")]}

    def work(self, args: dict[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        if args["number"] == 13:
            raise ProvenError("No such number.", where="number", fix="take another")
        return {"got": args["number"], "seen": sorted(variables), **({"changed": True} if args["one"] else {})}

    def failure(self, error: ProvenError) -> dict[str, Any]:
        return {"about": error.where}


def run(variables: dict[str, Any] | None = None, **args: Any) -> dict[str, Any]:
    task = Task()
    task.args, task.action = args, "proven.webapp.spec"
    connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir=None))
    play_context: Any = SimpleNamespace(check_mode=False)
    return Action(task, connection, play_context, DataLoader(), None, None).run(None, variables)


def test_arguments_come_as_the_spec_makes_them() -> None:
    assert run({"a": 1}, number="12") == {"changed": False, "got": 12, "seen": ["a"]}
    assert run() == {"changed": False, "got": 7, "seen": []}


def test_a_change_is_told() -> None:
    assert run(one="x")["changed"]


def test_a_fault_is_a_failure_with_what_the_plugin_says_besides() -> None:
    result = run(number=13)
    assert (result["failed"], result["changed"], result["about"]) == (True, False, "number")
    assert result["msg"] == "No such number.\nWhere: number\nWhat to do: take another"


@pytest.mark.parametrize("args", [{"number": "many"}, {"nmber": 3}, {"one": "x", "other": "y"}])
def test_bad_arguments_never_reach_the_work(args: dict[str, Any]) -> None:
    with pytest.raises(Exception, match=r"number|nmber|one"):
        run(**args)
