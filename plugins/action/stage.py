# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Marks the beginning of a stage, so that the summary can say how long each took."""

from __future__ import annotations

import time
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

display = Display()


class ActionModule(ActionBase):
    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        _validation, args = self.validate_argument_spec({"name": {"type": "str", "required": True}})
        display.display(f"\n{args['name'].upper()}", color="bright blue")
        before = list((task_vars or {}).get("webapp_stages", []))
        return {"changed": False, "ansible_facts": {"webapp_stages": [*before, {"name": args["name"], "start": round(time.time(), 2)}]}}
