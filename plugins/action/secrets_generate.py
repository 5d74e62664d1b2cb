# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Generates the missing secrets that have a generator, and stores them encrypted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ansible_collections.proven.webapp.plugins.action.secrets_check import SecretsAction
from ansible_collections.proven.webapp.plugins.module_utils._secrets import vault_file


class ActionModule(SecretsAction):
    """In check mode it says what it would generate, and leaves nothing behind."""

    ARGUMENTS: ClassVar[dict[str, Any]] = {**SecretsAction.ARGUMENTS, "partial": {"type": "bool", "default": False}}

    def work(self, args: dict[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        path = Path(args["vault_file"])
        if self.out_of_reach(args):
            return {"changed": False, "generated": [], "vault_file": str(path), "missing": []}
        resolved = self.resolve(args, variables, may_generate=args["generate"], partial=args["partial"])
        if resolved.stored and not self._task.check_mode:
            vault_file.add(path, self.encrypt(resolved.stored, args["vault_id"]), self.parser(path))
        missing = [{"key": key, "variable": name} for key, name in sorted(resolved.missing.items())]
        return {"changed": bool(resolved.stored), "generated": resolved.generated, "vault_file": str(path), "missing": missing}
