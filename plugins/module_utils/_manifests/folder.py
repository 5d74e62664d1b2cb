# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A folder that holds what was rendered, and nothing that was rendered earlier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._manifests.layout import HEADER


@dataclass(frozen=True)
class Change:
    """What has to be done to a folder.

    :ivar before: path → what is there and was written here; after: path → what shall be there.
    """

    before: Mapping[str, str]
    after: Mapping[str, str]

    @property
    def written(self) -> list[str]:
        return sorted(path for path, text in self.after.items() if self.before.get(path) != text)

    @property
    def removed(self) -> list[str]:
        return sorted(self.before.keys() - self.after.keys())


def look(folder: Path, files: Mapping[str, str]) -> Change:
    """What differs.

    :raises ProvenError: a file that somebody else wrote is in the way.
    """
    before = {}
    for path in sorted(folder.rglob("*.yaml")) if folder.is_dir() else ():
        text = path.read_text(encoding="utf-8", errors="replace")
        name = path.relative_to(folder).as_posix()
        if text.startswith(HEADER):
            before[name] = text
        elif name in files:
            raise ProvenError("There is a file that wasn't written here.", where=str(path), fix="move it away, or choose another folder")
    return Change(before, files)


def write(folder: Path, change: Change) -> None:
    """Do it; folders that are left empty go.

    :raises ProvenError: the folder can't be written to.
    """
    try:
        for name in change.written:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(change.after[name], encoding="utf-8")
        for name in change.removed:
            path = folder / name
            path.unlink()
            if path.parent != folder and not any(path.parent.iterdir()):
                path.parent.rmdir()
    except OSError as error:
        raise ProvenError(
            f"The manifests can't be written: {error.strerror}.", where=str(folder), fix="check the folder's rights"
        ) from error
