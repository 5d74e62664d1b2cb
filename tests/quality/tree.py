# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The collection where Ansible's own tools want it: below a folder `ansible_collections`, and what these tools need around it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from types import SimpleNamespace

from tests.matrix.schemas import CACHE

ROOT = Path(__file__).resolve().parents[2]
COLLECTIONS = ROOT / ".venv/collections"
BIN = Path(sys.executable).parent
PYTHONS = (11, 12, 13, 14)
"""Minor versions of Python 3 that the collection runs with; those that this machine has are used."""
HOME = CACHE / "ansible-test"
"""ansible-test keeps the environments of its tests in the home folder."""
GET_PIP = """\
# ansible-test's own copy comes from a server of Ansible's; Python's brings one, too.
import ensurepip
import os
import runpy
import sys

known = dict(os.environ)
ensurepip.bootstrap()
# It has switched pip's configuration off.
os.environ.clear()
os.environ.update(known)
sys.argv = ["pip", "install", "--quiet", *[word for word in sys.argv[1:] if not word.startswith("--no-")]]
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""


def built(folder: Path, source: Path = ROOT) -> Path:
    """The archive that Galaxy would get, made in a folder."""
    command = [str(BIN / "ansible-galaxy"), "collection", "build", str(source), "--force", "--output-path", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=300)
    return next(folder.glob("proven-webapp-*.tar.gz"))


def unpacked(archive: Path, folder: Path) -> Path:
    """The collection out of its archive, in a checkout of its own: what git ignores around it is no matter."""
    target = folder / "ansible_collections/proven/webapp"
    target.mkdir(parents=True)
    with tarfile.open(archive) as content:
        content.extractall(target, filter="data")
    subprocess.run(["git", "init", "--quiet"], cwd=target, check=True)
    return target


def copied(folder: Path) -> Path:
    """The collection with its tests, and those that it needs beside it."""
    target = folder / "ansible_collections/proven/webapp"
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        if os.path.lexists(ROOT / name):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name, follow_symlinks=False)
    for path in (COLLECTIONS / "ansible_collections").iterdir():
        if path.is_dir() and path.name != "proven":
            (folder / "ansible_collections" / path.name).symlink_to(path)
    subprocess.run(["git", "init", "--quiet"], cwd=target, check=True)
    return target


def environment() -> dict[str, str]:
    """For Ansible's tools: all Pythons within reach, and a home of their own with pip's configuration."""
    from ansible_test._internal.python_requirements import get_venv_packages  # type: ignore[import-untyped]

    (HOME / ".config").mkdir(parents=True, exist_ok=True)
    for name in (".config/pip", ".pip"):
        if (Path.home() / name).exists() and not (HOME / name).exists():
            (HOME / name).symlink_to(Path.home() / name)
    cache = HOME / ".ansible/test/cache"
    cache.mkdir(parents=True, exist_ok=True)
    for minor in PYTHONS:
        pip = get_venv_packages(SimpleNamespace(version=f"3.{minor}"))["pip"]
        (cache / f"get_pip_{pip.replace('.', '_')}.py").write_text(GET_PIP)
    pythons = [path.parent for minor in PYTHONS for path in Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python3.{minor}")]
    path = os.pathsep.join(map(str, (BIN, *pythons, os.environ["PATH"])))
    return {**os.environ, "HOME": str(HOME), "PATH": path, "LC_ALL": "C.UTF-8"}
