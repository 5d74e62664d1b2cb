# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Ansible's own tools, and those of its community, say of the collection as Galaxy would get it. Nothing is told to be ignored."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.quality.tree import BIN, COLLECTIONS, ROOT, built, copied, environment, unpacked


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("archive"))


@pytest.fixture(scope="session")
def collection(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked(archive, tmp_path_factory.mktemp("collection"))


def run(*words: str | Path, folder: Path, **env: str) -> str:
    """What a tool of the virtual environment says; it has to be content."""
    command = [str(BIN / words[0]), *map(str, words[1:])]
    done = subprocess.run(command, cwd=folder, env={**environment(), **env}, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
    return done.stdout + done.stderr


UNITS = ("tests/unit/plugins/", "tests/unit/spec/", "tests/unit/release_state/")
"""Of the unit tests, those of what Ansible sees; the step `unit` runs them all."""


def test_nothing_is_ignored(collection: Path) -> None:
    assert not list(collection.rglob("tests/sanity/*"))
    assert not list((ROOT / "tests").glob("sanity/*"))


def test_sanity(collection: Path) -> None:
    said = run("ansible-test", "sanity", "--requirements", "--lint", folder=collection)
    assert 'Running sanity test "validate-modules"' in said
    assert 'Running sanity test "import" on Python 3.' in said


def test_units(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = copied(tmp_path_factory.mktemp("units"))
    said = run("ansible-test", "units", "--python", f"3.{sys.version_info.minor}", *UNITS, folder=folder)
    assert " passed" in said


def test_documentation(collection: Path) -> None:
    """Everything that can be used is described, in markup that Ansible's site renders."""
    what = ("--plugin-docs", "--skip-rstcheck", "--validate-collection-refs", "self")
    paths = f"{collection.parents[2]}{os.pathsep}{COLLECTIONS}"
    run("antsibull-docs", "lint-collection-docs", *what, ".", folder=collection, ANSIBLE_COLLECTIONS_PATH=paths)


def test_site() -> None:
    """The documentation site can be made, without a warning."""
    run("python", ROOT / "tools/docs.py", folder=ROOT)
    assert "helm_apply" in (ROOT / "build/docs/index.html").read_text()
    assert (ROOT / "build/docs/release_role.html").exists()


def test_changelog(collection: Path) -> None:
    run("antsibull-changelog", "lint", folder=collection)


def test_licences() -> None:
    run("reuse", "lint", "--quiet", folder=ROOT)


def test_galaxy_takes_it(archive: Path, tmp_path: Path) -> None:
    """The importer of Ansible Galaxy reads the archive; what it grumbles at would be shown on its page."""
    settings = tmp_path / "importer.cfg"
    # The step lint runs ansible-lint, by stricter rules.
    settings.write_text("[galaxy-importer]\nrun_ansible_lint = False\n")
    code = "import sys; from galaxy_importer.main import main; sys.exit(main())"
    said = run("python", "-c", code, archive, folder=tmp_path, GALAXY_IMPORTER_CONFIG=str(settings))
    assert "Importer processing completed successfully" in said
    lines = [line for line in said.splitlines() if "WARNING" in line or "ERROR" in line]
    assert not lines, "\n".join(lines)
