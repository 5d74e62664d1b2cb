# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The processes that a run has started (proc(5)), and their end.

Ansible gives each task's worker a session of its own: whoever kills ansible-playbook, or its process group, leaves the worker and its
helm at work.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PATIENCE_SECONDS = 5.0
"""That processes have to end by themselves: helm writes down that it was cancelled, a drill clears up."""
LOOK_SECONDS = 0.05
FIRST_FIELD = 3
STARTTIME, STARTSTACK, ARG_START, ENV_START = 22, 28, 48, 50
"""Fields of /proc/<pid>/stat, counted as proc(5) does; those behind the name begin with the third."""


@dataclass(frozen=True)
class Process:
    """:ivar born: numbers are used again, with another beginning."""

    pid: int
    born: str


def _stat(pid: int) -> list[str]:
    """The fields behind the name; empty where the process is gone or has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
    return fields if fields and fields[0] not in "ZX" else []


def born(pid: int) -> str:
    """When a process began, in the kernel's ticks; empty when it is gone."""
    fields = _stat(pid)
    return fields[STARTTIME - FIRST_FIELD] if fields else ""


def lives(process: Process) -> bool:
    return born(process.pid) == process.born


def mark(pid: int) -> tuple[str, ...]:
    """What forks of one program share and nobody else has: the addresses that the kernel drew for it when it began.

    Empty where they can't be told: of a process that is gone, or another user's.
    """
    fields = _stat(pid)
    found = tuple(fields[field - FIRST_FIELD] for field in (STARTSTACK, ARG_START, ENV_START)) if fields else ()
    return () if "0" in found else found


def below(pids: Iterable[int]) -> set[Process]:
    """All descendants, this process left out."""
    found: set[Process] = set()
    todo = list(pids)
    while todo:
        pid = todo.pop()
        for file in Path(f"/proc/{pid}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                for child in map(int, file.read_text().split()):
                    if child != os.getpid() and (start := born(child)):
                        found.add(Process(child, start))
                        todo.append(child)
    return found


def forks(of: tuple[str, ...]) -> set[Process]:
    """The living processes with a mark."""
    pids = [int(folder.name) for folder in Path("/proc").glob("[0-9]*")] if of else []
    return {Process(pid, start) for pid in pids if pid != os.getpid() and mark(pid) == of and (start := born(pid))}


class Watch:
    """Keeps an eye on a run and on whatever works for it.

    :param run: its process.
    :param of: its mark, from when it lived for sure: it may be killed before anybody looks.
    """

    def __init__(self, run: Process, of: tuple[str, ...]) -> None:
        self.run, self._mark = run, of
        self._below: set[Process] = set()

    def look(self) -> bool:
        """Whether the run lives."""
        if not self.run.born or not lives(self.run):
            return False
        self._below = below([self.run.pid])
        return True

    def end_what_is_left(self, patience: float = PATIENCE_SECONDS) -> None:
        """Once the run has ended. What one that ended well has started has ended before it."""
        # A worker that began after the last look is told by its mark, a helm whose worker was killed too by the last look.
        left = {process for process in self._below | forks(self._mark) if lives(process)}
        _end(left | below(process.pid for process in left), patience)

    def end_all(self, patience: float = PATIENCE_SECONDS) -> None:
        """The run too."""
        _end({self.run, *below([self.run.pid])}, patience)


def _end(processes: set[Process], patience: float) -> None:
    """Asked first, then by force."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        for process in filter(lives, processes):
            with contextlib.suppress(OSError):
                os.kill(process.pid, sign)
        deadline = time.monotonic() + patience
        while any(map(lives, processes)) and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
