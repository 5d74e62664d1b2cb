"""What a person sees of a run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PLAYBOOK = """
- name: Play
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Unchanged task
      ansible.builtin.command: /bin/true
      changed_when: false
    - name: Changed task
      ansible.builtin.command: /bin/true
      changed_when: true
    - name: Skipped task
      ansible.builtin.command: /bin/true
      changed_when: false
      when: false
    - name: Telling task
      ansible.builtin.debug:
        msg: something to tell
    - name: Showing task
      ansible.builtin.debug:
        var: told
      vars:
        told: {something: shown}
    - name: Included task
      ansible.builtin.include_tasks: more.yml
    - name: Failing task
      ansible.builtin.fail:
        msg: what is wrong
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("brief")
    (folder / "play.yml").write_text(PLAYBOOK)
    (folder / "more.yml").write_text("- name: Inner task\n  ansible.builtin.command: /bin/true\n  changed_when: true\n")
    return folder


def shown(folder: Path, *arguments: str) -> str:
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    # The Python is named: one that Ansible finds by itself may be a wrapper that doesn't work here.
    command = [program, "-i", "localhost,", "-c", "local", "-e", f"ansible_python_interpreter={sys.executable}", str(folder / "play.yml")]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
    return subprocess.run([*command, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60).stdout


def test_only_what_changed_failed_or_has_something_to_tell_is_shown(folder: Path) -> None:
    output = shown(folder)
    for wanted in (
        "TASK [Changed task]",
        "    something to tell\n",
        '"something": "shown"',
        "TASK [Inner task]",
        "TASK [Failing task]",
        "failed=1",
    ):
        assert wanted in output
    assert output.count("what is wrong") == 1, "and not once more as JSON"
    for unwanted in ("Unchanged task", "Skipped task", "Telling task", "included:", "ok: ["):
        assert unwanted not in output


def test_with_v_every_task_is_shown(folder: Path) -> None:
    output = shown(folder, "-v")
    for wanted in ("TASK [Unchanged task]", "TASK [Skipped task]", "TASK [Telling task]", "included:"):
        assert wanted in output
