"""Which processes a run has started, told by real ones."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._release import family

# As Ansible does it: the run forks a worker with a session of its own, which starts a program. It prints the numbers of both.
RUN = """
import os, subprocess, sys, time
worker = os.fork()
if worker == 0:
    os.setsid()
    program = subprocess.Popen(["sleep", "60"])
    print(os.getpid(), program.pid, flush=True)
    program.wait()
    os._exit(0)
time.sleep(60)
"""


def until(check: Callable[[], object]) -> None:
    deadline = time.monotonic() + 5
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def watch(pid: int) -> family.Watch:
    return family.Watch(family.Process(pid, family.born(pid)), family.mark(pid))


class Run:
    def __init__(self) -> None:
        self.process = subprocess.Popen([sys.executable, "-c", RUN], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.worker, self.program = map(int, self.process.stdout.readline().split())

        self.watch = watch(self.process.pid)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    @property
    def left(self) -> list[str]:
        return [name for name in ("worker", "program") if family.born(getattr(self, name))]


@pytest.fixture
def run() -> Iterator[Run]:
    one = Run()
    yield one
    one.kill()
    for pid in (one.worker, one.program):
        if family.born(pid):
            os.kill(pid, signal.SIGKILL)


def test_a_killed_run_leaves_its_worker_and_its_program_which_are_ended(run: Run) -> None:
    keeper = run.watch
    assert keeper.look()
    run.kill()
    assert not keeper.look()
    assert run.left == ["worker", "program"]
    keeper.end_what_is_left()
    assert run.left == []


def test_a_worker_that_began_after_the_last_look_is_known_by_its_mark(run: Run) -> None:
    keeper = run.watch
    run.kill()
    keeper.end_what_is_left()
    assert run.left == []


def test_a_program_whose_worker_was_killed_too_is_known_from_the_last_look(run: Run) -> None:
    keeper = run.watch
    assert keeper.look()
    run.kill()
    os.kill(run.worker, signal.SIGKILL)
    until(lambda: run.left == ["program"])
    keeper.end_what_is_left()
    assert run.left == []


def test_what_another_run_of_the_same_command_line_does_is_not_touched(run: Run) -> None:
    other = Run()
    try:
        keeper = run.watch
        assert keeper.look()
        run.kill()
        keeper.end_what_is_left()
        assert other.left == ["worker", "program"]
        assert other.process.poll() is None
    finally:
        other.kill()
        for pid in (other.worker, other.program):
            os.kill(pid, signal.SIGKILL)


def test_who_does_not_listen_is_ended_by_force() -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('x', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        watch(process.pid).end_all(patience=0.3)
        assert process.wait() == -signal.SIGKILL


def test_the_run_itself_is_ended_where_its_lease_is_lost(run: Run) -> None:
    keeper = run.watch
    keeper.look()
    keeper.end_all()
    assert run.process.wait() == -signal.SIGTERM
    assert run.left == []


def test_a_number_that_is_used_again_is_another_process() -> None:
    mine = family.Process(os.getpid(), family.born(os.getpid()))
    assert family.lives(mine)
    assert not family.lives(family.Process(mine.pid, "1"))
    assert not family.lives(family.Process(2**22 + 1, mine.born))


def test_nothing_is_ended_for_a_run_that_there_never_was() -> None:
    nobody = watch(2**22 + 1)
    assert not nobody.look()
    nobody.end_what_is_left()
