"""What stands in the way on a machine, and what is said about it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._machine import look
from ansible_collections.proven.webapp.plugins.module_utils._machine.rules import GIB, Machine, Needs, problems

GOOD = Machine("Linux", "x86_64", ("debian",), "Debian 12", 8 * GIB, {"/var/lib/docker": 50 * GIB}, True, True, True)
NEEDS = Needs(memory=4 * GIB, disk={"/var/lib/docker": 10 * GIB}, docker=True)


def test_a_good_machine_has_no_problem() -> None:
    assert problems(GOOD, NEEDS) == []


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"system": "Darwin"}, "Darwin on x86_64 is not supported"),
        ({"architecture": "riscv64"}, "Linux on riscv64 is not supported"),
        ({"memory": 2 * GIB}, "Too little memory: 2.0 GiB, and 4.0 GiB are needed"),
        ({"disk": {"/var/lib/docker": GIB}}, "Too little room for /var/lib/docker: 1.0 GiB free, and 10.0 GiB are needed"),
        (
            {"docker": False, "docker_answers": False, "distribution": ("fedora",), "pretty": "Fedora 42"},
            "on Fedora 42 we can't install one",
        ),
        ({"docker": False, "docker_answers": False, "root": False}, "no right to install one"),
        ({"docker_answers": False, "root": False}, "doesn't answer this user"),
    ],
)
def test_each_problem_is_said(changes: dict[str, object], text: str) -> None:
    found = problems(replace(GOOD, **changes), NEEDS)  # type: ignore[arg-type]
    assert len(found) == 1
    assert text in found[0]


def test_a_derivative_of_debian_will_do() -> None:
    assert problems(replace(GOOD, docker=False, docker_answers=False, distribution=("mint", "ubuntu", "debian")), NEEDS) == []


def test_without_a_need_for_docker_it_may_be_absent() -> None:
    assert problems(replace(GOOD, docker=False, docker_answers=False, root=False), replace(NEEDS, docker=False)) == []


def test_several_are_said_at_once() -> None:
    assert len(problems(replace(GOOD, memory=1, disk={}), NEEDS)) == 2


def test_readers() -> None:
    assert look.os_release('ID=debian\nPRETTY_NAME="Debian 12"\n') == {"ID": "debian", "PRETTY_NAME": "Debian 12"}
    assert look.memory_total("MemTotal:       2048 kB\n") == 2048 * 1024
    assert look.free_bytes("/no/such/folder/yet") > 0
