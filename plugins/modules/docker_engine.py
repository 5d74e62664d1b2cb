#!/usr/bin/python
# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: docker_engine
short_description: Look at, configure and start this machine's Docker engine
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - Finds out whether a Docker engine is installed and answers, and starts it, by systemd or by hand where no systemd runs.
  - On machines that withhold capabilities, makes a runtime the default one that doesn't ask for them,
    or no privileged container starts there.
attributes:
  check_mode:
    description: Can run in check mode and say what would be done.
    support: full
  diff_mode:
    description: Shows what would be changed.
    support: none
  idempotent:
    description: An engine that answers and is configured is left alone.
    support: full
options:
  state:
    description:
      - V(queried) only looks. V(started) configures and starts what is installed.
      - V(stopped) stops an engine that this module started by hand, if it has no container left, and leaves any other alone.
    type: str
    choices: [queried, started, stopped]
    default: started
  runtime:
    description: Path of the runtime for machines that withhold capabilities.
    type: path
    default: /usr/local/lib/proven.webapp/runc-without-missing-capabilities
"""

EXAMPLES = r"""
- name: Have the engine running
  proven.webapp.docker_engine:
    state: started
"""

RETURN = r"""
installed:
  description: Whether the engine's program is on this machine.
  type: bool
  returned: always
running:
  description: Whether it answers.
  type: bool
  returned: always
version:
  description: Version of the running engine.
  type: str
  returned: always
runtime:
  description: Path of the runtime for machines that withhold capabilities.
  type: str
  returned: always
needs_runtime:
  description: Whether this machine withholds capabilities and the runtime for that is not the engine's default yet.
  type: bool
  returned: always
started:
  description: Whether this run started it.
  type: bool
  returned: always
"""

import os
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._docker import engine
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._module import Call, run_module

ARGUMENTS = engine.ARGUMENTS


def stop(call: Call, found: engine.Engine) -> dict[str, Any]:
    pid = engine.started_by_hand()
    wanted = pid is not None and found.running and engine.containers() == 0
    if wanted and pid is not None and not call.check:
        engine.stop(pid)
    return engine.result(found, call.params["runtime"], changed=wanted, started=False)


def run(call: Call) -> dict[str, Any]:
    """What is asked for of the engine.

    :raises ProvenError: it can't be had.
    """
    runtime = call.params["runtime"]
    found = engine.look(runtime)
    needs_runtime = found.missing_capabilities and not found.configured
    if call.params["state"] == "queried":
        return engine.result(found, runtime, changed=False, started=False)
    if call.params["state"] == "stopped":
        return stop(call, found)
    if found.denied:
        raise ProvenError(
            "A Docker engine runs here, but this user may not talk to it.",
            where=engine.docker_host(),
            fix="Add the user to the group docker (usermod -aG docker USER, then log in again), or run as root.",
        )
    changed = needs_runtime or not found.running
    if call.check or not changed:
        return engine.result(found, runtime, changed=changed, started=False)
    if os.geteuid() != 0:
        raise ProvenError(
            "No Docker engine answers, and only root can start one.", where=engine.docker_host(), fix="Run as root, or start Docker first."
        )
    if needs_runtime:
        engine.configure(runtime)
        if found.running:
            engine.reload()
    if not found.running:
        engine.start(found.systemd)
    return engine.result(engine.look(runtime), runtime, changed=True, started=not found.running)


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
