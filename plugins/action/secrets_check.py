# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks all declared secrets before anything is changed; also what the other secrets plugins share.

Values never enter a task's arguments, results or facts: the plugins read them from the variables themselves. That is why their
tasks need no `no_log`, which would hide the errors from the user as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ansible.errors import AnsibleActionFail, AnsibleError, AnsibleUndefinedVariable
from ansible.parsing.vault import VaultHelper
from ansible.plugins.action import ActionBase
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._secrets.resolve import Resolved, resolve
from ansible_collections.proven.webapp.plugins.module_utils._secrets.schema import Fault, parse_schema
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


class SecretsAction(ActionBase):
    """Reads the arguments, resolves the secrets, and turns a ProvenError into the task's failure."""

    _supports_check_mode = True
    _supports_async = False
    _requires_connection = False

    SPEC: ClassVar[dict[str, dict[str, Any]]] = {
        "variable": {"type": "str", "required": True},
        "schema": {"type": "dict", "required": True},
        "components": {"type": "dict", "required": True},
        "generate": {"type": "bool", "required": True},
        "vault_file": {"type": "path", "required": True},
        "vault_id": {"type": "str", "required": True},
    }
    EXTRA: ClassVar[dict[str, dict[str, Any]]] = {}

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        _validation, args = self.validate_argument_spec(argument_spec={**self.SPEC, **self.EXTRA})
        try:
            return self.work(args, task_vars or {})
        except ProvenError as error:
            raise AnsibleActionFail(str(error)) from None

    def work(self, args: dict[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        """Do the plugin's own thing.

        :returns: the task's result, without any value.
        :raises ProvenError: what the user has to know.
        """
        raise NotImplementedError

    @property
    def passwords(self) -> dict[str, bytes]:
        """Vault id → password; of several with one id the first, which is the one that Ansible encrypts with."""
        return {vault_id: secret.bytes for vault_id, secret in reversed(self._loader._vault.secrets or [])}

    def resolve(self, args: Mapping[str, Any], variables: Mapping[str, Any], *, may_generate: bool) -> Resolved:
        """All values; raises one ProvenError that names every fault."""
        rules, faults = parse_schema(args["schema"])
        used = used_keys(args["components"])
        if args["generate"]:  # what an earlier task of this run generated isn't among the inventory's variables yet
            variables = {**self._load(Path(args["vault_file"])), **variables}
        source = VaultSource(args["variable"], variables, self._templar, self.passwords)
        resolved = resolve(source, rules, used, may_generate=may_generate)
        faults += resolved.faults
        if faults:
            where = f"{args['variable']} of {variables.get('inventory_dir', 'the inventory')}"
            raise ProvenError(_summary(faults), where=where, fix=_fixes(faults))
        return resolved

    def _load(self, path: Path) -> Mapping[str, Any]:
        if not path.exists():
            return {}
        try:
            data = self._loader.load_from_file(str(path), cache="none", trusted_as_template=True) or {}
        except AnsibleError:  # its message quotes the file
            data = None
        if not isinstance(data, Mapping):
            raise ProvenError("The vault file can't be read as a map of variables.", where=str(path), fix="Correct it, or move it away.")
        return data


def used_keys(components: Mapping[str, Any]) -> dict[str, list[str]]:
    """Component → the keys of the secrets that it uses.

    :param components: `webapp_components`; only `secrets` is looked at.
    """
    used: dict[str, list[str]] = {}
    for name, component in components.items():
        keys = (component or {}).get("secrets") or []
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            where = f"components.{name}.secrets"
            raise ProvenError("A component's secrets must be a list of key names.", where=where, fix="For example: [DATABASE_URL]")
        used[name] = [str(key) for key in keys]
    return used


def _summary(faults: list[Fault]) -> str:
    lines = [f"  {fault}" for fault in faults]
    return "\n".join(["The secrets are not in order; nothing was changed:", *lines])


def _fixes(faults: list[Fault]) -> str:
    fixes = dict.fromkeys(fault.fix or "Replace what doesn't keep its rule." for fault in faults)
    return " ".join(fixes)


class ActionModule(SecretsAction):
    """Says whether all secrets are there, can be decrypted, and keep their rules."""

    def work(self, args: dict[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        resolved = self.resolve(args, variables, may_generate=args["generate"])
        return {"changed": False, "keys": sorted(resolved.values), "to_generate": resolved.generated}
