# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The base of action plugins that do all of the work themselves, on the controller."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible.plugins.action import ActionBase
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError


class ControllerAction(ActionBase):
    """Reads the arguments, does the work, and turns a ProvenError into the task's failure.

    :cvar ARGUMENTS: the argument spec.
    :cvar RULES: what it asks for besides, such as required_one_of.
    """

    _supports_check_mode = True
    _supports_async = False
    _requires_connection = False

    ARGUMENTS: ClassVar[dict[str, Any]] = {}
    RULES: ClassVar[dict[str, Any]] = {}

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        _validation, args = self.validate_argument_spec(argument_spec=self.ARGUMENTS, **self.RULES)
        try:
            return {"changed": False, **self.work(args, task_vars or {})}
        except ProvenError as error:
            return {"failed": True, "changed": False, "msg": str(error), **self.failure(error)}

    def work(self, args: dict[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        """Do the plugin's own thing.

        :param args: as ARGUMENTS makes them.
        :returns: the task's result.
        :raises ProvenError: what the user has to know.
        """
        raise NotImplementedError

    def failure(self, error: ProvenError) -> dict[str, Any]:
        """What a failure returns besides its message."""
        return {}
