# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The execution environment's definition: ansible-builder takes it, as it is and for a machine with package registries alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.proven.webapp.tools.execution_environment import with_secrets

ROOT = Path(__file__).parents[2]
DEFINITION: dict[str, Any] = yaml.safe_load((ROOT / "execution-environment.yml").read_text())


def test_ansible_builder_takes_it(tmp_path: Path) -> None:
    builder = str(Path(sys.executable).parent / "ansible-builder")
    words = ["create", "--file", str(ROOT / "execution-environment.yml"), "--context", str(tmp_path / "context")]
    subprocess.run([builder, *words, "--output-filename", "Dockerfile"], check=True, capture_output=True, timeout=120)
    text = (tmp_path / "context/Dockerfile").read_text()
    assert "fetch_tools.py kubectl=" in text
    assert str(ROOT) not in text


def test_its_tools_are_those_of_the_toolchain() -> None:
    found = yaml.safe_load((ROOT / "roles/toolchain/vars/main.yml").read_text())
    defaults = yaml.safe_load((ROOT / "roles/toolchain/defaults/main.yml").read_text())
    helm = found["__toolchain_helm"][str(defaults["toolchain_helm"])]["version"]
    (step,) = [line for line in DEFINITION["additional_build_steps"]["append_final"] if "fetch_tools.py kubectl" in line]
    assert f"kubectl={found['toolchain_kubernetes_version']} helm={helm}" in step


def test_what_asks_a_package_index_does_so_as_the_machine_does() -> None:
    text = with_secrets("FROM x\nRUN $PYCMD -m pip install --no-cache-dir a\nRUN /output/scripts/assemble\nRUN chmod 0 /x\n")
    first, second, third = (line for line in text.splitlines() if line.startswith("RUN"))
    assert "id=pip" in first
    assert first.endswith("$PYCMD -m pip install --no-cache-dir a")
    assert "id=ca" in second
    assert third == "RUN chmod 0 /x"
