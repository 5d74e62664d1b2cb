# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets from Ansible's own variables, encrypted by Ansible Vault."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleError, AnsibleUndefinedVariable
from ansible.parsing.vault import VaultHelper
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._secrets.source import Missing, Reading, Source, Unreadable, Value

THROW_AWAY = b"throw-away-"
"""How a password begins that tools/vault-client.py makes up where it must leave nothing behind."""

REFERENCE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")


def is_throw_away(password: bytes) -> bool:
    return password.startswith(THROW_AWAY)


class VaultSource:
    """Ansible's own variables: a map of key → template, whose variables are kept encrypted by Ansible Vault.

    :param variable: the name of the map.
    :param variables: all variables, untemplated.
    :param templar: the task's templar.
    :param passwords: vault id → password, as given to this run.
    """

    def __init__(self, variable: str, variables: Mapping[str, Any], templar: Any, passwords: Mapping[str, bytes]) -> None:
        self._variable = variable
        self._variables = dict(variables)
        self._templar = templar.copy_with_new_env(available_variables=self._variables)
        self._passwords = passwords
        self._declared = variables.get(variable, {})
        if not isinstance(self._declared, Mapping):
            raise ProvenError(
                f"{variable} isn't a map of names to values.",
                where=variable,
                fix="Write it out key by key ({DATABASE_URL: '{{ vault_database_url }}', …}), not as a template of the whole.",
            )

    def keys(self) -> list[str]:
        return [str(key) for key in self._declared]

    def having(self, stored: Mapping[str, str]) -> Source:
        return VaultSource(self._variable, {**self._variables, **stored}, self._templar, self._passwords)

    def read(self, key: str) -> Reading:
        if key not in self._declared:
            return Missing(f"is missing: it isn't in {self._variable}", fix=f"Declare it in {self._variable}.")
        raw = self._declared[key]
        reference = REFERENCE.fullmatch(raw.strip()) if isinstance(raw, str) else None
        name = reference.group(1) if reference else None
        try:
            value = self._templar.template(raw)
        except AnsibleUndefinedVariable:
            return Missing(
                "is missing: " + (f"the variable {name} isn't set" if name else f"a variable that {self._variable}.{key} uses isn't set"),
                fix=f"Set {name or 'the variable'} in a vault file of the inventory (ansible-vault encrypt_string --vault-id ID@prompt).",
                store_as=name,
            )
        except AnsibleError as error:  # its message may quote a value: only its kind goes on
            if not _is_vault_error(error):
                return Unreadable("its template can't be evaluated", fix=f"Correct {self._variable}.{key}.")
            return self._undecryptable(name, self._variables.get(name) if name else raw)
        if value is None or value == "":
            return Missing(f"is empty{f' (variable {name})' if name else ''}", fix="Give it a value, or remove it.")
        if not isinstance(value, str):
            return Unreadable("isn't text", fix="Put the value in quotes.")
        try:
            value.encode()
        except UnicodeEncodeError:
            return Unreadable("isn't UTF-8 text", fix="Keep binary content as base64.")
        return Value(str(value))

    def _undecryptable(self, name: str | None, encrypted: object) -> Unreadable:
        header = (VaultHelper.get_ciphertext(encrypted, with_tags=False) or "").split("\n", 1)[0].split(";")
        vault_id = header[3].strip() if len(header) > 3 else "default"
        problem = f"can't be decrypted ({f'variable {name}, ' if name else ''}vault id {vault_id})"
        password = self._passwords.get(vault_id)
        if password is None:
            fix = f"No password was given for the vault id {vault_id}: run again with --vault-id {vault_id}@prompt."
        elif is_throw_away(password):
            fix = f"The password of the vault id {vault_id} isn't on this machine: put inventories/{vault_id}/.vault-password back."
        else:
            fix = f"The password given for the vault id {vault_id} is not the one that this was encrypted with: give the right one."
        return Unreadable(problem, fix)


def _is_vault_error(error: BaseException | None) -> bool:
    """Whether a vault error is at the bottom of it; templating wraps it in one of its own."""
    while error is not None:
        if "Vault" in type(error).__name__:
            return True
        error = error.__cause__ or error.__context__
    return False
