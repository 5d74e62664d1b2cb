# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks the description of what AWX is to hold, and makes of it what the modules of awx.awx take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible_collections.proven.webapp.plugins.module_utils._awx.plan import Plan
from ansible_collections.proven.webapp.plugins.plugin_utils.controller import ControllerAction


class ActionModule(ControllerAction):
    ARGUMENTS: ClassVar[dict[str, Any]] = {
        "application": {"type": "str", "required": True},
        "environments": {"type": "dict", "required": True},
        "job_templates": {"type": "list", "elements": "dict", "default": []},
        "workflows": {"type": "list", "elements": "dict", "default": []},
        "schedules": {"type": "list", "elements": "dict", "default": []},
    }

    def work(self, args: dict[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        plan = Plan(args["application"], args["environments"], args["job_templates"], args["workflows"], args["schedules"])
        return {"job_templates": plan.templates(), "workflows": plan.workflows(), "schedules": plan.schedules()}
