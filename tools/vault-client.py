#!/usr/bin/env python3
"""Prints the password of a vault id, for Ansible: `vault_identity_list = dev@tools/vault-client.py`.

    tools/vault-client.py --vault-id dev

The password lies in inventories/<vault id>/.vault-password, readable by its owner only. For the id `dev` a strong one is made the
first time that ansible-playbook really runs on inventories/dev. Where nothing may be left behind (check mode, syntax check, listing,
ansible-lint, ansible-inventory, another inventory, a read-only project) and no file is there, it prints a throw-away password, which
opens nothing and which nothing is ever encrypted with.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import secrets
import stat
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GENERATED_FOR = "dev"
THROW_AWAY = "throw-away-"
"""plugins/plugin_utils/vault_source.py knows a throw-away password by this."""

UNKNOWN_ID = 2
"""Exit code that tells Ansible that this client has no password for the id."""


def die(text: str, code: int = 1) -> None:
    print(f"vault-client: {text}", file=sys.stderr)
    sys.exit(code)


def read(path: Path) -> str:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        die(f"{path} can be read by others (mode {mode:04o}). What to do: chmod 600 {path}")
    password = path.read_text(encoding="utf-8").strip()
    if not password:
        die(f"{path} is empty. What to do: put the password back, or remove the file to have a new one made.")
    return password


def caller() -> list[str]:
    """The command line of the Ansible program that this was started by; empty where there is none."""
    pid = os.getppid()
    while pid > 1:
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
            status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return []
        # The program is the first word, or the script that the interpreter runs
        for position, word in enumerate(words[:3]):
            if os.path.basename(word).startswith("ansible"):
                return words[position:]
        pid = int(status.rpartition(")")[2].split()[1])
    return []


def really_runs_on(folder: Path, command: list[str]) -> bool:
    """Whether the command is an ansible-playbook that changes things, on the inventory in the folder."""
    if not command or os.path.basename(command[0]) != "ansible-playbook":
        return False
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    parser.add_argument("-i", "--inventory", "--inventory-file", action="append", dest="inventory", default=[])
    looks = ["--syntax-check", "--list-hosts", "--list-tasks", "--list-tags", "--version"]
    parser.add_argument("-C", "--check", *looks, "-h", "--help", action="store_true", dest="looks")
    parser.add_argument("-v", "-D", "-b", "-k", "-K", "-J", action="store_true", dest="flag")
    parser.add_argument("-e", "-l", "-t", "-u", "-c", "-f", "-T", "-M", dest="value")
    try:
        options = parser.parse_known_args(command[1:])[0]
    except argparse.ArgumentError:
        return False
    if options.looks:
        return False
    # Without -i it is ansible.cfg's, which is this one
    inventories = options.inventory or [name for name in os.environ.get("ANSIBLE_INVENTORY", "").split(",") if name] or [str(folder)]
    return any(folder in (path := Path(name).resolve(), *path.parents) for name in inventories)


def encrypted_already(folder: Path, vault_id: str) -> Path | None:
    """A file of variables that is encrypted with this id: a new password would never open it."""
    header = re.compile(rf"\$ANSIBLE_VAULT;1\.2;AES256;{re.escape(vault_id)}\s")
    for path in sorted(folder.rglob("*.yml")):
        if header.search(path.read_text(encoding="utf-8", errors="replace")):
            return path
    return None


def make(path: Path) -> str:
    """Make the file with a new password; if another process was faster, take its."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".vault-password-")  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        os.unlink(temporary)
    return read(path)


def password_of(vault_id: str) -> str:
    folder = ROOT / "inventories" / vault_id
    path = folder / ".vault-password"
    if path.exists():
        return read(path)
    if vault_id != GENERATED_FOR:
        die(f"{path} is not there. What to do: put the password there (mode 0600), or use --vault-id {vault_id}@prompt.", UNKNOWN_ID)
    if not really_runs_on(folder, caller()):
        return THROW_AWAY + secrets.token_urlsafe(32)
    if locked := encrypted_already(folder, vault_id):
        die(f"{path} is not there, but {locked} is encrypted with it. What to do: put the file back, or remove {locked} for new secrets.")
    try:
        return make(path)
    except OSError:
        return THROW_AWAY + secrets.token_urlsafe(32)


def main() -> None:
    parser = argparse.ArgumentParser(description="Print the password of a vault id.")
    parser.add_argument("--vault-id", required=True)
    vault_id = parser.parse_args().vault_id
    if not re.fullmatch(r"[A-Za-z0-9_-]+", vault_id):
        die(f"{vault_id!r} isn't a vault id of an inventory", UNKNOWN_ID)
    try:
        print(password_of(vault_id))
    except OSError as error:
        die(f"{error.filename} can't be read: {error.strerror}")


if __name__ == "__main__":
    main()
