# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The real sops and age, built by the toolchain: files as people make them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.tests.unit.secrets.run import Run

from .conftest import Inventory, Programs

pytestmark = pytest.mark.slow  # builds two programs from Go modules

SENTINEL = "s3ntinel-pa55word"
VALUES = {"API_KEY": f"{SENTINEL} {{{{ 7 * 7 }}}}", "TEXT": f"{SENTINEL}\nsecond ünï\n"}


@pytest.fixture(scope="module")
def tools(programs: Programs) -> dict[str, str]:
    return programs("sops", "age")


@pytest.fixture
def sops(inventory: Inventory, tools: dict[str, str]) -> Inventory:
    """An inventory with secrets.sops.yaml, encrypted for the key in keys.txt."""
    folder = inventory.folder
    subprocess.run([tools["age-keygen"], "-o", folder / "keys.txt"], check=True, capture_output=True)
    recipient = next(line.split()[-1] for line in (folder / "keys.txt").read_text().splitlines() if "public key" in line)
    (folder / "plain.json").write_text(json.dumps(VALUES))
    command = [tools["sops"], "encrypt", "--age", recipient, "--input-type", "json", "--output-type", "yaml", "plain.json"]
    done = subprocess.run(command, check=True, capture_output=True, cwd=folder)
    (folder / "plain.json").unlink()
    (folder / "secrets.sops.yaml").write_bytes(done.stdout)
    assert SENTINEL not in done.stdout.decode()
    return inventory


def check(sops: Inventory, tools: dict[str, str], **changes: Any) -> Run:
    options = {"binary": tools["sops"], "age_key_file": str(sops.folder / "keys.txt"), **changes.pop("options", {})}
    variables = {
        "webapp_name": "todo",
        "webapp_namespace": "todo",
        "webapp_components": {"web": {"secrets": list(VALUES)}},
        "secrets_source": "sops",
        "secrets_source_options": options,
        **changes,
    }
    return sops.run(**variables)


def bad(done: Run, *words: str) -> None:
    assert done.code != 0
    for one in words:
        assert one in done.flat, done.text
    assert SENTINEL not in done.text


def test_values_are_found_and_keep_their_rules(sops: Inventory, tools: dict[str, str]) -> None:
    exact = {"TEXT": {"pattern": f"{SENTINEL}\\nsecond ünï\\n"}, "API_KEY": {"pattern": f"{SENTINEL} \\{{\\{{ 7 \\* 7 \\}}\\}}"}}
    done = check(sops, tools, webapp_secrets_schema=exact)
    assert done.code == 0, done.text
    assert SENTINEL not in done.text
    bad(check(sops, tools, webapp_secrets_schema={"TEXT": {"min_length": 99}}), "TEXT: is shorter than 99 characters")
    bad(check(sops, tools, webapp_secrets_schema={"OTHER": {}}), "OTHER: is missing: there is no entry OTHER in secrets.sops.yaml")


def test_another_key(sops: Inventory, tools: dict[str, str]) -> None:
    other = sops.folder / "other.txt"
    subprocess.run([tools["age-keygen"], "-o", other], check=True, capture_output=True)
    bad(check(sops, tools, options={"age_key_file": str(other)}), "None of the keys at hand opens the file of secrets")


def test_a_file_that_was_changed_or_cut(sops: Inventory, tools: dict[str, str]) -> None:
    file = sops.folder / "secrets.sops.yaml"
    whole = file.read_text()
    file.write_text(whole.replace("API_KEY:", "RENAMED:"))
    bad(check(sops, tools), "secrets.sops.yaml", "What to do:")
    file.write_text("\n".join(line for line in whole.splitlines() if not line.startswith("TEXT:")) + "\n")
    bad(check(sops, tools), "MAC mismatch")
    file.write_text(whole[: len(whole) // 2])
    bad(check(sops, tools), "secrets.sops.yaml", "What to do:")
    file.write_text("API_KEY: plain\n")
    bad(check(sops, tools), "isn't encrypted with sops")


def test_a_key_that_others_can_read(sops: Inventory, tools: dict[str, str]) -> None:
    (sops.folder / "keys.txt").chmod(0o644)
    bad(check(sops, tools), "can be read by others (mode 0644)")
    (sops.folder / "keys.txt").unlink()
    bad(check(sops, tools), "The key file of age isn't there")


def test_the_role_makes_sops_itself(sops: Inventory, tools: dict[str, str]) -> None:
    done = check(sops, tools, options={"binary": ""})
    assert done.code == 0, done.text
    assert Path(tools["sops"]).exists()
