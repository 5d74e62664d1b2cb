#!/usr/bin/env python3
"""How long a bad release is up for: from applying it to the verdict, and to the release that was proven being back.

    .venv/bin/python tests/bench/way_back.py [CASE ...]

Needs the application deployed and proven (make up). Each case is a run of site.yml with one thing wrong in the backend, on a copy of the
inventory; requests are sent through the frontend's Service all the while. Ends with what was proven before, under a new revision.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
TRAFFIC = '{"verify_traffic": {"url": "http://todo-frontend:3000", "paths": ["/", "/api/todos"], "rate": 100}}'
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
    backend = {**variables["webapp_components"]["backend"], **changes}
    variables["webapp_components"]["backend"] = {key: value for key, value in backend.items() if value is not None}
    file.write_text(yaml.safe_dump(variables, sort_keys=False))
    return copy


def run(case: str) -> str:
    """One line of the table."""
    marks: dict[str, float] = {}
    text: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        command = [str(ROOT / ".venv/bin/ansible-playbook"), "site.yml", "-i", str(inventory(Path(folder), CASES[case])), "-e", TRAFFIC]
        # The backend is built from the project, wherever the inventory is.
        command += ["-e", f"preflight_project_dir={ROOT}"]
        environment = {**os.environ, "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default", "PYTHONUNBUFFERED": "1"}
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            assert process.stdout
            for line in process.stdout:
                text.append(line)
                task = re.match(r"TASK \[(?:proven\.webapp\.\w+ : )?(.*?)\]", line)
                # The verdict is there when the rescue begins, the way back when it begins to be verified.
                if task:
                    marks.setdefault(task[1], time.monotonic())
                    last = task[1]
                    if "Keep what went wrong" in marks and last == "Audit the design of the probes":
                        marks.setdefault("back", time.monotonic())
    begun, verdict = marks.get("Install or upgrade the release"), marks.get("Keep what went wrong")
    lost = re.search(r"\d+ sent, \d+ lost", "".join(text))
    if begun is None or verdict is None:
        return f"{case:<15} refused before anything was applied, or not bad:\n{''.join(text[-30:])}"
    back = f"{marks['back'] - begun:>8.1f}" if "back" in marks else "       -"
    return f"{case:<15} {verdict - begun:>8.1f} {back}   {lost[0] if lost else ''}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", metavar="CASE", default=list(CASES))
    print(f"{'case':<15} {'verdict':>8} {'back':>8}   seconds since it was applied")
    for case in parser.parse_args().cases or list(CASES):
        print(run(case), flush=True)


if __name__ == "__main__":
    main()
