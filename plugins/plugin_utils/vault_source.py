# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets from Ansible's own variables, encrypted by Ansible Vault."""

from __future__ import annotations

import binascii
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

    def where(self, key: str) -> str:
        name = self.store_as(key)
        if name is None:
            return f"{self._variable}.{key}" if key in self._declared else "nowhere"
        header = _header(self._variables.get(name))
        how = f"vault id {_vault_id(header)}" if header else "not encrypted" if name in self._variables else "not set"
        return f"variable {name} ({how})"

    def store_as(self, key: str) -> str | None:
        raw = self._declared.get(key)
        reference = REFERENCE.fullmatch(raw.strip()) if isinstance(raw, str) else None
        return reference.group(1) if reference else None

    def read(self, key: str) -> Reading:
        if key not in self._declared:
            return Missing(f"is missing: it isn't in {self._variable}", fix=f"Declare it in {self._variable}.")
        raw = self._declared[key]
        name = self.store_as(key)
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
        text = VaultHelper.get_ciphertext(encrypted, with_tags=False) or ""
        vault_id = _vault_id(_header(encrypted))
        if not is_whole(text):
            of = f" (variable {name})" if name else ""
            return Unreadable(
                f"is damaged or cut short{of}", fix="Take the vault file from version control again, or encrypt the value anew."
            )
        problem = f"can't be decrypted ({f'variable {name}, ' if name else ''}vault id {vault_id})"
        password = self._passwords.get(vault_id)
        if password is None:
            fix = f"No password was given for the vault id {vault_id}: run again with --vault-id {vault_id}@prompt."
        elif is_throw_away(password):
            fix = f"The password of the vault id {vault_id} isn't on this machine: put inventories/{vault_id}/.vault-password back."
        else:
            fix = (
                f"The password given for the vault id {vault_id} is not the one that this was encrypted with: give the right one; "
                "or the value is damaged."
            )
        return Unreadable(problem, fix)


def _is_vault_error(error: BaseException | None) -> bool:
    """Whether a vault error is at the bottom of it; templating wraps it in one of its own."""
    while error is not None:
        if "Vault" in type(error).__name__:
            return True
        error = error.__cause__ or error.__context__
    return False


def _header(encrypted: object) -> list[str]:
    """The parts of a vault text's first line; empty of what isn't one."""
    first = (VaultHelper.get_ciphertext(encrypted, with_tags=False) or "").split("\n", 1)[0]
    return first.split(";") if first.startswith("$ANSIBLE_VAULT") else []


def _vault_id(header: list[str]) -> str:
    return header[3].strip() if len(header) > 3 else "default"


def is_whole(text: str) -> bool:
    """Whether a vault text has all its parts: salt, check sum and content, as hex within hex."""
    try:
        outer = binascii.unhexlify("".join(text.split("\n")[1:]).replace(" ", ""))
        salt, checksum, content = (binascii.unhexlify(part) for part in outer.split(b"\n", 2))
    except ValueError:
        return False
    return bool(salt) and len(checksum) == 32 and bool(content) and len(content) % 16 == 0
