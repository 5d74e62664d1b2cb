# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The oldest and the newest ansible-core: each reads every playbook, and runs the tests of what touches it."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.matrix.schemas import CACHE
from tools.bootstrap import version_of

ROOT = Path(__file__).resolve().parents[2]
COLLECTIONS = ROOT / ".venv/collections"
TESTS = ("tests/unit/plugins", "tests/unit/test_roles.py")
MORE = ("pytest==9.*", "pytest-xdist==3.*", "hypothesis==6.*", "cryptography>=42")


@dataclass(frozen=True)
class Core:
    """:ivar pythons: minor versions of Python 3, the best first; the oldest ansible-core is for the oldest."""

    version: str
    pythons: tuple[int, ...]

    @property
    def python(self) -> str | None:
        """Path of an interpreter that works: on the PATH, or from pyenv, whose own commands don't where it is set to another version."""
        for minor in self.pythons:
            found = [shutil.which(f"python3.{minor}") or "", *map(str, Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python3"))]
            for path in filter(None, found):
                if version_of(path) == (3, minor):
                    return path
        return None


CORES = (Core("2.19.14", (11,)), Core("2.21.*", (14, 13, 12)))


def environment(core: Core, python: str) -> Path:
    """A virtual environment with it, made once; whoever asks meanwhile waits."""
    folder = CACHE / "matrix" / f"ansible-core-{core.version.replace('*', 'x')}"
    stamp = folder / ".made"
    runtime = (ROOT / "requirements/runtime.txt").read_text()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.exists() and stamp.read_text() == runtime:
            return folder
        wanted = [line for line in runtime.splitlines() if not line.startswith(("ansible-core", "#"))]
        requirements = folder / "requirements.txt"
        subprocess.run([python, "-m", "venv", "--clear", str(folder)], check=True)
        requirements.write_text("\n".join([f"ansible-core=={core.version}", *wanted, *MORE]))
        pip = [str(folder / "bin/pip"), "install", "--quiet", "--disable-pip-version-check", "-r", str(requirements)]
        subprocess.run(pip, check=True)
        stamp.write_text(runtime)
    return folder


def faults(core: Core) -> list[str]:
    """What doesn't hold with it; one of them where it can't be had here."""
    python = core.python
    if not python:
        return [f"not tried: no Python 3.{' or 3.'.join(map(str, core.pythons))} on this machine"]
    try:
        folder = environment(core, python)
    except subprocess.CalledProcessError as error:
        return [f"not tried: {error}"]
    env = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "PYTHONPATH": str(COLLECTIONS),
        "PATH": f"{folder}/bin:{os.environ['PATH']}",
    }
    found = []
    playbooks = [ROOT / "site.yml", *sorted((ROOT / "playbooks").glob("*.yml"))]
    commands = [
        [str(folder / "bin/ansible-playbook"), "--syntax-check", "-i", "molecule/inventory", *map(str, playbooks)],
        [str(folder / "bin/pytest"), "-q", "-p", "no:cacheprovider", *TESTS],
    ]
    for command in commands:
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            lines = (done.stdout + done.stderr).strip().splitlines()
            found += [f"{Path(command[0]).name}: {line}" for line in lines[-6:]]
    return found
