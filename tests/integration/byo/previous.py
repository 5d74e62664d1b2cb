# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The previous release of the collection, out of the repository's history."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

from ansible_collections.proven.webapp.molecule.support import ROOT

from .artifact import installed

PREVIOUS = "a1337726bb29a3beff0ad6f1c5c42bf74e8430b0"
"""The commit that stands for the previous release, as long as the repository has no tag."""


def git(*words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True)


def previous(folder: Path) -> str:
    """A search path with it.

    :param folder: of an own, for what is made on the way.
    :raises LookupError: the history doesn't reach that far: it may be a shallow clone.
    """
    tag = git("describe", "--tags", "--abbrev=0", "HEAD^")
    release = tag.stdout.decode().strip() if tag.returncode == 0 else PREVIOUS
    archive = git("archive", "--format=tar", release)
    if archive.returncode:
        raise LookupError(f"the history has no {release}: it may be a shallow clone")
    for name in ("source", "installed"):
        (folder / name).mkdir()
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as content:
        content.extractall(folder / "source", filter="data")
    return installed(folder / "installed", folder / "source")
