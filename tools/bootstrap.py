#!/usr/bin/env python3
"""Make the virtual environment that the playbooks run in.

    python3 tools/bootstrap.py [--dev] [--awx]

Needs nothing but Python 3 and a package index. Takes the newest Python on this machine that ansible-core supports, installs
requirements/runtime.txt (with --dev also requirements/dev.txt), and lays out the collections that are needed from PyPI's
`ansible` wheel, so that no Galaxy server has to be within reach; with --awx or --dev also awx.awx, for the role awx. A second run
with unchanged requirements does nothing.
"""

from __future__ import annotations

import argparse
import glob
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
COLLECTIONS = VENV / "collections" / "ansible_collections"
REQUIREMENTS = ROOT / "requirements"
OLDEST, NEWEST = (3, 11), (3, 14)


def say(text: str) -> None:
    print(f"bootstrap: {text}", flush=True)


def die(text: str) -> None:
    sys.exit(f"bootstrap: {text}")


def version_of(python: str) -> tuple[int, int] | None:
    """(major, minor) of an interpreter that can make virtual environments, or None."""
    code = "import sys, venv, ensurepip; print(*sys.version_info[:2])"
    try:
        out = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=20, check=True).stdout.split()
    except (OSError, subprocess.SubprocessError):
        return None
    return int(out[0]), int(out[1])


def newest_python() -> str:
    """The newest supported interpreter: on the PATH, from pyenv, or the one that runs this script."""
    names = [f"python3.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1)]
    candidates = [path for name in names if (path := shutil.which(name))]
    candidates += glob.glob(os.path.expanduser("~/.pyenv/versions/*/bin/python3"))
    candidates += ["/usr/bin/python3", sys.executable]
    found = [(version, path) for path in dict.fromkeys(candidates) if (version := version_of(path))]
    fitting = [item for item in found if OLDEST <= item[0] <= NEWEST]
    if fitting:
        return max(fitting, key=lambda item: item[0])[1]
    if shutil.which("apt-get") and os.geteuid() == 0 and OLDEST <= sys.version_info[:2] <= NEWEST:
        say("this Python lacks venv: installing Debian's python3-venv")
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "python3-venv"]):
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
        return "/usr/bin/python3"
    die(
        f"no Python {'.'.join(map(str, OLDEST))}–{'.'.join(map(str, NEWEST))} with the venv module found.\n"
        "Install one, for example with: apt-get install python3 python3-venv"
    )
    raise AssertionError


def fingerprint(files: list[Path]) -> str:
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def pip(*args: str) -> None:
    command = [str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--quiet", *args]
    if subprocess.run(command).returncode:
        die("pip failed, see above. Is a package index within reach (pip config list)? Then run the same command again.")


def lay_out_collections(names: str) -> None:
    """Unpack the collections that a file of requirements names from the wheel, and link this one beside them."""
    lines = (REQUIREMENTS / names).read_text().splitlines()
    wanted = [name for line in lines if line.startswith("#:") for name in line[2:].split()]
    with tempfile.TemporaryDirectory() as folder:
        # The wheel asks for the Python of its own ansible-core; its collections, which are all that is taken, do with older ones.
        anyway = ("--python-version", "3.12", "--only-binary", ":all:")
        pip("download", "--no-deps", *anyway, "--dest", folder, "-r", str(REQUIREMENTS / names))
        wheel = next(Path(folder).glob("ansible-*.whl"))
        prefixes = tuple(f"ansible_collections/{name.replace('.', '/')}/" for name in wanted)
        for prefix in prefixes:
            # What a newer version dropped must not stay.
            shutil.rmtree(COLLECTIONS.parent / prefix, ignore_errors=True)
        with zipfile.ZipFile(wheel) as archive:
            members = [member for member in archive.namelist() if member.startswith(prefixes)]
            archive.extractall(COLLECTIONS.parent, members)
    own = COLLECTIONS / "proven" / "webapp"
    own.parent.mkdir(parents=True, exist_ok=True)
    if not own.is_symlink():
        own.symlink_to(os.path.relpath(ROOT, own.parent))


AWX = "collections-awx.txt"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dev", action="store_true", help="also what linting and testing need")
    parser.add_argument("--awx", action="store_true", help="also what playbooks/awx.yml needs")
    chosen = parser.parse_args()
    dev, awx = chosen.dev, chosen.dev or chosen.awx

    names = ["runtime.txt", "collections.txt"] + (["dev.txt"] if dev else [])
    stamps = {VENV / f".bootstrapped-{'dev' if dev else 'runtime'}": fingerprint([REQUIREMENTS / name for name in names])}
    if awx:
        stamps[VENV / ".bootstrapped-awx"] = fingerprint([REQUIREMENTS / AWX])
    if all(stamp.exists() and stamp.read_text() == state for stamp, state in stamps.items()):
        return

    start = time.monotonic()
    python = newest_python()
    say(f"making .venv with {python}{' (with the test tools)' if dev else ''}")
    if not (VENV / "bin" / "python").exists():
        subprocess.run([python, "-m", "venv", "--clear", str(VENV)], check=True)
    pip("install", "-r", str(REQUIREMENTS / ("dev.txt" if dev else "runtime.txt")))
    for file in ["collections.txt"] + ([AWX] if awx else []):
        lay_out_collections(file)
    for stamp, state in stamps.items():
        stamp.write_text(state)
    if dev:
        (VENV / ".bootstrapped-runtime").write_text(fingerprint([REQUIREMENTS / name for name in names[:2]]))
    say(f"done in {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
