# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looks at this machine's Docker engine from here, in a few milliseconds; all else is the module's."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.proven.webapp.plugins.module_utils._docker import engine
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError


class ActionModule(ActionBase):
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        local = getattr(self._connection, "transport", "") in ("local", "ansible.builtin.local")
        # What a task sets for its environment, and another user, reach the module only.
        plain = local and not self._play_context.become and not any(self._task.environment or [])
        if not plain or self._task.args.get("state") != "queried":
            return dict(self._execute_module(task_vars=task_vars))
        _validation, args = self.validate_argument_spec(engine.ARGUMENTS)
        try:
            return engine.result(engine.look(args["runtime"]), args["runtime"], changed=False, started=False)
        except ProvenError as error:
            return {"failed": True, "changed": False, "msg": str(error)}
