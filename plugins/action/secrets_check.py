# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks all declared secrets before anything is changed; also what the other secrets plugins share.

Values never enter a task's arguments, results or facts: the plugins read them from the variables themselves. That is why their
tasks need no `no_log`, which would hide the errors from the user as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from ansible.errors import AnsibleError
from ansible.parsing.vault import VaultLib, match_best_secret
from ansible_collections.proven.webapp.plugins.module_utils._api import KUBECONFIG_ARGUMENTS
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._secrets import vault_file
from ansible_collections.proven.webapp.plugins.module_utils._secrets.resolve import Resolved, resolve
from ansible_collections.proven.webapp.plugins.module_utils._secrets.schema import Fault, parse_schema
from ansible_collections.proven.webapp.plugins.module_utils._secrets.source import Source
from ansible_collections.proven.webapp.plugins.plugin_utils.controller import ControllerAction
from ansible_collections.proven.webapp.plugins.plugin_utils.secret_sources import OPTIONS, Request, open_source
from ansible_collections.proven.webapp.plugins.plugin_utils.vault_source import is_throw_away


class SecretsAction(ControllerAction):
    """Resolves the secrets. What it returns has no value in it."""

    ARGUMENTS: ClassVar[dict[str, Any]] = {
        "variable": {"type": "str", "required": True},
        "schema": {"type": "dict", "required": True},
        "components": {"type": "dict", "required": True},
        "generate": {"type": "bool", "required": True},
        "vault_file": {"type": "path", "required": True},
        "vault_id": {"type": "str", "required": True},
        "source": {"type": "str", "choices": list(OPTIONS), "default": "vault"},
        "tools": {"type": "dict", "default": {}},
        **KUBECONFIG_ARGUMENTS,
        "cluster_present": {"type": "bool", "default": True},
    }

    @property
    def passwords(self) -> dict[str, bytes]:
        """Vault id → password; of several with one id the first, which is the one that Ansible encrypts with."""
        return {vault_id: secret.bytes for vault_id, secret in reversed(self._loader._vault.secrets or [])}

    def resolve(self, args: Mapping[str, Any], variables: Mapping[str, Any], *, may_generate: bool, partial: bool = False) -> Resolved:
        """All values; raises one ProvenError that names every fault.

        :param partial: that a key is missing is none.
        """
        rules, faults = parse_schema(args["schema"])
        if args["source"] == "vault":
            faults += _twice(Path(args["vault_file"]))
        resolved = resolve(self.source(args, variables), rules, used_keys(args["components"]), may_generate=may_generate)
        faults += [fault for fault in resolved.faults if not (partial and fault.key in resolved.missing)]
        if faults:
            where = f"{args['variable']} of {variables.get('inventory_dir', 'the inventory')}"
            raise ProvenError(_summary(faults), where=where, fix=_fixes(faults))
        return resolved

    def source(self, args: Mapping[str, Any], variables: Mapping[str, Any]) -> Source:
        """Where the inventory's secrets come from."""
        if args["generate"]:  # what an earlier task of this run generated isn't among the inventory's variables yet
            variables = {**self._load(Path(args["vault_file"])), **variables}
        return open_source(
            Request(
                source=args["source"],
                variable=args["variable"],
                variables=variables,
                templar=self._templar,
                loader=self._loader,
                passwords=self.passwords,
                tools=args["tools"],
                kubeconfig=args["kubeconfig"] or "",
                context=args["context"] or "",
            )
        )

    @staticmethod
    def out_of_reach(args: Mapping[str, Any]) -> bool:
        """Whether the secrets are in a cluster that isn't there yet, so that there is nothing to be read."""
        return args["source"] == "cluster" and not args["cluster_present"]

    def encrypt(self, values: Mapping[str, str], vault_id: str) -> dict[str, str]:
        """Name → vault text.

        :raises ProvenError: there is no lasting password for the vault id.
        """
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

    def parser(self, path: Path) -> Callable[[str], object]:
        """Reads the text of a file of variables as Ansible does."""
        return lambda text: self._loader.load(text, file_name=str(path))

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


def _twice(path: Path) -> list[Fault]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return []  # what can't be read is told where it is needed
    return [Fault(name, f"is in {path.name} twice", "Remove one of the two.") for name in vault_file.twice(text)]


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
        if self.out_of_reach(args):
            _rules, faults = parse_schema(args["schema"])
            if faults:
                raise ProvenError(_summary(faults), where="webapp_secrets_schema", fix="Correct the schema.")
            return {"changed": False, "keys": [], "to_generate": []}
        resolved = self.resolve(args, variables, may_generate=args["generate"])
        return {"changed": False, "keys": sorted(resolved.values), "to_generate": resolved.generated}
