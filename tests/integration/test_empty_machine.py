# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A dry run where there is nothing yet: it says what would be done, succeeds, and leaves nothing behind."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from ansible_collections.proven.webapp.molecule.support import ROOT, ansible_playbook, copy_inventory

NAME = "proven-nowhere"
CHANGES = {
    "cluster_name": NAME,
    "cluster_registry_name": f"{NAME}-registry",
    "cluster_registry_port": 5999,
    # The room that the first build of all tools needs is no matter here.
    "preflight_disk_gib": {},
}
WITHOUT_ENGINE = ("unshare", "--mount", "sh", "-ec", 'mount -t tmpfs none /run; exec "$@"', "sh")
"""Runs a command where no Docker engine answers: its socket is out of sight."""


def files(folder: Path) -> list[str]:
    return sorted(str(path) for path in folder.rglob("*") if not path.is_dir())


def in_docker(*command: str) -> str:
    """What bears the cluster's name."""
    listed = ["docker", *command, "--filter", f"name={NAME}", "--format", "{{.Names}}" if command[0] == "ps" else "{{.Name}}"]
    return subprocess.run(listed, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("engine", [True, False], ids=["with tools", "without tools or engine"])
def test_a_dry_run_says_what_would_be_done_and_leaves_nothing(tmp_path: Path, engine: bool) -> None:
    inventory = copy_inventory(tmp_path / "inventory", CHANGES, ROOT / "inventories/dev")
    env = {"XDG_STATE_HOME": str(tmp_path / "state")} | ({} if engine else {"XDG_CACHE_HOME": str(tmp_path / "cache")})
    password = ROOT / "inventories/dev/.vault-password"
    before = files(tmp_path), password.exists()
    run = ansible_playbook("site.yml", inventory, "--check", "--diff", env=env, wrapper=() if engine else WITHOUT_ENGINE).succeeded()
    assert run.recap["failed"] == 0
    assert run.recap["changed"] >= 3, run.output
    assert "Would install todo into the namespace todo: database, backend, frontend" in " ".join(run.output.split())
    assert "dry run, nothing was changed" in run.output
    assert (files(tmp_path), password.exists()) == before
    assert in_docker("ps", "--all") + in_docker("volume", "ls") + in_docker("network", "ls") == ""
