# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Backup and restore, without a database: what stands for the container's programs fails where it is told to, and nothing may be lost.
A real PostgreSQL is in tests/integration/awx/test_database.py."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._database import dump
from ansible_collections.proven.webapp.plugins.module_utils._database.pod import Broken, Pod
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

ARCHIVE = b"PGDMP and what follows"


class Container(Pod):
    """Databases by name, and the programs that work on them.

    :ivar breaks: word in a command or a script that makes it fail.
    """

    databases: dict[str, str]
    breaks: str
    read: list[bytes]

    def run(self, words: Sequence[str], *, given: IO[bytes] | bytes = b"", out: IO[bytes] | None = None) -> str:
        content = given if isinstance(given, bytes) else os.read(given.fileno(), 1 << 20)
        self.read.append(content)
        if self.breaks and self.breaks in f"{' '.join(words)} {content.decode()}":
            raise Broken(f"{words[0]} failed: as the test wants it")
        if words[0] == "pg_dump":
            assert out
            os.write(out.fileno(), ARCHIVE)
        if words[0] == "pg_restore" and not words[1].startswith("--file"):
            self.databases[words[-1].partition("=")[2]] = content.decode()
        if words[0] == "psql":
            return self._psql(
                {word[6:].partition("=")[0]: word[6:].partition("=")[2] for word in words if word.startswith("--set=")}, content.decode()
            )
        return ""

    def _psql(self, values: dict[str, str], script: str) -> str:
        if script.startswith("SELECT count"):
            return f"{int(values['db'] in self.databases)}\n"
        if "CREATE DATABASE" in script:
            self.databases[values["new"]] = ""
        elif "RENAME" in script:
            self.databases[values["aside"]] = self.databases.pop(values["db"])
            self.databases[values["db"]] = self.databases.pop(values["new"])
        elif script.startswith("DROP"):
            self.databases.pop(values["db"], None)
        return ""


def container(breaks: str = "", **databases: str) -> Container:
    made = Container((), "here", "postgres", 60)
    for name, value in {"databases": databases or {"shop": "old"}, "breaks": breaks, "read": []}.items():
        object.__setattr__(made, name, value)
    return made


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    path = tmp_path / "shop.dump"
    path.write_bytes(ARCHIVE)
    return path


def test_a_backup_is_read_back_and_its_owners_alone(tmp_path: Path) -> None:
    pod, path = container(), tmp_path / "new/shop.dump"
    answer = dump.save(pod, "shop", path)
    assert path.read_bytes() == ARCHIVE == pod.read[-1]
    assert answer["size_bytes"] == len(ARCHIVE)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("breaks", ["pg_dump", "pg_restore"])
def test_a_backup_that_fails_leaves_no_file(tmp_path: Path, breaks: str) -> None:
    with pytest.raises(ProvenError):
        dump.save(container(breaks), "shop", tmp_path / "shop.dump")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_left_alone(backup: Path) -> None:
    with pytest.raises(ProvenError, match="There is a file of that name already"):
        dump.save(container(), "shop", backup)


def test_a_restoration_keeps_what_was_there(backup: Path) -> None:
    pod = container(shop="old", shop_before_restore="older")
    assert dump.restore(pod, "shop", backup) == "shop_before_restore"
    assert pod.databases == {"shop": ARCHIVE.decode(), "shop_before_restore": "old"}
    dump.back(pod, "shop")
    assert pod.databases == {"shop": "old"}


@pytest.mark.parametrize("breaks", ["/dev/null", "CREATE DATABASE", "--single-transaction", "ANALYZE", "ALLOW_CONNECTIONS false", "RENAME"])
def test_a_restoration_that_fails_changes_nothing(backup: Path, breaks: str) -> None:
    pod = container(breaks)
    with pytest.raises(ProvenError):
        dump.restore(pod, "shop", backup)
    assert pod.databases == {"shop": "old"}


@pytest.mark.parametrize(("content", "words"), [(b"SELECT 1", "no backup"), (b"", "no backup")])
def test_what_is_no_backup(backup: Path, content: bytes, words: str) -> None:
    backup.write_bytes(content)
    pod: Any = container()
    with pytest.raises(ProvenError, match=words):
        dump.restore(pod, "shop", backup)
    assert pod.read == []


def test_a_database_that_is_not_there(backup: Path) -> None:
    with pytest.raises(ProvenError, match="There is no database shop"):
        dump.restore(container(other="x"), "shop", backup)


def test_long_names_are_not_cut_off_by_postgresql() -> None:
    assert len(dump.aside("x" * 63)) == 63
    assert dump.aside("x" * 63).endswith("_before_restore")
