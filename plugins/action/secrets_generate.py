# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Generates the missing secrets that have a generator, and stores them encrypted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.parsing.vault import VaultLib, match_best_secret
from ansible_collections.proven.webapp.plugins.action.secrets_check import SecretsAction
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._secrets import vault_file
from ansible_collections.proven.webapp.plugins.plugin_utils.vault_source import is_throw_away


class ActionModule(SecretsAction):
    """In check mode it says what it would generate, and leaves nothing behind."""

    def work(self, args: dict[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        if self.out_of_reach(args):
            return {"changed": False, "generated": [], "vault_file": str(args["vault_file"])}
        resolved = self.resolve(args, variables, may_generate=args["generate"])
        path = Path(args["vault_file"])
        if resolved.stored and not self._task.check_mode:
            encrypted = self._encrypt(resolved.stored, args["vault_id"])
            vault_file.add(path, encrypted, lambda text: self._loader.load(text, file_name=str(path)))
        return {"changed": bool(resolved.stored), "generated": resolved.generated, "vault_file": str(path)}

    def _encrypt(self, values: Mapping[str, str], vault_id: str) -> dict[str, str]:
        match = match_best_secret(self._loader._vault.secrets, [vault_id])
        if match is None:
            raise ProvenError(
                f"No password was given for the vault id {vault_id}, which generated secrets are to be encrypted with.",
                where="--vault-id, or vault_identity_list in ansible.cfg",
                fix=f"Run again with --vault-id {vault_id}@prompt.",
            )
        secret = match[1]
        if is_throw_away(secret.bytes):
            raise ProvenError(
                f"There is no lasting password for the vault id {vault_id}: what is encrypted now could never be opened again.",
                where=f"inventories/{vault_id}/.vault-password",
                fix=f"Run with -i inventories/{vault_id} from the project's folder, which must be writable; or set the secrets yourself.",
            )
        vault = VaultLib()
        return {name: vault.encrypt(value, secret=secret, vault_id=vault_id).decode() for name, value in values.items()}
