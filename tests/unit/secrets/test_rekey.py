# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Another password for all files of a folder: each value, nothing else, all or nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible_collections.proven.webapp.plugins.action.secrets_rekey import Reencryption
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._secrets import rekey

OLD, NEW, OTHER = b"old-password", b"new-password", b"other-password"


def vault(value: str, password: bytes = OLD, vault_id: str | None = "prod", indent: str = "") -> str:
    text = VaultLib().encrypt(value, secret=VaultSecret(password), vault_id=vault_id).decode()
    return "".join(f"{indent}{line}\n" for line in text.strip().splitlines())


def opened(text: str, password: bytes) -> str:
    match = rekey.VAULT.search(text)
    assert match is not None
    lines = [match["head"], *(line.strip() for line in match["body"].splitlines())]
    return str(VaultLib([("x", VaultSecret(password))]).decrypt("\n".join(lines)).decode())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    group = tmp_path / "prod/group_vars/all"
    group.mkdir(parents=True)
    (group / "vault.yml").write_text(
        "# mine\na: !vault |\n" + vault("one", indent="  ") + "plain: 1\nb: !vault |\n" + vault("two", indent="    ")
    )
    (group / "whole.yml").write_text(vault("c: three\n"))
    (group / "old.yml").write_text(vault("d: four\n", vault_id=None))
    (group / "other.yml").write_text("e: !vault |\n" + vault("five", OTHER, "shared", "  "))
    (group / "foreign.yml").write_text(vault("f: six\n", OTHER, None))
    (group / "plain.yml").write_text("g: $ANSIBLE\n")
    (tmp_path / "elsewhere.yml").write_text(vault("h: seven\n"))
    (group / "link.yml").symlink_to(tmp_path / "elsewhere.yml")
    return tmp_path / "prod"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_all_that_has_the_password_and_nothing_else(folder: Path) -> None:
    before = contents(folder)
    (folder / "group_vars/all/vault.yml").chmod(0o640)
    found = rekey.changes(folder, Reencryption("prod", OLD, NEW))
    assert contents(folder) == before, "looking changes nothing"
    assert {change.path.name: change.values for change in found} == {"vault.yml": 2, "whole.yml": 1, "old.yml": 1}
    rekey.write(found)
    after = contents(folder)
    assert {Path(name).name for name in before if before[name] != after[name]} == {"vault.yml", "whole.yml", "old.yml"}
    assert after.keys() == before.keys()
    assert (folder / "group_vars/all/vault.yml").stat().st_mode & 0o777 == 0o640
    text = (folder / "group_vars/all/vault.yml").read_text()
    assert text.startswith("# mine\na: !vault |\n  $ANSIBLE_VAULT;1.2;AES256;prod\n")
    assert "\nplain: 1\nb: !vault |\n    $ANSIBLE_VAULT;1.2;AES256;prod\n" in text
    assert [opened(part, NEW) for part in text.split("plain: 1")] == ["one", "two"]
    assert opened((folder / "group_vars/all/whole.yml").read_text(), NEW) == "c: three\n"
    assert opened((folder / "group_vars/all/old.yml").read_text(), NEW) == "d: four\n"
    # An interrupted run goes on; a finished one does nothing
    assert rekey.changes(folder, Reencryption("prod", OLD, NEW)) == []


def test_a_value_that_no_password_opens(folder: Path) -> None:
    with (folder / "group_vars/all/vault.yml").open("a") as file:
        file.write("z: !vault |\n" + vault("sentinel", OTHER, "prod", "  "))
    lines = (folder / "group_vars/all/vault.yml").read_text().splitlines()
    before = contents(folder)
    with pytest.raises(ProvenError, match="can't be decrypted; nothing was changed") as caught:
        rekey.changes(folder, Reencryption("prod", OLD, NEW))
    number = max(index for index, line in enumerate(lines) if "ANSIBLE_VAULT" in line) + 1
    assert f"vault.yml, line {number} (vault id prod)" in str(caught.value)
    assert contents(folder) == before


@pytest.mark.parametrize("cut", ["$ANSIBLE_VAULT;1.2;AES256;prod\n", "x: !vault |\n  $ANSIBLE_VAULT;1.2;AES256;prod\n  not hex\n"])
def test_a_value_that_is_cut_short(folder: Path, cut: str) -> None:
    (folder / "cut.yml").write_text(cut)
    with pytest.raises(ProvenError, match="damaged or cut short"):
        rekey.changes(folder, Reencryption("prod", OLD, NEW))


def test_a_file_that_cannot_be_replaced_brings_back_the_others(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(folder)
    found = rekey.changes(folder, Reencryption("prod", OLD, NEW))
    really, calls = os.replace, []

    def replace(source: Path, target: Path) -> None:
        calls.append(target)
        if len(calls) == 2:
            raise PermissionError(13, "Permission denied", str(target))
        really(source, target)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(ProvenError, match="Nothing was changed"):
        rekey.write(found)
    assert contents(folder) == before
