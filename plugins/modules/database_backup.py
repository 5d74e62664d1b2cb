# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Saves a database to a file of the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: database_backup
short_description: Saves a PostgreSQL database that runs in a pod
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - Runs C(pg_dump) in the database's container and writes its archive to a file here, which only its owner may read.
  - The archive is read back as a whole before it gets its name, so that a file of that name is a backup that can be restored.
options:
  path:
    description: The file. Must not be there yet.
    type: path
    required: true
extends_documentation_fragment: [proven.webapp.kubeconfig, proven.webapp.release, proven.webapp.database]
attributes:
  check_mode:
    support: full
    description: Looks for the database's pod, and writes nothing.
  diff_mode:
    support: none
    description: There is nothing to show.
  idempotent:
    support: none
    description: Each run makes a file.
"""

EXAMPLES = r"""
- name: Save the database
  proven.webapp.database_backup:
    release: todo
    namespace: todo
    database: todo
    path: /backups/todo.dump
"""

RETURN = r"""
path:
  description: The file.
  type: str
  returned: success
size_bytes:
  description: Its size.
  type: int
  returned: outside check mode
sha256:
  description: Its digest.
  type: str
  returned: outside check mode
"""

from pathlib import Path
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._database.dump import save
from ansible_collections.proven.webapp.plugins.module_utils._database.pod import DATABASE_ARGUMENTS, find
from ansible_collections.proven.webapp.plugins.module_utils._module import Call, run_module

ARGUMENTS: dict[str, Any] = {**DATABASE_ARGUMENTS, "path": {"type": "path", "required": True}}


def run(call: Call) -> dict[str, Any]:
    """Save it."""
    path = Path(call.params["path"]).absolute()
    pod = find(call.params)
    if call.check:
        return {"changed": True, "path": str(path)}
    return {"changed": True, **save(pod, call.params["database"], path)}


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
