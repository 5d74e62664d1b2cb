# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The last words of a run: where the application is, what was done, and how long it took."""

from __future__ import annotations

import time
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.proven.webapp.plugins.plugin_utils.summary import Summary, render

display = Display()


class ActionModule(ActionBase):
    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        _validation, args = self.validate_argument_spec(
            {
                "name": {"type": "str", "required": True},
                "verdict": {"type": "str", "required": True},
                "facts": {"type": "list", "elements": "list", "default": []},
            }
        )
        stages = list((task_vars or {}).get("webapp_stages", []))
        summary = Summary(
            title=f"{args['name']}: {args['verdict']}",
            facts=[(str(name), str(value)) for name, value in args["facts"] if value not in (None, "")],
            stages=[(str(stage["name"]), float(stage["start"])) for stage in stages],
            end=time.time(),
        )
        display.display("\n" + render(summary) + "\n")
        return {"changed": False}
