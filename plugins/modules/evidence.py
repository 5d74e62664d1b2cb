#!/usr/bin/python
# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: evidence
short_description: Keeps what a failed release shows, before it is rolled back
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - Writes pods and their states, events, logs (of the containers before their last restart too), workloads, Helm's history
    and what the revision changed of the rendered manifest into a folder.
  - Every value of the namespace's Secrets is masked in all of it, as it is, in base64, URL-encoded and JSON-escaped.
    Where the Secrets can't be read to do so, no logs and no objects are kept, and it says so.
extends_documentation_fragment: [proven.webapp.kubeconfig, proven.webapp.release]
attributes:
  check_mode:
    support: full
    description: Writes nothing.
  diff_mode:
    support: none
    description: It only writes new files.
  idempotent:
    support: none
    description: It writes what there is now.
options:
  revision:
    description: The revision that failed.
    type: int
    required: true
  path:
    description: The folder; it is made.
    type: path
    required: true
  summary:
    description: What is known of the cause, kept as C(summary.txt).
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Keep the evidence
  proven.webapp.evidence:
    release: todo
    namespace: todo
    revision: 7
    path: artifacts/todo/7
    summary: "{{ ansible_failed_result.msg }}"
"""

RETURN = r"""
path:
  description: The folder, absolute.
  type: str
  returned: always
files:
  description: The files in it.
  type: list
  elements: str
  returned: always
"""

import os
from pathlib import Path
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._evidence.collect import collect, secret_values
from ansible_collections.proven.webapp.plugins.module_utils._module import Call, run_module
from ansible_collections.proven.webapp.plugins.module_utils._release.claim import RELEASE_ARGUMENTS, place_of
from ansible_collections.proven.webapp.plugins.module_utils._secrets.mask import mask

ARGUMENTS: dict[str, Any] = {
    **RELEASE_ARGUMENTS,
    "revision": {"type": "int", "required": True},
    "path": {"type": "path", "required": True},
    "summary": {"type": "str", "default": ""},
}


def write(folder: Path, files: dict[str, str]) -> None:
    """Only the owner may read them: logs hold what users did."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(exist_ok=True, mode=0o700)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
            out.write(text)


def run(call: Call) -> dict[str, Any]:
    """Collect, and write what may be written."""
    given = call.params
    folder = Path(given["path"]).absolute()
    files = {"summary.txt": given["summary"] + "\n"} if given["summary"] else {}
    try:
        place = place_of(given)
        secrets = secret_values(place)
        files = {name: mask(text, secrets) for name, text in {**files, **collect(place, given["revision"])}.items()}
    except ProvenError as error:
        files["not-collected.txt"] = f"{error}\n"
    try:
        if not call.check:
            write(folder, files)
    except OSError as error:
        raise ProvenError(f"The evidence can't be kept: {error}", where=str(folder), fix="give another folder, or make room") from error
    return {"changed": True, "path": str(folder), "files": sorted(files)}


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
