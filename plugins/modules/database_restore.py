# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Puts a saved database in the place of the one that is there."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: database_restore
short_description: Restores a PostgreSQL database that runs in a pod
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - Restores a file of M(proven.webapp.database_backup) into a new database beside the one that is there. Once it is complete, both change
    their names in one transaction; open connections are ended. Whatever fails before leaves the database as it was.
  - The database that was there is kept under another name, until the next restoration, and comes back by O(state=back).
options:
  state:
    description: Whether to restore the file, or to go back to the database that was there before.
    type: str
    choices: [restored, back]
    default: restored
  path:
    description: The file.
    type: path
extends_documentation_fragment: [proven.webapp.kubeconfig, proven.webapp.release, proven.webapp.database]
attributes:
  check_mode:
    support: full
    description: Reads the whole file, and changes nothing.
  diff_mode:
    support: none
    description: There is nothing to show.
  idempotent:
    support: none
    description: Each run restores.
"""

EXAMPLES = r"""
- name: Restore the database
  proven.webapp.database_restore:
    release: todo
    namespace: todo
    database: todo
    path: /backups/todo.dump
"""

RETURN = r"""
kept_as:
  description: Name of the database that was there before.
  type: str
  returned: with O(state=restored)
"""

from pathlib import Path
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._database import dump
from ansible_collections.proven.webapp.plugins.module_utils._database.pod import DATABASE_ARGUMENTS, find
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._module import Call, run_module

ARGUMENTS: dict[str, Any] = {
    **DATABASE_ARGUMENTS,
    "state": {"type": "str", "choices": ["restored", "back"], "default": "restored"},
    "path": {"type": "path"},
}


def run(call: Call) -> dict[str, Any]:
    """Restore it, or go back."""
    given = call.params
    if given["state"] == "restored" and not given["path"]:
        raise ProvenError("No file is named to restore.", where="path", fix="Give one that playbooks/backup.yml has made.")
    pod = find(given)
    if given["state"] == "back":
        if not call.check:
            dump.back(pod, given["database"])
        return {"changed": True}
    path = Path(given["path"]).absolute()
    if not call.check:
        return {"changed": True, "kept_as": dump.restore(pod, given["database"], path)}
    try:
        with path.open("rb") as file:
            dump.check(pod, file, path)
    except OSError as error:
        raise ProvenError(f"The backup can't be read: {error.strerror}.", where=str(path), fix="Give a file that is there.") from error
    return {"changed": True, "kept_as": dump.aside(given["database"])}


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
