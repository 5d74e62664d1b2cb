# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Adding encrypted values to a file of variables, without losing anything that is in it."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from ansible_collections.proven.webapp.plugins.module_utils import _private_file
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

HEADER = "---\n# Each value is encrypted by itself (ansible-vault encrypt_string); the names stay readable.\n"
BY_HAND = "Move the file away, or add the values yourself with: ansible-vault encrypt_string"

Parse = Callable[[str], object]
"""Text of the file → its variables, as Ansible reads them."""


class How(Protocol):
    """Makes the file's new text of its old one."""

    def __call__(self, text: str, encrypted: Mapping[str, str], parse: Parse, *, where: str) -> str: ...


def added(text: str, encrypted: Mapping[str, str], parse: Parse, *, where: str) -> str:
    """The file's text with the values appended; what was there stays as it was, to the letter.

    :param encrypted: variable → vault text ("$ANSIBLE_VAULT;…", several lines).
    :raises ProvenError: the file can't be added to.
    """
    if text.startswith("$ANSIBLE_VAULT"):
        raise ProvenError(
            "The vault file is encrypted as a whole, so that new values can't be added to it.",
            where=where,
            fix="Decrypt it (ansible-vault decrypt) and encrypt each value by itself (ansible-vault encrypt_string), or add them yourself.",
        )
    before = _variables(text, parse, where)
    if there := [name for name in encrypted if name in before]:
        raise ProvenError(
            f"The vault file already holds {', '.join(there)}, but this inventory doesn't use it, or the value is empty.",
            where=where,
            fix="Give these a value, or remove them to have new ones generated; and see that the file lies in the inventory's group_vars.",
        )
    new = text if text.strip() else HEADER
    if not new.endswith("\n"):
        new += "\n"
    for name, vaulttext in encrypted.items():
        new += f"{name}: !vault |\n" + "".join(f"  {line}\n" for line in vaulttext.strip().splitlines())
    if set(_variables(new, parse, where)) != {*before, *encrypted}:
        raise ProvenError("Values can't be added at the end of the vault file.", where=where, fix=BY_HAND)
    return new


def changed(text: str, encrypted: Mapping[str, str], parse: Parse, *, where: str) -> str:
    """The file's text with the values replaced where they are, or appended; all else stays as it was, to the letter.

    :raises ProvenError: the file can't be changed.
    """
    before = _variables(text, parse, where) if not text.startswith("$ANSIBLE_VAULT") else {}
    new = text
    for name in encrypted.keys() & before.keys():
        # The key's line and what belongs to it: lines that are empty or further in
        block = re.compile(rf"^{re.escape(name)}[ \t]*:.*(?:\n(?=[ \t]|\n).*)*(?:\n|\Z)", re.MULTILINE)
        if len(block.findall(new)) != 1:
            raise ProvenError(f"The value of {name} can't be found in the vault file.", where=where, fix=BY_HAND)
        new = block.sub("", new)
    new = added(new, encrypted, parse, where=where)
    after = _variables(new, parse, where)
    if any(str(after.get(name)) != str(value) for name, value in before.items() if name not in encrypted):
        raise ProvenError("Values can't be replaced in the vault file.", where=where, fix=BY_HAND)
    return new


def twice(text: str) -> list[str]:
    """Variables that the file gives a value twice, of which only the last would count."""
    names = re.findall(r"^(?:([A-Za-z_]\w*)|\"([A-Za-z_]\w*)\"|'([A-Za-z_]\w*)')[ \t]*:(?:\s|$)", text, re.MULTILINE)
    flat = ["".join(groups) for groups in names]
    return sorted({name for name in flat if flat.count(name) > 1})


def _variables(text: str, parse: Parse, where: str) -> Mapping[str, object]:
    try:
        data = parse(text) if text.strip() else {}
    except Exception:  # the parser's message quotes the file
        raise ProvenError("The vault file isn't YAML that values can be added to.", where=where, fix=BY_HAND) from None
    data = {} if data is None else data
    if not isinstance(data, Mapping):
        raise ProvenError("The vault file isn't a map of variables.", where=where, fix=BY_HAND)
    return data


def add(path: Path, encrypted: Mapping[str, str], parse: Parse, how: How = added) -> None:
    """Write `added` or `changed` to the file: all or nothing, readable by its owner only, one writer at a time.

    :raises ProvenError: the file or its folder can't be written.
    """
    path = path.resolve()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _lock(path.parent):
            text = path.read_text(encoding="utf-8") if path.exists() else ""
            _private_file.replace(path, how(text, encrypted, parse, where=str(path)))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it isn't UTF-8 text"
        raise ProvenError(
            f"The generated secrets can't be stored: {reason}.", where=str(path), fix="Make the file and its folder writable."
        ) from None


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
