#!/usr/bin/env python3
# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make the documentation site out of what the collection's modules and roles say of themselves: build/docs/index.html.

Takes the collection as Galaxy would get it. Ends with an error where anything can't be shown as it is meant.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
SITE = ROOT / "build/docs"


def run(*words: str | Path, **env: str) -> None:
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    subprocess.run([str(BIN / words[0]), *map(str, words[1:])], cwd=ROOT, env={**os.environ, "PATH": path, **env}, check=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run("ansible-galaxy", "collection", "build", ROOT, "--output-path", folder / "archive")
        own = folder / "own/ansible_collections/proven/webapp"
        own.mkdir(parents=True)
        with tarfile.open(next((folder / "archive").glob("*.tar.gz"))) as archive:
            archive.extractall(own, filter="data")
        paths = f"{folder / 'own'}{os.pathsep}{ROOT / '.venv/collections'}"
        pages = folder / "pages"
        # The program wants it to be nobody else's.
        pages.mkdir(mode=0o700)
        how = ("--use-current", "--squash-hierarchy", "--fail-on-error", "--dest-dir", pages)
        run("antsibull-docs", "collection", *how, "proven.webapp", ANSIBLE_COLLECTIONS_PATH=paths)
        shutil.rmtree(SITE, ignore_errors=True)
        run("sphinx-build", "-q", "-W", "--keep-going", "-b", "html", "-c", ROOT / "docs/site", pages, SITE)
    print(f"{SITE / 'index.html'}")


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"{Path(error.cmd[0]).name} ended with {error.returncode}")
