#!/usr/bin/env python3
"""How long a bad release is up for: from applying it to the verdict, and to the release that was proven being back.

    .venv/bin/python tests/bench/way_back.py [--tasks] [CASE ...]

Needs the cluster (make up). The application is released into a namespace of its own, and proven; then each case is a run of site.yml with
one thing wrong in the backend, on a copy of the inventory. Requests are sent through the frontend's Service all the while. With --tasks the
tasks are listed that took longest, in seconds since it was applied. The release stays for the next time; `kubectl delete namespace
proven-way-back` removes it.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
NAMESPACE = "proven-way-back"
SHORT = 0.15
"""Seconds of a task that isn't worth a line."""
TRAFFIC = '{"verify_traffic": {"url": "http://todo-frontend:3000", "paths": ["/", "/api/health/ready"], "rate": 130}}'
CASES: dict[str, dict[str, Any]] = {
    "bad-image": {"build": None, "image": "localhost:5001/todo/backend:there-is-none"},
    "crash": {"command": ["sh", "-c", "exit 3"], "rollout": {"restarts_tolerated": 0}, "migrate": None},
    "never-ready": {"probes": {"startup": "/livez", "liveness": "/livez", "readiness": "/nowhere"}, "rollout": {"ready_within": 10}},
    "unschedulable": {"resources": {"requests": {"cpu": "100"}}},
}
"""What is different in the backend; None takes a key away."""


def inventory(folder: Path, changes: dict[str, Any]) -> Path:
    copy = folder / "inventory"
    shutil.copytree(ROOT / "inventories/dev", copy)
    file = copy / "group_vars/all/webapp.yml"
    variables = yaml.safe_load(file.read_text())
    variables["webapp_namespace"] = NAMESPACE
    del variables["webapp_components"]["frontend"]["expose"]
    backend = {**variables["webapp_components"]["backend"], **changes}
    variables["webapp_components"]["backend"] = {key: value for key, value in backend.items() if value is not None}
    file.write_text(yaml.safe_dump(variables, sort_keys=False))
    return copy


@dataclass
class Seen:
    """A run of site.yml. :ivar tasks: names and when they began."""

    tasks: list[tuple[str, float]] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    code: int = 0

    def first(self, name: str, after: float = 0.0) -> float | None:
        return next((moment for task, moment in self.tasks if task == name and moment > after), None)


def site(changes: dict[str, Any], *more: str) -> Seen:
    seen = Seen()
    with tempfile.TemporaryDirectory() as folder:
        command = [str(ROOT / ".venv/bin/ansible-playbook"), "site.yml", "-i", str(inventory(Path(folder), changes)), *more]
        # The backend is built from the project, wherever the inventory is.
        command += [
            "-e",
            f"preflight_project_dir={ROOT}",
            *(word for name in ("release_artifacts_dir", "verify_report_dir") for word in ("-e", f"{name}={folder}")),
        ]
        environment = {**os.environ, "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default", "PYTHONUNBUFFERED": "1"}
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            assert process.stdout
            for line in process.stdout:
                seen.text.append(line)
                if task := re.match(r"TASK \[(?:proven\.webapp\.\w+ : )?(.*?)\]", line):
                    seen.tasks.append((task[1], time.monotonic()))
            seen.tasks.append(("", time.monotonic()))
        seen.code = process.returncode
    return seen


def row(case: str, seen: Seen) -> str:
    """One line of the table. The verdict is there when the rescue begins; it is back once what it went back to is seen to serve."""
    begun, verdict = seen.first("Install or upgrade the release"), seen.first("Keep what went wrong")
    if begun is None or verdict is None:
        return f"{case:<15} refused before anything was applied, or not bad:\n{''.join(seen.text[-30:])}"
    back = seen.first("Hand on what was released", verdict)
    lost = re.search(r"\d+ sent, \d+ lost", "".join(seen.text))
    return f"{case:<15} {verdict - begun:>8.1f} {f'{back - begun:>8.1f}' if back else '       -'}   {lost[0] if lost else ''}"


def longest(seen: Seen) -> Iterator[str]:
    begun = seen.first("Install or upgrade the release") or seen.tasks[0][1]
    for (task, moment), (_next, end) in pairwise(seen.tasks):
        if moment >= begun and end - moment >= SHORT:
            yield f"    {moment - begun:6.2f}  {end - moment:6.2f}  {task}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", metavar="CASE", default=list(CASES))
    parser.add_argument("--tasks", action="store_true", help="list what took longest")
    args = parser.parse_args()
    good = site({})
    # On a machine that is busy a probe may fail; what was proven before is as good.
    if good.code and not any("runs again" in line for line in good.text):
        sys.exit(f"The application isn't up and proven:\n{''.join(good.text[-30:])}")
    print(f"{'case':<15} {'verdict':>8} {'back':>8}   seconds since it was applied", flush=True)
    for case in args.cases:
        seen = site(CASES[case], "-e", TRAFFIC)
        print(row(case, seen), flush=True)
        if args.tasks:
            print("\n".join(longest(seen)), flush=True)


if __name__ == "__main__":
    main()
