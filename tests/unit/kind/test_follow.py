# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A long program, and what it says."""

from __future__ import annotations

import subprocess

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._kind.follow import follow


def step_of(line: str) -> str | None:
    return line.removeprefix("step ") if line.startswith("step ") else None


def program(script: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(["sh", "-c", script], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def test_steps_are_told_and_all_is_returned() -> None:
    process, told = program("printf 'noise \\nstep one\\n\\377\\nstep two' >&2; exit 3"), list[str]()
    assert follow(process, step_of, told.append, 30) == ["noise", "step one", "\ufffd", "step two"]
    assert (told, process.returncode) == (["one", "two"], 3)


def test_one_that_takes_too_long_is_killed() -> None:
    process = program("echo begun >&2; exec sleep 60 2>&1")
    assert follow(process, step_of, print, 0.2) == ["begun"]
    assert process.returncode == -9


def test_one_that_nobody_follows_to_its_end_is_killed() -> None:
    process = program("echo step one >&2; exec sleep 60")

    def interrupted(_step: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        follow(process, step_of, interrupted, 30)
    assert process.returncode == -9
