"""Adding to a file of variables loses nothing."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import yaml
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._secrets.vault_file import HEADER, add, added

NEW = {"new": "$ANSIBLE_VAULT;1.2;AES256;dev\n6162\n"}
BLOCK = "new: !vault |\n  $ANSIBLE_VAULT;1.2;AES256;dev\n  6162\n"


def parse(text: str) -> object:
    return yaml.load(text, Loader=yaml.BaseLoader) or None  # it reads nothing as an empty text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", HEADER + BLOCK),
        ("---\n", "---\n" + BLOCK),
        ("# mine\na: 1", "# mine\na: 1\n" + BLOCK),
        ("a: |\n  text\n", "a: |\n  text\n" + BLOCK),
        ("old: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  00\n", "old: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  00\n" + BLOCK),
    ],
)
def test_appends(before: str, after: str) -> None:
    assert added(before, NEW, parse, where="f") == after


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ("$ANSIBLE_VAULT;1.1;AES256\n00\n", "encrypted as a whole"),
        ("new: 1\n", "already holds new"),
        ("- a\n", "isn't a map"),
        ("a: [1\n", "isn't YAML"),
        ("{a: 1}\n", "isn't YAML"),
        ("a: 1\n...\n", "isn't YAML"),
    ],
)
def test_refuses_what_it_would_spoil(tmp_path: Path, before: str, words: str) -> None:
    file = tmp_path / "vault.yml"
    file.write_text(before)
    with pytest.raises(ProvenError, match=words):
        add(file, NEW, parse)
    assert file.read_text() == before
    assert list(tmp_path.iterdir()) == [file]


def test_the_file_is_its_owners_and_a_link_stays_one(tmp_path: Path) -> None:
    target = tmp_path / "real.yml"
    target.write_text("a: 1\n")
    target.chmod(0o644)
    link = tmp_path / "vault.yml"
    link.symlink_to(target)
    add(link, NEW, parse)
    assert link.is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert target.read_text() == "a: 1\n" + BLOCK


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ProvenError, match="can't be stored"):
        add(tmp_path / "file" / "vault.yml", NEW, parse)
