# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Another password for all that a folder of variables keeps encrypted by Ansible Vault: all of it or nothing."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

HEAD = r"\$ANSIBLE_VAULT;\d+\.\d+;AES256(?:;(?P<id>[^\s;]+))?"
VAULT = re.compile(rf"(?P<indent>[ \t]*)(?P<head>{HEAD})[ \t]*\n(?P<body>(?:(?P=indent)[0-9a-fA-F]+[ \t]*(?:\n|\Z))+)")
"""A vault text, alone in its file or as a block of YAML."""
BEGINNING = re.compile(r"^[ \t]*\$ANSIBLE_VAULT;", re.MULTILINE)
LARGEST = 50 * 1024 * 1024

Reencrypt = Callable[[str, Optional[str]], Optional[str]]  # noqa: UP045
"""(vault text, its vault id) → the new vault text; None leaves it as it is. Raises ValueError where no password opens it."""


@dataclass(frozen=True)
class Change:
    """One file.

    :ivar values: how many vault texts of it are new.
    """

    path: Path
    before: bytes
    after: bytes
    values: int


def changes(folder: Path, reencrypt: Reencrypt) -> list[Change]:
    """What would become of each file below the folder; links out of it belong to somebody else.

    :raises ProvenError: a value can't be opened, or a file can't be read; nothing is changed.
    """
    found = []
    root = folder.resolve()
    for path in sorted(_files(folder)):
        if path.is_symlink() and root not in path.resolve().parents:
            continue
        try:
            before = path.read_bytes() if path.stat().st_size <= LARGEST else b""
        except OSError as error:
            raise ProvenError(
                f"A file of the inventory can't be read: {error.strerror}.", where=str(path), fix="Make it readable."
            ) from None
        if b"$ANSIBLE_VAULT;" not in before:
            continue
        after, values = rewritten(before.decode("utf-8", errors="surrogateescape"), reencrypt, str(path))
        if values:
            found.append(Change(path.resolve(), before, after.encode("utf-8", errors="surrogateescape"), values))
    return list({change.path: change for change in found}.values())


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and not path.name.startswith("."):
            yield path


def rewritten(text: str, reencrypt: Reencrypt, where: str) -> tuple[str, int]:
    """The text with its vault texts new, and how many there were."""
    count = 0

    def one(match: re.Match[str]) -> str:
        nonlocal count
        indent = match["indent"]
        lines = [match["head"], *(line.strip() for line in match["body"].splitlines())]
        try:
            new = reencrypt("\n".join(lines) + "\n", match["id"])
        except ValueError:
            line = text.count("\n", 0, match.start()) + 1
            fix = "Give the password that it was encrypted with, or take the file from version control again if it is damaged."
            what = "A value can't be decrypted; nothing was changed."
            raise ProvenError(what, where=f"{where}, line {line} (vault id {match['id'] or 'none'})", fix=fix) from None
        if new is None:
            return match[0]
        count += 1
        end = "\n" if match[0].endswith("\n") else ""
        return "\n".join(indent + line for line in new.strip().splitlines()) + end

    new = VAULT.sub(one, text)
    if len(BEGINNING.findall(text)) > len(VAULT.findall(text)):
        fix = "Take the file from version control again, or encrypt the value anew."
        raise ProvenError("A value is damaged or cut short; nothing was changed.", where=where, fix=fix)
    return new, count


def write(found: list[Change]) -> None:
    """Replace all files. Each is written beside its place first; where one can't be put there, those before it get back what they had.

    :raises ProvenError: nothing was changed.
    """
    ready: list[tuple[Change, Path]] = []
    done: list[Change] = []
    try:
        for change in found:
            unfinished = _beside(change.path, change.after)
            ready.append((change, unfinished))
        for change, unfinished in ready:
            os.replace(unfinished, change.path)
            done.append(change)
    except BaseException as error:
        for change in done:
            os.replace(_beside(change.path, change.before), change.path)
        if isinstance(error, OSError):
            fix = "Make the inventory's folder and its files writable."
            what = f"The files can't be replaced: {error.strerror}. Nothing was changed."
            raise ProvenError(what, where=str(error.filename or ""), fix=fix) from None
        raise
    finally:
        for _change, unfinished in ready:
            with suppress(FileNotFoundError):
                unfinished.unlink()


def _beside(path: Path, content: bytes) -> Path:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), path.stat().st_mode & 0o777)
            os.fsync(file.fileno())
    except BaseException:
        os.unlink(name)
        raise
    return Path(name)
