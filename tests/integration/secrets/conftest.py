# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The real programs, built by the toolchain, and a folder with an inventory that the role runs on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.proven.webapp.molecule.support import ROOT
from ansible_collections.proven.webapp.tests.unit.secrets.run import Run

BIN = Path(sys.executable).parent
Programs = Callable[..., dict[str, str]]

PLAY = """
- name: Secrets
  hosts: all
  gather_facts: false
  tasks:
    - name: Preflight
      ansible.builtin.include_role: {name: proven.webapp.secrets, tasks_from: preflight.yml}
    - name: Apply
      ansible.builtin.include_role: {name: proven.webapp.secrets}
      when: apply | default(false)
    - name: Remove
      ansible.builtin.include_role: {name: proven.webapp.secrets, tasks_from: remove.yml}
      when: remove | default(false)
    - name: The names
      ansible.builtin.debug: {msg: "NAMES {{ secrets_names | to_json }}"}
      when: apply | default(false)
"""


@dataclass
class Inventory:
    folder: Path

    def run(self, *words: str, env: dict[str, str] | None = None, **variables: Any) -> Run:
        host = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        (self.folder / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": {"localhost": host}}}))
        (self.folder / "group_vars").mkdir(exist_ok=True)
        (self.folder / "group_vars/all.yml").write_text(yaml.safe_dump(variables))
        (self.folder / "play.yml").write_text(PLAY)
        files = ["-i", str(self.folder / "hosts.yml"), str(self.folder / "play.yml")]
        command = [str(BIN / "ansible-playbook"), *files, "-vvv", "--diff", *words]
        done = subprocess.run(
            command, cwd=ROOT, env={**os.environ, "COLUMNS": "500", **(env or {})}, text=True, capture_output=True, timeout=600
        )
        return Run(done.returncode, done.stdout + done.stderr)


@pytest.fixture
def inventory(tmp_path: Path) -> Inventory:
    return Inventory(tmp_path)


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Programs:
    """Has programs built: programs("sops", catalog={…}) → name → path."""

    def have(*only: str, catalog: dict[str, Any] | None = None) -> dict[str, str]:
        out = tmp_path_factory.mktemp("programs") / "programs.json"
        given = json.dumps({"only": list(only), "catalog": catalog or {}, "out": str(out)})
        command = [str(BIN / "ansible-playbook"), "-i", "localhost,", str(Path(__file__).parent / "programs.yml"), "-e", given]
        done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, timeout=3600)
        assert done.returncode == 0, done.stdout + done.stderr
        found: dict[str, str] = json.loads(out.read_text())
        return found

    return have
