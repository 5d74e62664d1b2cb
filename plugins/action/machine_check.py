# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs the machine_check "module" on the controller: it reads a few files in a few milliseconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible_collections.proven.webapp.plugins.module_utils._machine.look import look
from ansible_collections.proven.webapp.plugins.module_utils._machine.rules import GIB, Needs, problems
from ansible_collections.proven.webapp.plugins.plugin_utils.controller import ControllerAction


class ActionModule(ControllerAction):
    ARGUMENTS: ClassVar[dict[str, Any]] = {
        "memory_mib": {"type": "int", "required": True},
        "disk_gib": {"type": "dict", "required": True},
        "docker": {"type": "bool", "required": True},
    }

    def work(self, args: dict[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        needs = Needs(
            memory=args["memory_mib"] * 1024**2,
            disk={folder: int(float(size) * GIB) for folder, size in args["disk_gib"].items()},
            docker=args["docker"],
        )
        found = problems(look(needs.disk), needs)
        if found:
            text = "\n".join(f"- {problem}" for problem in found)
            return {
                "failed": True,
                "msg": f"This machine can't do it, and nothing was changed:\n{text}",
                "problems": found,
            }
        return {"problems": []}
