# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Marks the beginning of a stage, so that the summary can say how long each took."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, ClassVar

from ansible.utils.display import Display
from ansible_collections.proven.webapp.plugins.plugin_utils.controller import ControllerAction

display = Display()


class ActionModule(ControllerAction):
    ARGUMENTS: ClassVar[dict[str, Any]] = {"name": {"type": "str", "required": True}}

    def work(self, args: dict[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        display.display(f"\n{args['name'].upper()}", color="bright blue")
        before = list(variables.get("webapp_stages", []))
        return {"ansible_facts": {"webapp_stages": [*before, {"name": args["name"], "start": round(time.time(), 2)}]}}
