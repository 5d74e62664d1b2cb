# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looks at what a release would do, and refuses what the cluster would refuse, before anything is applied."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, ClassVar

from ansible import constants
from ansible.utils.display import Display
from ansible_collections.proven.webapp.plugins.module_utils._audit.engine import FAIL_ON
from ansible_collections.proven.webapp.plugins.module_utils._audit.exceptions import read_entry
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._preview.fault import Refused
from ansible_collections.proven.webapp.plugins.module_utils._preview.helm import Helm
from ansible_collections.proven.webapp.plugins.module_utils._preview.look import DRIVER, DRIVERS
from ansible_collections.proven.webapp.plugins.module_utils._preview.run import Preview, Request, preview
from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import ERROR
from ansible_collections.proven.webapp.plugins.module_utils._release import claim
from ansible_collections.proven.webapp.plugins.plugin_utils.controller import ControllerAction

display = Display()
COLOURS = {"+": constants.COLOR_DIFF_ADD, "-": constants.COLOR_DIFF_REMOVE, "@": constants.COLOR_DIFF_LINES}


class ActionModule(ControllerAction):
    ARGUMENTS: ClassVar[dict[str, Any]] = {
        **claim.RELEASE_ARGUMENTS,
        "binary_path": {"type": "path"},
        "chart_ref": {"type": "path", "required": True},
        "release_values": {"type": "dict", "required": True},
        "recreate": {"type": "list", "elements": "str", "default": []},
        "made_earlier": {"type": "list", "elements": "str", "default": []},
        "audit_ignore": {"type": "list", "elements": "dict", "default": []},
        "audit_fail_on": {"type": "str", "choices": list(FAIL_ON), "default": ERROR},
    }

    def work(self, args: dict[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        found = preview(self._request(args))
        self._show(found)
        return {
            "unchanged": found.unchanged,
            "missing": list(found.missing),
            "objects": found.objects,
            "recreate": [item.as_dict() for item in found.recreate],
            "not_checked": list(found.not_checked),
            **({"diff": {"prepared": found.diff}} if found.diff else {}),
        }

    def failure(self, error: ProvenError) -> dict[str, Any]:
        return {"faults": [fault.as_dict() for fault in error.faults]} if isinstance(error, Refused) else {}

    def _request(self, args: dict[str, Any]) -> Request:
        return Request(
            place=claim.place_of(args),
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
