# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Independent jobs side by side, with progress, a sign of life, and the first failure ending the rest."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._given import given

HEARTBEAT_SECONDS = 20.0
TAIL_LINES = 15


@dataclass(frozen=True)
class Job:
    """One thing to make.

    :ivar name: what a person calls it.
    :ivar target: file or folder that exists when it is made.
    :ivar make: makes it below a scratch path that is then renamed to `target`, so that an interrupted run leaves no half result.
        It is given the scratch path and a runner for commands.
    """

    name: str
    target: Path
    make: Callable[[Path, Runner], None]


class Runner:
    """Runs the commands of one job, counts its lines of output as a sign of life, and ends with the run.

    :ivar lines: output lines seen so far.
    """

    def __init__(self, job: str, stop: threading.Event) -> None:
        self.job = job
        self.lines = 0
        self.last = ""
        self._stop = stop

    def __call__(self, command: Sequence[str], *, env: dict[str, str] | None = None, cwd: Path | None = None, fix: str = "") -> None:
        """Run a command to its end.

        :raises ProvenError: when it fails, with the end of its output.
        """
        tail: list[str] = []
        with subprocess.Popen(
            list(command),
            env={**os.environ, **(env or {})},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        ) as process:
            watcher = threading.Thread(target=self._end_with_run, args=(process,), daemon=True)
            watcher.start()
            for line in given(process.stdout):
                self.lines += 1
                self.last = line.strip()
                tail = [*tail[-TAIL_LINES + 1 :], line.rstrip()]
        if process.returncode:
            raise ProvenError(
                f"Making {self.job} failed: {Path(command[0]).name} ended with code {process.returncode}.\n" + "\n".join(tail),
                where=" ".join(command),
                fix=fix or "Look at the lines above. Finished parts are kept: running again goes on from here.",
            )

    def _end_with_run(self, process: subprocess.Popen[str]) -> None:
        while process.poll() is None:
            if self._stop.wait(0.2):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGTERM)
                return


def run_jobs(jobs: Sequence[Job], progress: Callable[[str], None], workers: int) -> dict[str, float]:
    """Make everything that isn't there.

    :param jobs: in order of importance; longest first is quickest.
    :returns: name → seconds, of those that were made.
    :raises ProvenError: of the first job that fails; the others are stopped.
    """
    todo = [job for job in jobs if not job.target.exists()]
    stop = threading.Event()
    running: dict[str, tuple[float, Runner]] = {}
    took: dict[str, float] = {}
    failures: list[BaseException] = []
    lock = threading.Lock()

    def work(job: Job) -> None:
        if stop.is_set():
            return
        start = time.monotonic()
        runner = Runner(job.name, stop)
        with lock:
            running[job.name] = (start, runner)
        progress(f"making {job.name}")
        job.target.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{job.target.name}-", dir=job.target.parent))
        try:
            made = scratch / job.target.name
            job.make(made, runner)
            os.replace(made, job.target)
        except BaseException as error:
            with lock:
                # Those that fail later were stopped because of the first.
                failures.append(error)
            stop.set()
            raise
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
            with lock:
                running.pop(job.name, None)
        seconds = time.monotonic() - start
        with lock:
            took[job.name] = seconds
            done = len(took)
        progress(f"made {job.name} in {seconds:.0f} s ({done} of {len(todo)})")

    def heartbeat() -> None:
        while not stop.wait(HEARTBEAT_SECONDS):
            with lock:
                now = time.monotonic()
                states = [f"{name} ({now - start:.0f} s, {runner.lines} lines)" for name, (start, runner) in running.items()]
            if states:
                progress(f"working on {', '.join(states)}")

    if not todo:
        return {}
    threading.Thread(target=heartbeat, daemon=True).start()
    try:
        with ThreadPoolExecutor(max_workers=workers) as pool:
            for job in todo:
                pool.submit(work, job)
    finally:
        stop.set()
    if failures:
        raise failures[0]
    return took
