# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Watches a rollout in this process where the target is this machine: a module would first have to be carried, started and imported."""

from __future__ import annotations

import importlib.util
import time
from typing import Any

from ansible.utils.display import Display
from ansible_collections.proven.webapp.plugins.module_utils._rollout.task import ARGUMENTS, run
from ansible_collections.proven.webapp.plugins.plugin_utils.progress import ProgressAction

if importlib.util.find_spec("kubernetes"):
    # Here once, and not in each of the tasks' processes, which are forked from this one.
    import kubernetes.client
    import kubernetes.config  # noqa: F401

display = Display()


class ActionModule(ProgressAction):
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        if not self._is_local() or not importlib.util.find_spec("kubernetes"):
            return super().run(tmp, task_vars)
        _validation, args = self.validate_argument_spec(ARGUMENTS)
        began = time.monotonic()
        result = run(args, check=self._task.check_mode, say=lambda text: display.display(f"    {time.monotonic() - began:6.1f}s  {text}"))
        for warning in result.pop("warnings", ()):
            display.warning(warning)
        return result

    def _is_local(self) -> bool:
        return getattr(self._connection, "transport", "") in ("local", "ansible.builtin.local")
