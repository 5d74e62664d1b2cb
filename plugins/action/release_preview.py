# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looks at what a release would do, and refuses what the cluster would refuse, before anything is applied."""

from __future__ import annotations

import os
from typing import Any

from ansible import constants
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.plugins.module_utils._audit.engine import FAIL_ON
from ansible_collections.proven.webapp.plugins.module_utils._audit.exceptions import read_entry
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._preview.fault import Refused
from ansible_collections.proven.webapp.plugins.module_utils._preview.helm import Helm
from ansible_collections.proven.webapp.plugins.module_utils._preview.look import DRIVER, DRIVERS
from ansible_collections.proven.webapp.plugins.module_utils._preview.run import Preview, Request, preview
from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import ERROR
from ansible_collections.proven.webapp.plugins.module_utils._release import claim

display = Display()
COLOURS = {"+": constants.COLOR_DIFF_ADD, "-": constants.COLOR_DIFF_REMOVE, "@": constants.COLOR_DIFF_LINES}


class ActionModule(ActionBase):
    _supports_check_mode = True
    _supports_async = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        _validation, args = self.validate_argument_spec(
            {
                **claim.RELEASE_ARGUMENTS,
                "binary_path": {"type": "path"},
                "chart_ref": {"type": "path", "required": True},
                "release_values": {"type": "dict", "required": True},
                "recreate": {"type": "list", "elements": "str", "default": []},
                "made_earlier": {"type": "list", "elements": "str", "default": []},
                "audit_ignore": {"type": "list", "elements": "dict", "default": []},
                "audit_fail_on": {"type": "str", "choices": list(FAIL_ON), "default": ERROR},
            }
        )
        try:
            found = preview(self._request(args))
        except Refused as error:
            return {"failed": True, "changed": False, "msg": str(error), "faults": [fault.as_dict() for fault in error.faults]}
        except ProvenError as error:
            return {"failed": True, "changed": False, "msg": str(error)}
        self._show(found)
        return {
            "changed": False,
            "unchanged": found.unchanged,
            "missing": list(found.missing),
            "objects": found.objects,
            "recreate": [item.as_dict() for item in found.recreate],
            "not_checked": list(found.not_checked),
            **({"diff": {"prepared": found.diff}} if found.diff else {}),
        }

    def _request(self, args: dict[str, Any]) -> Request:
        return Request(
            place=claim.Place(Api(args["kubeconfig"], args["context"]), args["release"], args["namespace"]),
            helm=Helm(args["binary_path"] or "", args["kubeconfig"], args["context"]),
            chart=args["chart_ref"],
            values=args["release_values"],
            recreate=args["recreate"],
            made_earlier=args["made_earlier"],
            ignores=[read_entry(entry, f"audit_ignore[{index}]") for index, entry in enumerate(args["audit_ignore"])],
            fail_on=args["audit_fail_on"],
            check=self._task.check_mode,
            diff=self._task.diff,
        )

    def _show(self, found: Preview) -> None:
        """The difference, which callbacks show of changed tasks only, and what isn't in it."""
        for line in found.diff.splitlines():
            display.display(line, color=COLOURS.get(line[:1]))
        for item in found.missing:
            display.display(f"    {item} was removed by somebody, and will be made again")
        for doomed in found.recreate:
            display.display(f"    {doomed.object} will be deleted and made again")
        for reason in found.not_checked:
            display.display(f"    not checked: {reason}")
        driver = os.environ.get(DRIVER, "")
        if driver not in DRIVERS:
            display.display(f"    not checked: what was there before: Helm keeps it elsewhere ({DRIVER} is {driver})")
