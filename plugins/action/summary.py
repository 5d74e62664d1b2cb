# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The last words of a run: where the application is, what was done, and how long it took."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, ClassVar

from ansible.utils.display import Display
from ansible_collections.proven.webapp.plugins.plugin_utils.controller import ControllerAction
from ansible_collections.proven.webapp.plugins.plugin_utils.summary import Summary, image_lines, release_line, render, tool_line

display = Display()
NOT_SHOWN_LINES = 6


class ActionModule(ControllerAction):
    ARGUMENTS: ClassVar[dict[str, Any]] = {
        "name": {"type": "str", "required": True},
        "verdict": {"type": "str", "required": True},
        "urls": {"type": "list", "elements": "str", "default": []},
        "release": {
            "type": "dict",
            "default": {},
            "options": {
                "name": {"type": "str", "default": ""},
                "revision": {"type": "int", "default": 0},
                "changed": {"type": "bool", "default": False},
                "namespace": {"type": "str", "default": ""},
            },
        },
        "images": {"type": "dict", "default": {}},
        "cluster": {"type": "str", "default": ""},
        "report": {"type": "str", "default": ""},
        "not_shown": {"type": "list", "elements": "str", "default": []},
        "tools": {
            "type": "dict",
            "default": {},
            "options": {
                "source": {"type": "str", "default": ""},
                "reason": {"type": "str", "default": ""},
                "made": {"type": "dict", "default": {}},
            },
        },
    }

    def work(self, args: dict[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        stages = list(variables.get("webapp_stages", []))
        check_mode = bool(self._task.check_mode)
        summary = Summary(
            title=f"{args['name']}: {args['verdict']}",
            facts=[
                ("url", "\n".join(args["urls"])),
                ("release", release_line(**args["release"]) if args["release"] else ""),
                ("images", image_lines(args["images"], check_mode)),
                ("cluster", args["cluster"]),
                ("not shown", "\n".join(args["not_shown"][:NOT_SHOWN_LINES])),
                ("report", args["report"]),
                ("tools", tool_line(**args["tools"]) if args["tools"] else ""),
            ],
            stages=[(str(stage["name"]), float(stage["start"])) for stage in stages],
            end=time.time(),
        )
        display.display("\n" + render(summary) + "\n")
        return {}
