# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The archive that Galaxy would get: all that the roles need, and nothing that belongs to this machine."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[2]
STAYS_HERE = {
    *(".venv", ".git", ".ci", ".ansible", ".mypy_cache", ".pytest_cache", ".ruff_cache", "build", "artifacts"),
    *("node_modules", ".next", ".vault-password", "vault.yml", ".env"),
}


@pytest.fixture(scope="module")
def archived(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Paths of the files in the archive."""
    folder = tmp_path_factory.mktemp("archive")
    galaxy = str(Path(sys.executable).parent / "ansible-galaxy")
    command = [galaxy, "collection", "build", str(ROOT), "--output-path", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=300)
    with tarfile.open(next(folder.glob("proven-webapp-*.tar.gz"))) as archive:
        return {member.name for member in archive if member.isfile()}


def test_what_the_collection_needs_is_in_it(archived: set[str]) -> None:
    needed = {
        str(path.relative_to(ROOT))
        for folder in ("meta", "plugins", "roles", "playbooks")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert "roles/release/files/chart/values.schema.json" in needed
    assert needed - archived == set()


def test_what_belongs_to_this_machine_is_not(archived: set[str]) -> None:
    assert {name for name in archived if STAYS_HERE & set(PurePosixPath(name).parts)} == set()
