"""Jobs side by side: order, leftovers, failures."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._progress import Progress
from ansible_collections.proven.webapp.plugins.module_utils._toolchain.jobs import Job, Runner, run_jobs


def touch(target: Path, _run: Runner) -> None:
    target.write_text("made")


def test_makes_what_is_missing_and_leaves_the_rest(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("before")
    jobs = [Job("there", tmp_path / "there", touch), Job("new", tmp_path / "deep" / "new", touch)]
    assert list(run_jobs(jobs, Progress(None), 2)) == ["new"]
    assert (tmp_path / "there").read_text() == "before"
    assert (tmp_path / "deep" / "new").read_text() == "made"
    assert run_jobs(jobs, Progress(None), 2) == {}


def test_runs_side_by_side(tmp_path: Path) -> None:
    barrier = threading.Barrier(2, timeout=5)

    def meet(target: Path, run: Runner) -> None:
        barrier.wait()
        touch(target, run)

    assert len(run_jobs([Job(name, tmp_path / name, meet) for name in "ab"], Progress(None), 2)) == 2


def test_a_failure_leaves_no_half_result_stops_the_rest_and_is_the_one_reported(tmp_path: Path) -> None:
    def fail(target: Path, run: Runner) -> None:
        target.mkdir()
        (target / "half").write_text("")
        time.sleep(0.2)
        run(["sh", "-c", "echo what went wrong; exit 3"])

    def long(target: Path, run: Runner) -> None:
        run(["sleep", "60"])

    start = time.monotonic()
    # The victim stands first: it must not be mistaken for the culprit.
    with pytest.raises(ProvenError, match="Making culprit failed: sh ended with code 3") as caught:
        run_jobs([Job("victim", tmp_path / "victim", long), Job("culprit", tmp_path / "culprit", fail)], Progress(None), 2)
    assert "what went wrong" in str(caught.value)
    assert time.monotonic() - start < 10
    assert list(tmp_path.iterdir()) == []


def test_progress_says_what_is_made_and_how_far(tmp_path: Path) -> None:
    log = tmp_path / "log"
    run_jobs([Job("one", tmp_path / "one", touch), Job("two", tmp_path / "two", touch)], Progress(str(log)), 1)
    lines = log.read_text().splitlines()
    assert "making one" in lines[0]
    assert "(2 of 2)" in lines[-1]
