# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action plugin base: runs the module of the same name and shows its progress lines as they come."""

from __future__ import annotations

import os
import tempfile
import threading
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

display = Display()


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
        local = getattr(self._connection, "transport", "") in ("local", "ansible.builtin.local")
        if not local:
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
