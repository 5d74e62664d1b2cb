# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The test command itself: what it counts, what it takes for a failure, and that it always cleans up."""

from __future__ import annotations

import importlib.util
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).parents[1] / "run.py"
GOOD = '<testcase classname="a" name="good"/>'
BAD = '<testcase classname="a" name="bad"><failure message="1 is not 2&#10;more">trace</failure></testcase>'
BROKEN = '<testcase classname="a" name="broken"><error message="no fixture"/></testcase>'
SKIPPED = '<testcase classname="a" name="skipped"><skipped/></testcase>'


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """tests/run.py as a module, with a build folder of its own."""
    spec = importlib.util.spec_from_file_location("run_under_test", SOURCE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "BUILD", tmp_path)
    monkeypatch.setattr(module, "JUNIT", tmp_path / "junit")
    for folder in ("junit", "log"):
        (tmp_path / folder).mkdir()
    return module


@pytest.fixture
def step(run: Any) -> Callable[..., Any]:
    """Makes a step of shell lines."""

    def make(name: str, *lines: str, lane: str = "code", **more: Any) -> Any:
        def commands() -> Iterator[Any]:
            for line in lines:
                yield run.command("sh", "-c", line)

        return run.Step(name, f"the step {name}", commands, lane, **more)

    return make


def leaves(run: Any, name: str, *cases: str) -> str:
    """A shell line that writes results."""
    return f"printf '%s' '<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>' > {run.JUNIT}/{name}.xml"


def faults(results: list[Any]) -> dict[str, str]:
    return {result.step.name: result.fault for result in results}


def test_the_last_line_has_the_totals_of_all_results(run: Any, step: Any) -> None:
    steps = [
        step("one", leaves(run, "one", GOOD, GOOD, SKIPPED), junit="one.xml"),
        step("two", leaves(run, "two", GOOD, BAD, BROKEN), "exit 1", junit="two.xml"),
        step("three", "exit 3"),
    ]
    results = run.Runner(steps).run()
    text = run.table(results, 60)
    assert text.splitlines()[-1] == "3 passed, 3 failed, 1 skipped"
    assert "two: a::bad 1 is not 2" in text.splitlines()
    assert faults(results) == {"one": "", "two": "tests failed", "three": "sh ended with 3"}


@pytest.mark.parametrize(
    ("cases", "fault"),
    [
        (None, "left no results"),
        ((), "no test ran"),
        ((SKIPPED,), "no test passed"),
        (("<testcase",), "left no results"),
        ((GOOD, BAD), "tests failed"),
        ((GOOD, SKIPPED), ""),
    ],
)
def test_a_step_that_counts_has_to_show_tests(run: Any, step: Any, cases: tuple[str, ...] | None, fault: str) -> None:
    line = "true" if cases is None else leaves(run, "tests", *cases)
    assert faults(run.Runner([step("tests", line, junit="tests.xml")]).run()) == {"tests": fault}


def test_results_of_an_earlier_run_do_not_count(run: Any, step: Any) -> None:
    subprocess.run(leaves(run, "tests", GOOD), shell=True, check=True)
    assert faults(run.Runner([step("tests", "true", junit="tests.xml")]).run()) == {"tests": "left no results"}


def test_a_failure_stops_what_builds_on_it_and_nothing_else(run: Any, step: Any, tmp_path: Path) -> None:
    steps = [
        step("prepare", "true", lane="first"),
        step("cluster", "false", f"touch {tmp_path}/went-on", lane="cluster"),
        step("release", "true", lane="cluster", needs=("cluster",)),
        step("page", "true", lane="cluster", needs=("release",)),
        step("other", "true", lane="cluster", needs=("prepare",)),
        step("destroy", f"touch {tmp_path}/destroyed", lane="cluster", always=True),
    ]
    results = run.Runner(steps).run()
    assert faults(results) == {
        "prepare": "",
        "cluster": "sh ended with 1",
        "release": "not run: cluster failed",
        "page": "not run: release failed",
        "other": "",
        "destroy": "",
    }
    assert (tmp_path / "destroyed").exists()
    assert not (tmp_path / "went-on").exists()
    assert run.table(results, 1).splitlines()[-1] == "0 passed, 3 failed, 0 skipped"


def test_what_another_lane_has_at_work_is_waited_for(run: Any, step: Any, tmp_path: Path) -> None:
    steps = [
        step("packages", f"sleep 0.5; touch {tmp_path}/packages", lane="code"),
        step("broken", "sleep 0.5; false", lane="more"),
        step("page", f"test -e {tmp_path}/packages", lane="cluster", needs=("packages",)),
        step("other", "true", lane="cluster", needs=("broken",)),
    ]
    assert faults(run.Runner(steps).run()) == {"packages": "", "broken": "sh ended with 1", "page": "", "other": "not run: broken failed"}


def test_what_goes_by_the_clock_is_tried_twice_and_says_so(run: Any, step: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mark = tmp_path / "tried"
    again = f'echo "$PYTEST_ADDOPTS" | grep -q -- --last-failed && {leaves(run, "a", GOOD)}'
    second = f"if [ -e {mark} ]; then {again}; else touch {mark}; {leaves(run, 'a', GOOD, GOOD, SKIPPED, BAD)}; exit 1; fi"
    for timed, failed in ((True, 0), (False, 1)):
        mark.unlink(missing_ok=True)
        results = run.Runner([step("a", second, junit="a.xml", timed=timed)]).run()
        assert sum(result.failed for result in results) == failed
        shown = run.table(results, 1.0)
        assert ("at the second try; 1 failed before" in shown) == timed
        assert shown.endswith("3 passed, 0 failed, 1 skipped" if timed else "2 passed, 1 failed, 1 skipped")
        assert "a::bad" in shown


def test_only_what_failed_runs_again(run: Any, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("""
import pathlib

def test_bad():
    there = pathlib.Path("tried").exists()
    pathlib.Path("tried").touch()
    assert there

def test_good():
    with open("ran", "a") as file:
        file.write("x")
""")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    line = run.Command((sys.executable, "-m", "pytest"), tmp_path)
    (result,) = run.Runner([run.Step("a", "", lambda: iter([line]), "code", junit="a.xml", timed=True)]).run()
    assert (result.fault, result.counts.passed, len(result.before)) == ("", 2, 1)
    assert (tmp_path / "ran").read_text() == "x"


def test_what_fails_twice_has_failed(run: Any, step: Any) -> None:
    (result,) = run.Runner([step("a", leaves(run, "a", BAD), "exit 1", junit="a.xml", timed=True)]).run()
    assert result.fault == "tests failed"


def test_a_step_may_go_on_after_a_failed_command(run: Any, step: Any, tmp_path: Path) -> None:
    assert faults(run.Runner([step("lint", "exit 2", f"touch {tmp_path}/went-on", "exit 3", keep_going=True)]).run()) == {
        "lint": "sh ended with 2, sh ended with 3"
    }
    assert (tmp_path / "went-on").exists()


def test_a_missing_program_is_a_failure(run: Any) -> None:
    step = run.Step("lost", "no such program", lambda: iter([run.command("no-such-program")]), "code")
    assert "no-such-program" in run.Runner([step]).run()[0].fault


def test_lanes_run_side_by_side_after_the_first_one(run: Any, step: Any, tmp_path: Path) -> None:
    # Each of the two waits for the other.
    meet = "touch {0}/{1}; for i in $(seq 100); do [ -e {0}/{2} ] && exit 0; sleep 0.1; done; exit 1"
    steps = [
        step("left", f"test -e {tmp_path}/prepared", meet.format(tmp_path, "left", "right"), lane="code"),
        step("right", f"test -e {tmp_path}/prepared", meet.format(tmp_path, "right", "left"), lane="cluster"),
        step("prepare", f"sleep 0.3; touch {tmp_path}/prepared", lane="first"),
    ]
    assert set(faults(run.Runner(steps).run()).values()) == {""}


def test_a_step_that_takes_too_long_is_ended_with_all_that_it_started(run: Any, step: Any, tmp_path: Path) -> None:
    results = run.Runner([step("slow", f"(sleep 3; touch {tmp_path}/survived) & wait", minutes=0.01)]).run()
    assert results[0].fault.startswith("took longer")
    time.sleep(3)
    assert not (tmp_path / "survived").exists()


def test_a_daemon_that_keeps_the_output_open_holds_nothing_up(run: Any, step: Any) -> None:
    results = run.Runner([step("start", "setsid sleep 20 & echo started")]).run()
    assert results[0].fault == ""
    assert results[0].seconds < 10


def test_output_is_shown_behind_the_step_s_name_and_kept(run: Any, step: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run.Runner([step("talk", "echo hello; echo trouble >&2")]).run()
    assert "talk        │ hello\n" in capsys.readouterr().out
    assert (tmp_path / "log/talk.log").read_text() == "hello\ntrouble\n"


def test_slow_tests_are_left_out_unless_asked_for(run: Any, step: Any, tmp_path: Path) -> None:
    for slow in (False, True):
        run.Runner([step("show", 'echo "$PYTEST_ADDOPTS"', leaves(run, "show", GOOD), junit="show.xml")], slow=slow).run()
        said = (tmp_path / "log/show.log").read_text()
        assert f"--junitxml={tmp_path}/junit/show.xml" in said
        assert ("not slow" in said) is not slow


def test_an_interruption_ends_what_runs_and_still_cleans_up(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(f"""
import sys
sys.path.insert(0, {str(SOURCE.parent)!r})
import run
from pathlib import Path
run.BUILD, run.JUNIT = Path({str(tmp_path)!r}), Path({str(tmp_path / "junit")!r})
def sh(line):
    return lambda: iter([run.command("sh", "-c", line)])
run.STEPS = (
    run.Step("long", "", sh("echo runs; sleep 60"), "cluster"),
    run.Step("next", "", sh("touch {tmp_path}/next"), "cluster"),
    run.Step("destroy", "", sh("touch {tmp_path}/destroyed"), "cluster", always=True),
)
sys.argv[1:] = []
run.main()
""")
    process = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    for line in process.stdout:
        if "│ runs" in line:
            break
    process.send_signal(signal.SIGTERM)
    rest = process.stdout.read()
    assert process.wait(30) == 1
    assert "next 0 0 1 0 not run: interrupted" in [" ".join(line.split()) for line in rest.splitlines()]
    assert rest.splitlines()[-1] == "0 passed, 2 failed, 0 skipped"
    assert (tmp_path / "destroyed").exists()
    assert not (tmp_path / "next").exists()


def test_each_step_needs_only_steps_before_it(run: Any) -> None:
    seen: set[str] = set()
    for step in run.STEPS:
        assert set(step.needs) <= seen
        seen.add(step.name)


@pytest.mark.parametrize(("words", "steps"), [([], ["quick"]), (["--all"], ["quick", "long"]), (["long"], ["long"])])
def test_slow_steps_run_when_asked_for(run: Any, step: Any, monkeypatch: pytest.MonkeyPatch, words: list[str], steps: list[str]) -> None:
    ran: list[str] = []

    def note(self: Any) -> list[Any]:
        ran.extend(step.name for step in self.steps)
        return []

    monkeypatch.setattr(run.Runner, "run", note)
    monkeypatch.setattr(run.signal, "signal", lambda *_: None)
    monkeypatch.setattr(run, "STEPS", (step("quick"), step("long", slow=True)))
    monkeypatch.setattr(sys, "argv", ["run.py", *words])
    with pytest.raises(SystemExit):
        run.main()
    assert ran == steps


def test_an_unknown_step_is_named() -> None:
    answer = subprocess.run([sys.executable, SOURCE, "relase"], capture_output=True, text=True)
    assert answer.returncode == 2
    assert "no such step: relase; there are: prepare, lint" in answer.stderr
