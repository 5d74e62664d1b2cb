# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Gives all that an inventory keeps encrypted with a vault id another password."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ansible.errors import AnsibleError
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible_collections.proven.webapp.plugins.module_utils import _private_file
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._secrets import rekey
from ansible_collections.proven.webapp.plugins.plugin_utils.controller import ControllerAction

PASSWORD_FILE = ".vault-password"
"""Where tools/vault-client.py finds the password of an inventory."""
NEW = "-new"
"""The new password is that of the vault id with this at its end."""


class ActionModule(ControllerAction):
    """What is new already stays: an interrupted run goes on."""

    ARGUMENTS: ClassVar[dict[str, Any]] = {"folder": {"type": "path", "required": True}, "vault_id": {"type": "str", "required": True}}

    def work(self, args: dict[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        folder, vault_id = Path(args["folder"]), args["vault_id"]
        given = {name: secret.bytes for name, secret in reversed(self._loader._vault.secrets or [])}
        file = folder / PASSWORD_FILE
        kept = file.exists() and vault_id + NEW not in given
        check = self._task.check_mode
        old = given.get(vault_id)
        new = self._make(file, write=not check) if kept else given.get(vault_id + NEW)
        if old is None or new is None:
            lacking = vault_id if old is None else vault_id + NEW
            raise ProvenError(
                f"No password was given for the vault id {lacking}.",
                where="--vault-id",
                fix=f"Give both, the old one and the new one: --vault-id {vault_id}@prompt --vault-id {vault_id}{NEW}@prompt",
            )
        if old == new:
            raise ProvenError("The new password is the old one.", where=f"--vault-id {vault_id}{NEW}", fix="Give another one.")
        found = rekey.changes(folder, Reencryption(vault_id, old, new))
        if not check:
            rekey.write(found)
            if kept:
                os.replace(_unfinished(file), file)
        files = {os.path.relpath(change.path, folder.resolve()): change.values for change in found}
        return {"changed": bool(found) or kept, "files": files, "vault_id": vault_id, "password_file": str(file) if kept else ""}

    @staticmethod
    def _make(file: Path, *, write: bool) -> bytes:
        """A new password, kept beside the old one until everything is encrypted with it; that of an interrupted run, if there is one."""
        unfinished = _unfinished(file)
        try:
            if not unfinished.exists():
                password = secrets.token_urlsafe(48)
                if not write:
                    return password.encode()
                _private_file.replace(unfinished, password + "\n")
            return unfinished.read_bytes().strip()
        except OSError as error:
            fix = "Make the folder writable."
            raise ProvenError(f"The new password can't be kept: {error.strerror}.", where=str(unfinished), fix=fix) from None


class Reencryption:
    """Opens with the old password and closes with the new one."""

    def __init__(self, vault_id: str, old: bytes, new: bytes) -> None:
        self._id = vault_id
        self._secret = VaultSecret(new)
        self._old, self._new = VaultLib([(vault_id, VaultSecret(old))]), VaultLib([(vault_id, self._secret)])

    def __call__(self, text: str, vault_id: str | None) -> str | None:
        if vault_id not in (None, self._id):
            return None
        content = _opened(self._old, text)
        if content is None:
            if vault_id is None or _opened(self._new, text) is not None:
                return None  # of another password without a name; or new already
            raise ValueError
        made: str = self._new.encrypt(content, secret=self._secret, vault_id=self._id).decode()
        if _opened(self._new, made) != content:
            raise ValueError
        return made


def _opened(vault: VaultLib, text: str) -> bytes | None:
    try:
        content: bytes = vault.decrypt(text)
    except AnsibleError:
        return None
    return content


def _unfinished(file: Path) -> Path:
    return file.with_name(file.name + ".new")
