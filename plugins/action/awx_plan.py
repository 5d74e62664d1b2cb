# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks the description of what AWX is to hold, and makes of it what the modules of awx.awx take."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.proven.webapp.plugins.module_utils._awx.plan import Plan
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

ARGUMENTS: dict[str, Any] = {
    "application": {"type": "str", "required": True},
    "environments": {"type": "dict", "required": True},
    "job_templates": {"type": "list", "elements": "dict", "default": []},
    "workflows": {"type": "list", "elements": "dict", "default": []},
    "schedules": {"type": "list", "elements": "dict", "default": []},
}


class ActionModule(ActionBase):
    _supports_check_mode = True
    _supports_async = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        _validation, args = self.validate_argument_spec(ARGUMENTS)
        try:
            plan = Plan(args["application"], args["environments"], args["job_templates"], args["workflows"], args["schedules"])
        except ProvenError as error:
            return {"failed": True, "changed": False, "msg": str(error)}
        return {"changed": False, "job_templates": plan.templates(), "workflows": plan.workflows(), "schedules": plan.schedules()}
