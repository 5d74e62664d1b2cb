# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action plugin bases: the module of the same name, with its progress shown as it comes."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from typing import Any, Protocol

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.proven.webapp.plugins.module_utils._module import Call, answer

display = Display()


class Module(Protocol):
    """What a module's file gives (see module_utils/_module.py); RULES is optional."""

    ARGUMENTS: dict[str, Any]

    def run(self, call: Call) -> dict[str, Any]: ...


class ProgressAction(ActionBase):
    """Runs the module on the target; where the target is this machine, shows progress while it runs.

    On a remote target the module runs just the same, without the live lines.
    """

    _supports_check_mode = True
    _supports_async = False
    POLL_SECONDS = 0.25

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        args = dict(self._task.args)
        if not self._is_local():
            return dict(self._execute_module(module_args=args, task_vars=task_vars))
        handle, path = tempfile.mkstemp(prefix="proven-progress-")
        os.close(handle)
        done = threading.Event()
        follower = threading.Thread(target=self._follow, args=(path, done), daemon=True)
        follower.start()
        try:
            return dict(self._execute_module(module_args={**args, "progress_file": path}, task_vars=task_vars))
        finally:
            done.set()
            follower.join()
            os.unlink(path)

    def _is_local(self) -> bool:
        return getattr(self._connection, "transport", "") in ("local", "ansible.builtin.local")

    def _follow(self, path: str, done: threading.Event) -> None:
        """Show each complete line of the file until `done`, and what is left then."""
        rest = ""
        with open(path, encoding="utf-8") as file:
            while True:
                last_round = done.is_set()
                rest += file.read()
                *lines, rest = rest.split("\n")
                for line in lines:
                    display.display(f"    {line}")
                if last_round:
                    return
                done.wait(self.POLL_SECONDS)


class LocalAction(ProgressAction):
    """Does the module's work in this process where that is the same, and else runs the module.

    It is the same on this machine as this user: another user, an environment of the task's own, or another Python reach a module only.
    """

    MODULE: Module

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        if not self._is_plain(task_vars or {}):
            if "progress_file" in self.MODULE.ARGUMENTS:
                return super().run(tmp, task_vars)
            return dict(self._execute_module(task_vars=task_vars))
        _validation, params = self.validate_argument_spec(argument_spec=dict(self.MODULE.ARGUMENTS), **getattr(self.MODULE, "RULES", {}))
        began, warnings = time.monotonic(), list[str]()

        def say(text: str) -> None:
            display.display(f"    {time.monotonic() - began:6.1f}s  {text}")

        call = Call(params, self._task.check_mode, self._task.diff, say, warnings.append)
        result = answer(self.MODULE.run, call)
        return {**result, "warnings": warnings} if warnings else result

    def _is_plain(self, variables: Mapping[str, Any]) -> bool:
        python = variables.get("ansible_python_interpreter") or "auto"
        if self._templar:
            python = self._templar.template(python)
        own_python = str(python).startswith("auto") or python == sys.executable
        return self._is_local() and own_python and not self._play_context.become and not any(self._task.environment or [])
