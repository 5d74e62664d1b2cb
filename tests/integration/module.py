# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Modules of ours as Ansible runs them, in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.proven.webapp.molecule.support import ROOT

MODULES = "ansible_collections.proven.webapp.plugins.modules"


def start(
    module: str, check: bool = False, env: Mapping[str, str] | None = None, wrapper: Sequence[str] = (), **arguments: Any
) -> subprocess.Popen[str]:
    """Begin one, in a process group of its own.

    :param wrapper: a command that runs the rest of its command line.
    """
    process = subprocess.Popen(
        [*wrapper, sys.executable, "-m", f"{MODULES}.{module}"],
        env={**os.environ, **(env or {}), "PYTHONPATH": str(ROOT / ".venv/collections")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": {**arguments, "_ansible_check_mode": check, "_ansible_diff": True}}))
    process.stdin.close()
    process.stdin = None
    return process


def call(
    module: str, check: bool = False, env: Mapping[str, str] | None = None, wrapper: Sequence[str] = (), **arguments: Any
) -> dict[str, Any]:
    """What it answers."""
    out, err = start(module, check, env, wrapper, **arguments).communicate(timeout=900)
    assert out, err
    return dict(json.loads(out))
