# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets from files that SOPS has encrypted. The program `sops` opens them; no value is ever written or shown."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

TIMEOUT = 120
NO_KEY, MAC_MISMATCH, NO_FILE = 128, 51, 100
"""Exit codes of sops."""


class SopsStore:
    """The top-level entries of encrypted YAML, JSON or dotenv files.

    :param file: the one that is meant where a key names no other.
    :param program: path of sops.
    :param age_key_file: the file with the identities of age; empty for what sops finds by itself.
    """

    def __init__(self, file: Path, *, program: str, age_key_file: str, environment: Mapping[str, str]) -> None:
        self._file = file
        self._program = program
        self._environment = {**environment, **({"SOPS_AGE_KEY_FILE": age_key_file} if age_key_file else {})}

    def fetch(self, place: str) -> Mapping[str, Any] | None:
        path = self._path(place)
        where = str(path)
        if not path.exists():
            raise ProvenError("There is no such file of secrets.", where=where, fix=f"Make it: sops edit {path}")
        self._check_key_file()
        command = [self._program, "decrypt", "--output-type", "json", str(path)]
        try:
            done = subprocess.run(
                command, env=self._environment, cwd=path.parent, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT, check=False
            )
        except OSError as error:
            fix = "Set secrets_source_options.binary, or put sops on the PATH."
            raise ProvenError(f"sops can't be started: {error.strerror}.", where=self._program, fix=fix) from None
        except subprocess.TimeoutExpired:
            fix = "See whether the key service that the file is encrypted for answers."
            raise ProvenError(f"sops hasn't opened the file within {TIMEOUT} seconds.", where=where, fix=fix) from None
        if done.returncode:
            raise _failure(done.returncode, done.stderr.decode(errors="replace"), where)
        try:
            held = json.loads(done.stdout)
        except ValueError:
            held = None
        if not isinstance(held, dict):
            raise ProvenError("The decrypted file isn't a map of names to values.", where=where, fix="Give each key one line: KEY: value")
        return held

    def where(self, place: str, entry: str) -> str:
        return f"entry {entry} in {self._path(place).name}"

    def fix(self, place: str, entry: str) -> str:
        return f"Add it: sops edit {self._path(place)}"

    def _path(self, place: str) -> Path:
        return self._file.parent / place if place else self._file

    def _check_key_file(self) -> None:
        """A private key that others can read is none."""
        environment = self._environment
        home = environment.get("XDG_CONFIG_HOME") or os.path.join(environment.get("HOME", ""), ".config")
        path = Path(environment.get("SOPS_AGE_KEY_FILE") or os.path.join(home, "sops/age/keys.txt"))
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
        except OSError:
            if environment.get("SOPS_AGE_KEY_FILE"):
                fix = "Put the file there, or set secrets_source_options.age_key_file."
                raise ProvenError("The key file of age isn't there.", where=str(path), fix=fix) from None
            return
        if mode & 0o077:
            raise ProvenError(f"The key file of age can be read by others (mode {mode:04o}).", where=str(path), fix=f"chmod 600 {path}")


def _failure(code: int, said: str, where: str) -> ProvenError:
    """What sops says may quote the file, so that its words are looked at and not passed on."""
    if code == NO_KEY or "data key" in said:
        return ProvenError(
            "None of the keys at hand opens the file of secrets.",
            where=where,
            fix="Have the private key that it is encrypted for: secrets_source_options.age_key_file, or SOPS_AGE_KEY_FILE or SOPS_AGE_KEY.",
        )
    if code == MAC_MISMATCH or "MAC mismatch" in said:
        fix = "Take the file from version control again; change it by sops edit alone."
        return ProvenError("The file of secrets was changed without sops, or is damaged (MAC mismatch).", where=where, fix=fix)
    if "metadata not found" in said:
        return ProvenError("The file isn't encrypted with sops.", where=where, fix=f"Encrypt it: sops encrypt --in-place {where}")
    return ProvenError(
        f"sops can't open the file of secrets (exit code {code}): it is cut short, or isn't a file of sops.",
        where=where,
        fix=f"Take the file from version control again; see what sops says: sops decrypt {where} >/dev/null",
    )
