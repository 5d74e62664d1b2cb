# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Output for a person who waits: stages, progress, what changed, what failed."""

from __future__ import annotations

DOCUMENTATION = r"""
name: brief
type: stdout
short_description: Shows what changed and what failed
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - As P(ansible.builtin.default#callback), but a task that changed nothing shows its warnings and messages only, and one that failed
    its message and what its program printed.
  - With C(-v) every task is shown.
extends_documentation_fragment:
  - default_callback
  - result_format_callback
requirements:
  - C(stdout_callback = proven.webapp.brief) in the configuration
"""

from typing import Any

from ansible import constants as C
from ansible.playbook.task_include import TaskInclude
from ansible.plugins.callback.default import CallbackModule as Default

PRINTED = ("stdout", "stderr", "module_stdout", "module_stderr")
"""What a program printed says more than its exit code."""
MESSAGES = ("ansible.builtin.debug", "ansible.legacy.debug", "debug")


class CallbackModule(Default):
    """The default callback, with less of what nobody needs."""

    CALLBACK_NAME = "proven.webapp.brief"

    @property
    def _brief(self) -> bool:
        return bool(self._display.verbosity == 0)

    def get_option(self, k: str, hostvars: dict[str, Any] | None = None) -> Any:
        if self._brief and k in ("display_ok_hosts", "display_skipped_hosts"):
            return False
        return super().get_option(k, hostvars)

    def v2_runner_on_ok(self, result: Any) -> None:
        if not self._brief or (result.result.get("changed") and not isinstance(result.task, TaskInclude)):
            super().v2_runner_on_ok(result)
            return
        self._handle_warnings_and_exception(result)
        if result.task.action not in MESSAGES:
            return
        if isinstance(result.result.get("msg"), str):
            self._display.display(f"    {result.result['msg']}")
        else:
            # A variable, or a list: as it is told everywhere else.
            self._clean_results(result.result, result.task.action)
            self._display.display(self._dump_results(result.result))

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        if not self._brief or ignore_errors or result.task.loop:
            super().v2_runner_on_failed(result, ignore_errors)
            return
        if self._last_task_banner != result.task._uuid:
            self._print_task_banner(result.task)
        # The message is in here, line by line; the default says it once more as one line of JSON.
        self._handle_warnings_and_exception(result)
        printed = [str(result.result[name]).rstrip() for name in PRINTED if result.result.get(name)]
        self._display.display("\n".join([f"fatal: [{self.host_label(result)}]: FAILED!", *printed]), color=C.COLOR_ERROR)

    def v2_playbook_on_include(self, included_file: Any) -> None:
        if not self._brief:
            super().v2_playbook_on_include(included_file)
