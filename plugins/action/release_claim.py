# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Claims a release for this run: takes its Lease, and a process beside this one keeps it until ansible-playbook ends."""

from __future__ import annotations

import getpass
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from ansible.utils.collection_loader import AnsibleCollectionConfig
from ansible.utils.display import Display
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._given import given
from ansible_collections.proven.webapp.plugins.module_utils._patience import PATIENCE_ARGUMENT, until_answered
from ansible_collections.proven.webapp.plugins.module_utils._release import claim, family, history, verdicts
from ansible_collections.proven.webapp.plugins.module_utils._release.refusal import NoNamespace
from ansible_collections.proven.webapp.plugins.plugin_utils.controller import ControllerAction

display = Display()
KEEPER = "ansible_collections.proven.webapp.plugins.module_utils._release.keeper"
JOB_VARIABLES = ("awx_job_id", "tower_job_id")


def holder(variables: Mapping[str, Any], pid: int) -> tuple[str, str]:
    """(identity, words) of this run."""
    host = socket.gethostname()
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    job = next((f"AWX job {variables[name]} on " for name in JOB_VARIABLES if variables.get(name)), "")
    return f"{host}-{pid}-{family.born(pid)}", f"{job}{user}@{host}, process {pid}"


def _say(line: str) -> None:
    display.display(f"    {line}")


class ActionModule(ControllerAction):
    ARGUMENTS: ClassVar[dict[str, Any]] = {
        **claim.RELEASE_ARGUMENTS,
        "wait": {"type": "int", "default": 0},
        **PATIENCE_ARGUMENT,
    }

    def work(self, args: dict[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        # A task runs in a process of its own, a fork of the run, which is its parent as long as it lives.
        run = os.getppid()
        if family.mark(run) != family.mark(os.getpid()):
            raise ProvenError("The run that this task belongs to has ended.")
        identity, words = holder(variables, run)
        place = claim.place_of(args)
        until_answered(place.api, args["patience"], _say)
        if not self._task.check_mode:
            self._hold(place, args, identity, words, run)
        known = claim.revisions(place)
        interrupted = history.pending(known) if self._task.check_mode else claim.repair(place, known, say=_say)
        for revision in interrupted:
            verb = "would count" if self._task.check_mode else "counts"
            _say(f"revision {revision.number} was left {revision.status} by a run that ended; it {verb} as failed")
        said = claim.recorded(place)
        left = claim.left_behind(place, known, said)
        if not self._task.check_mode:
            known = [replace(item, status="failed") if item in interrupted else item for item in known]
        return {
            "changed": bool(interrupted),
            "interrupted": [{"revision": item.number, "status": item.status} for item in interrupted],
            "revisions": [
                {"revision": item.number, "status": item.status, "verdict": said[item.number].verdict if item.number in said else ""}
                for item in known
            ],
            "proven": verdicts.last_proven(known, said) or 0,
            "proven_before": verdicts.last_proven(known, said, before=left) or 0,
        }

    def failure(self, error: ProvenError) -> dict[str, Any]:
        return {"namespace_missing": isinstance(error, NoNamespace)}

    def _hold(self, place: claim.Place, args: dict[str, Any], identity: str, words: str, run: int) -> None:
        """Take the Lease and start its keeper, unless this run has it already."""
        had = claim.holds(place, identity)
        acquired = claim.acquire(place, identity, words, wait=args["wait"], say=_say, wanted=lambda: os.getppid() == run)
        if had:
            return
        known = {
            **{key: args[key] for key in ("kubeconfig", "context", "release", "namespace")},
            "identity": identity,
            "words": words,
            "acquired": acquired,
            "pid": run,
            "born": family.born(run),
            "mark": family.mark(run),
        }
        # Some of Ansible's paths hold packages that are named as Python's own.
        paths = [path for path in AnsibleCollectionConfig.collection_paths if (Path(path) / "ansible_collections/proven/webapp").is_dir()]
        environment = {**os.environ, "PYTHONPATH": paths[0]}
        process = subprocess.Popen(
            [sys.executable, "-m", KEEPER],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd="/",
            start_new_session=True,
        )
        with given(process.stdin) as stdin:
            stdin.write(json.dumps(known).encode())
