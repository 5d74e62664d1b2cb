# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs the machine_check "module" on the controller: it reads a few files in a few milliseconds."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.proven.webapp.plugins.module_utils._machine.look import look
from ansible_collections.proven.webapp.plugins.module_utils._machine.rules import GIB, Needs, problems


class ActionModule(ActionBase):
    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        _validation, args = self.validate_argument_spec(
            {
                "memory_mib": {"type": "int", "required": True},
                "disk_gib": {"type": "dict", "required": True},
                "docker": {"type": "bool", "required": True},
            }
        )
        needs = Needs(
            memory=args["memory_mib"] * 1024**2,
            disk={folder: int(float(size) * GIB) for folder, size in args["disk_gib"].items()},
            docker=args["docker"],
        )
        found = problems(look(needs.disk), needs)
        if found:
            text = "\n".join(f"- {problem}" for problem in found)
            return {
                "changed": False,
                "failed": True,
                "msg": f"This machine can't do it, and nothing was changed:\n{text}",
                "problems": found,
            }
        return {"changed": False, "problems": []}
