# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A stand-in of AWX's API, or of a cloud's that gives out the scenarios' real cluster, at work beside a scenario.

    python -m ansible_collections.proven.webapp.molecule.standin start|stop|serve SCENARIO

It leaves two files in build/molecule/SCENARIO: `python` is for ansible_python_interpreter, and has the addresses and credentials in its
environment that somebody would set who deploys to the real one; `standin.json` is for the scenario's tests.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ansible_collections.proven.webapp.molecule.support import FACTS, ROOT, Cluster
from ansible_collections.proven.webapp.tests.integration.cloud.account import logged_in
from ansible_collections.proven.webapp.tests.standins import awx_server
from ansible_collections.proven.webapp.tests.unit.cloud.standin.aks import Aks
from ansible_collections.proven.webapp.tests.unit.cloud.standin.clouds import Real
from ansible_collections.proven.webapp.tests.unit.cloud.standin.doks import Doks
from ansible_collections.proven.webapp.tests.unit.cloud.standin.gke import Gke
from ansible_collections.proven.webapp.tests.unit.cloud.standin.server import Reply, StandIn

CLOUDS = {"cloud-doks": Doks, "cloud-gke": Gke, "cloud-aks": Aks}
MODULE = "ansible_collections.proven.webapp.molecule.standin"
LIFETIME_SECONDS = 1800
"""Nobody may be there to end it."""


def told(scenario: str) -> dict[str, Any]:
    """What there is to know of the one at work: its process, its address, and what leads there."""
    found: dict[str, Any] = json.loads((FACTS / scenario / "standin.json").read_text())
    return found


def alive(scenario: str) -> bool:
    try:
        # Another process may have its number by now
        return scenario in Path(f"/proc/{told(scenario)['pid']}/cmdline").read_text().split("\0")
    except OSError:
        return False


def start(scenario: str) -> None:
    """Have it at work."""
    if alive(scenario):
        return
    folder = FACTS / scenario
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "standin.json").unlink(missing_ok=True)
    with (folder / "standin.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", MODULE, "serve", scenario],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    while not (folder / "standin.json").exists():
        if process.poll() is not None:
            sys.exit((folder / "standin.log").read_text())
        time.sleep(0.1)


def stop(scenario: str) -> None:
    if alive(scenario):
        os.kill(told(scenario)["pid"], signal.SIGTERM)
        while alive(scenario):
            time.sleep(0.1)


@contextmanager
def awx() -> Iterator[tuple[str, dict[str, str]]]:
    playbooks = tuple(f"playbooks/{path.name}" for path in (ROOT / "playbooks").glob("*.yml"))
    with awx_server.Server(awx_server.Awx(playbooks)) as server:
        yield server.url, {"CONTROLLER_HOST": server.url, "CONTROLLER_OAUTH_TOKEN": awx_server.TOKEN}


@contextmanager
def cloud(scenario: str, folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    cluster = Cluster.load()
    api = StandIn(folder)
    with logged_in(cluster, f"proven-molecule-{scenario}") as token:
        made = CLOUDS[scenario](api, Real.of(cluster.kubeconfig, token))
        # No cloud has this one
        api.route("GET", "/changes", lambda _: Reply(200, api.changes()))
        yield api.url, {**made.address, **made.environment, "REQUESTS_CA_BUNDLE": str(api.ca)}
    api.close()


def serve(scenario: str) -> None:
    """Until it is told to end, or its time is up."""
    for sign in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(sign, lambda *_: sys.exit())
    signal.alarm(LIFETIME_SECONDS)
    folder = FACTS / scenario
    with awx() if scenario == "awx" else cloud(scenario, folder) as (url, environment):
        python = folder / "python"
        exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in environment.items())
        python.write_text(f'#!/bin/sh\n{exports}exec {shlex.quote(sys.executable)} "$@"\n')
        python.chmod(0o700)
        # Whoever sees it may begin.
        unfinished = folder / "standin.json.new"
        unfinished.write_text(json.dumps({"pid": os.getpid(), "url": url, "environment": environment}))
        unfinished.rename(folder / "standin.json")
        signal.pause()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        {"start": start, "stop": stop, "serve": serve}[sys.argv[1]](sys.argv[2])
