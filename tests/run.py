#!/usr/bin/env python3
"""Every test of this project, in one command.

    tests/run.py            all but those marked slow
    tests/run.py --all      those too
    tests/run.py STEP...    these steps alone, in this order of things; a cluster that they make stays

Two lanes run side by side: what needs the cluster, and what doesn't. A step that fails stops those that build on it and no others.
Each step's output is kept in build/log/, its results as JUnit XML in build/junit/. Ends with a table, the totals in its last line.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
JUNIT = BUILD / "junit"
BIN = ROOT / ".venv" / "bin"
COLLECTIONS = ROOT / ".venv" / "collections"


@dataclass(frozen=True)
class Command:
    """One program to run.

    :ivar env: variables besides those of this process.
    """

    words: tuple[str, ...]
    folder: Path = ROOT
    env: dict[str, str] = field(default_factory=dict)


Commands = Callable[[], Iterator[Command]]
"""Yields the commands of a step one by one: the next is asked for only when the one before was successful."""


@dataclass(frozen=True)
class Step:
    """:ivar lane: steps of one lane run one after the other, lanes side by side; those of the lane `first` run before all others.
    :ivar needs: steps that have to be successful before, if they are to run at all; those of other lanes are waited for.
    :ivar junit: name of the JUnit file that it has to leave, with at least one passed test in it; empty where it has no tests.
    :ivar always: it runs whatever came before, an interruption too.
    :ivar keep_going: a failed command doesn't keep the ones after it from running.
    :ivar timed: it holds what it sees against the clock, which a busy machine can spoil: tests that failed are run once more, and told.
    :ivar slow: nobody waits for it who hasn't asked for it, by its name or by --all.
    """

    name: str
    what: str
    commands: Commands
    lane: str
    needs: tuple[str, ...] = ()
    junit: str = ""
    always: bool = False
    keep_going: bool = False
    timed: bool = False
    slow: bool = False
    minutes: float = 20


def command(*words: str | Path, folder: Path = ROOT, env: dict[str, str] | None = None) -> Command:
    return Command(tuple(map(str, words)), folder, env or {})


# --- what the steps run


def prepare() -> Iterator[Command]:
    yield command("ansible-playbook", "-i", "localhost,", "tests/prepare.yml")


def lint() -> Iterator[Command]:
    mypy, path = ("mypy", "--config-file", "pyproject.toml"), {"MYPYPATH": str(COLLECTIONS)}
    yield command("ansible-lint", "--offline", "--strict", "--nocolor", "-q")
    yield command("yamllint", "--strict", ".")
    yield command("ruff", "check", ".")
    yield command("ruff", "format", "--check", ".")
    yield command(*mypy, "-p", "ansible_collections.proven.webapp.plugins", env=path)
    yield command(*mypy, "tools", "tests", "molecule", env=path)


def pytest(*words: str, **env: str) -> Iterator[Command]:
    yield command("pytest", *words, env={"PYTHONPATH": str(COLLECTIONS), **env})


def chart() -> Iterator[Command]:
    """Renders with the helm that the toolchain made: a fresh machine has none before that."""
    made = json.loads((BUILD / "molecule" / "cluster.json").read_text(encoding="utf-8"))
    yield from pytest("-q", "-n2", "tests/unit/chart", PROVEN_HELM=made["tools"]["helm"])


def backend() -> Iterator[Command]:
    """The backend's own tests, in an environment of its own that is made anew when what it requires has changed."""
    folder = ROOT / "docker" / "backend"
    venv = BUILD / "backend"
    stamp, state = venv / ".requirements", digest(folder / "requirements-dev.txt")
    if not stamp.exists() or stamp.read_text() != state:
        yield command(sys.executable, "-m", "venv", "--clear", venv)
        yield command(venv / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "-r", folder / "requirements-dev.txt")
        stamp.write_text(state)
    yield command("mypy", "--python-executable", venv / "bin/python", folder=folder)
    # It knows nothing of this project's markers.
    env = {"PYTEST_ADDOPTS": f"--junitxml={JUNIT / 'backend.xml'}"}
    yield command(venv / "bin/python", "-m", "pytest", folder=folder, env=env)


def frontend() -> Iterator[Command]:
    """The frontend's own tests; its packages are installed anew when their lock has changed."""
    folder = ROOT / "docker" / "frontend"
    stamp, state = folder / "node_modules" / ".lock-digest", digest(folder / "package-lock.json")
    quiet = {"NEXT_TELEMETRY_DISABLED": "1"}
    if not stamp.exists() or stamp.read_text() != state:
        yield command("npm", "ci", "--no-audit", "--no-fund", folder=folder, env=quiet)
        stamp.write_text(state)
    yield command("npm", "run", "--silent", "typecheck", folder=folder, env=quiet)
    reporters = ("--reporter=default", "--reporter=junit", f"--outputFile.junit={JUNIT / 'frontend.xml'}")
    yield command("npm", "test", "--silent", "--", *reporters, folder=folder, env=quiet)


def mutation() -> Iterator[Command]:
    yield command("python", "-m", "tests.mutation.run", env={"PYTHONPATH": str(COLLECTIONS)})


MOLECULE = {
    "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
    # Its own choice goes by the folder's name alone, and stumbles over what another clone has left there.
    "MOLECULE_EPHEMERAL_DIRECTORY": str(BUILD / "molecule-state"),
}


def matrix() -> Iterator[Command]:
    yield command("python", "-m", "tests.matrix.run", env={"PYTHONPATH": f"{COLLECTIONS}{os.pathsep}{ROOT}"})


def scenario(name: str, **more: str) -> Iterator[Command]:
    """A Molecule scenario; `default` owns the cluster that the others share, and starts from nothing."""
    env = {**MOLECULE, "PYTHONPATH": str(COLLECTIONS), **more}
    if name == "default":
        yield command("molecule", "destroy", "-s", name, env=env)
    yield command("molecule", "test", "-s", name, "--destroy=never", env=env)


def by_helm3() -> Iterator[Command]:
    """The tests of releases that talk to Helm themselves or run whole ones."""
    folders = ("release", "rollout", "preview", "strategies", "faults")
    helm3 = {"PROVEN_TEST_HELM": "3"}
    yield command("molecule", "converge", "-s", "default", env={**MOLECULE, "PYTHONPATH": str(COLLECTIONS), **helm3})
    yield from pytest("-v", *(f"tests/integration/{folder}" for folder in folders), "-m", "not slow", **helm3)


def destroy() -> Iterator[Command]:
    yield command("molecule", "destroy", "-s", "default", env=MOLECULE)


def scenarios() -> Iterator[Command]:
    yield from destroy()
    yield from pytest("-v", "tests/scenarios")


APART = ("rollout", "preview", "strategies", "gateway", "faults", "verify_faults", "drill", "lab", "load")
"""Folders of tests/integration that are steps of their own."""


def apart(*folders: str) -> Iterator[Command]:
    yield from pytest("-v", *(f"tests/integration/{folder}" for folder in folders))


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# The first run on a machine builds Kubernetes, hence the time that the cluster has.
STEPS = (
    Step("prepare", "what the tests need of this machine: Chromium, PostgreSQL", prepare, "first"),
    Step("lint", "ansible-lint, yamllint, ruff, mypy", lint, "code", keep_going=True),
    # Before all that takes longer: the browser's tests wait for the frontend's packages.
    Step("backend", "the backend's own tests, against a real PostgreSQL", backend, "code", ("prepare",), junit="backend.xml"),
    Step("frontend", "the frontend's own tests and types", frontend, "code", ("backend",), junit="frontend.xml"),
    Step("unit", "pure logic, roles", lambda: pytest("-q", "-n2", "tests/unit", "--ignore=tests/unit/chart"), "code", junit="unit.xml"),
    Step("quality", "what Ansible's and Galaxy's own tools say", lambda: pytest("-v", "tests/quality"), "code", junit="quality.xml"),
    Step(
        "default",
        "Molecule: tools and cluster",
        lambda: scenario("default"),
        "cluster",
        ("prepare",),
        junit="molecule-default.xml",
        minutes=45,
    ),
    Step("chart", "what the chart renders", chart, "cluster", ("default",), junit="chart.xml"),
    Step("images", "Molecule: images", lambda: scenario("images"), "cluster", ("default",), junit="molecule-images.xml"),
    Step("secrets", "Molecule: secrets", lambda: scenario("secrets"), "cluster", ("default",), junit="molecule-secrets.xml"),
    Step("release", "Molecule: the whole release", lambda: scenario("release"), "cluster", ("default",), junit="molecule-release.xml"),
    Step(
        "e2e",
        "the application in a browser",
        lambda: pytest("-v", "tests/e2e"),
        "cluster",
        ("prepare", "release", "frontend"),
        junit="e2e.xml",
        timed=True,
    ),
    Step(
        "integration",
        "modules and bad input on real engines and clusters",
        lambda: pytest("-v", "tests/integration", *(f"--ignore=tests/integration/{folder}" for folder in APART)),
        "cluster",
        ("release",),
        junit="integration.xml",
        timed=True,
        minutes=60,
    ),
    Step(
        "rollout",
        "good and bad releases, seen before and watched",
        lambda: apart("rollout", "preview"),
        "cluster",
        ("release",),
        "rollout.xml",
        timed=True,
    ),
    Step(
        "strategies",
        "blue/green and canary under traffic",
        lambda: apart("strategies"),
        "cluster",
        ("release",),
        "strategies.xml",
        timed=True,
    ),
    Step(
        "gateway",
        "canaries by weight behind a real gateway",
        lambda: apart("gateway"),
        "cluster",
        ("release",),
        "gateway.xml",
        timed=True,
        slow=True,
        minutes=60,
    ),
    Step(
        "faults",
        "runs that are killed, and what else goes wrong",
        lambda: apart("faults"),
        "cluster",
        ("release",),
        "faults.xml",
        timed=True,
    ),
    Step("verify", "what happens while it is verified", lambda: apart("verify_faults"), "cluster", ("release",), "verify.xml", timed=True),
    Step("drill", "dependencies taken away from clones", lambda: apart("drill"), "cluster", ("release",), "drill.xml", timed=True),
    Step(
        "load", "the application under load", lambda: apart("load"), "cluster", ("release",), "load.xml", timed=True, slow=True, minutes=40
    ),
    Step("lab", "probes held against the real kubelet", lambda: apart("lab"), "cluster", ("default",), "lab.xml", timed=True),
    Step(
        "helm3",
        "Molecule: the whole release, by Helm 3 on top of what Helm 4 released",
        lambda: scenario("release", PROVEN_TEST_HELM="3"),
        "cluster",
        ("release",),
        junit="molecule-release.xml",
        slow=True,
    ),
    Step(
        "by-helm3",
        "good and bad releases, strategies and faults by Helm 3",
        by_helm3,
        "cluster",
        ("helm3",),
        "by-helm3.xml",
        timed=True,
        slow=True,
        minutes=45,
    ),
    Step("matrix", "the chart by each Helm, held against each Kubernetes", matrix, "cluster", ("helm3",), slow=True),
    Step("mutation", "the rules broken one by one", mutation, "code", slow=True, minutes=40),
    Step(
        "scenarios",
        "Molecule: all scenarios, from no cluster to no cluster",
        scenarios,
        "cluster",
        junit="scenarios.xml",
        slow=True,
        minutes=90,
    ),
    Step("destroy", "the tests' cluster goes", destroy, "cluster", always=True),
    Step(
        "fresh", "from an empty machine and back", lambda: pytest("-v", "tests/fresh"), "cluster", junit="fresh.xml", slow=True, minutes=110
    ),
)


# --- results


@dataclass
class Counts:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: list[str] = field(default_factory=list)
    """Names of the failed tests, each with the first line of its message."""


def read_junit(path: Path) -> Counts:
    """:raises OSError, ElementTree.ParseError: there is no such file, or it was cut off."""
    counts = Counts()
    for case in ElementTree.parse(path).iter("testcase"):
        failure = next((found for kind in ("failure", "error") if (found := case.find(kind)) is not None), None)
        if failure is not None:
            counts.failed += 1
            message = (failure.get("message") or failure.text or "").strip().splitlines()
            counts.failures.append(f"{case.get('classname')}::{case.get('name')} {message[0][:240] if message else ''}".rstrip())
        elif case.find("skipped") is not None:
            counts.skipped += 1
        else:
            counts.passed += 1
    return counts


@dataclass
class Result:
    """:ivar fault: why the step failed; empty where it was successful.
    :ivar before: tests that failed in a first try of it.
    """

    step: Step
    seconds: float = 0.0
    fault: str = ""
    before: list[str] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)

    @property
    def failed(self) -> int:
        """Failed tests, or 1 for a failed step that has none."""
        return self.counts.failed or int(bool(self.fault))


def result_of(step: Step, seconds: float, fault: str) -> Result:
    """Puts together how the commands ended and what the tests said."""
    result = Result(step, seconds, fault)
    if not step.junit:
        return result
    try:
        result.counts = read_junit(JUNIT / step.junit)
    except (OSError, ElementTree.ParseError):
        result.fault = fault or "left no results"
        return result
    if result.counts.failed:
        result.fault = "tests failed"
    elif not fault and not result.counts.passed:
        result.fault = "no test passed" if result.counts.skipped else "no test ran"
    return result


def table(results: list[Result], seconds: float) -> str:
    """All results as lines; the last one has the totals."""
    lines = ["", f"{'step':<12} {'seconds':>7} {'passed':>7} {'failed':>7} {'skipped':>8}  result"]
    for result in results:
        counts = result.counts
        numbers = f"{result.seconds:>7.0f} {counts.passed:>7} {result.failed:>7} {counts.skipped:>8}"
        again = f", at the second try; {len(result.before)} failed before" if result.before else ""
        lines.append(f"{result.step.name:<12} {numbers}  {result.fault or 'ok'}{again}")
    details = [f"{result.step.name}: {failure}" for result in results for failure in result.counts.failures]
    details += [f"{result.step.name}, first try: {failure}" for result in results for failure in result.before]
    lines += ["", *details] if details else []
    passed, skipped = (sum(getattr(result.counts, kind) for result in results) for kind in ("passed", "skipped"))
    failed = sum(result.failed for result in results)
    lines += ["", f"{seconds / 60:.1f} minutes", f"{passed} passed, {failed} failed, {skipped} skipped"]
    return "\n".join(lines)


# --- running


class Runner:
    """Runs steps in their lanes and shows what they say, line by line, behind their names."""

    def __init__(self, steps: list[Step], slow: bool = False) -> None:
        self.steps = steps
        self.slow = slow
        self.results: dict[str, Result] = {}
        self._interruptions = 0
        self._writing = threading.Lock()
        self._over = {step.name: threading.Event() for step in steps}

    def run(self) -> list[Result]:
        """Run all; the results in the order of the steps."""
        lanes = list(dict.fromkeys(step.lane for step in self.steps))
        groups = [[lane for lane in lanes if lane == "first"], [lane for lane in lanes if lane != "first"]]
        for group in groups:
            threads = [threading.Thread(target=self._run_lane, args=(lane,)) for lane in group]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        return [self.results[step.name] for step in self.steps]

    def interrupt(self, *_: object) -> None:
        """End what runs. After it only steps that always run do, and a second interruption ends these too."""
        self._interruptions += 1

    def _interrupted(self, step: Step) -> bool:
        return self._interruptions > int(step.always)

    def _run_lane(self, lane: str) -> None:
        for step in self.steps:
            if step.lane == lane:
                try:
                    self.results[step.name] = self._run_timely(step)
                finally:
                    self._over[step.name].set()

    def _run_timely(self, step: Step) -> Result:
        """What failed, once more where it goes by the clock."""
        first = self._run_step(step)
        if not (first.counts.failures and step.timed) or self._interrupted(step):
            return first
        self._say(step.name, "── once more, what failed: it goes by the clock, and the machine may have been busy")
        second = self._run_step(step, "--last-failed")
        passed, skipped = (getattr(first.counts, kind) + getattr(second.counts, kind) for kind in ("passed", "skipped"))
        counts = replace(second.counts, passed=passed, skipped=skipped)
        return replace(second, seconds=first.seconds + second.seconds, counts=counts, before=first.counts.failures)

    def _run_step(self, step: Step, *options: str) -> Result:
        """:param options: more of pytest's."""
        # What it needs may be at work in another lane.
        for name in step.needs:
            if name in self._over:
                self._over[name].wait()
        missing = [name for name in step.needs if name in self.results and self.results[name].fault]
        if missing or self._interrupted(step):
            fault = f"not run: {missing[0]} failed" if missing else "not run: interrupted"
            self._say(step.name, fault)
            return Result(step, fault=fault)
        self._say(step.name, f"── {step.what}")
        if step.junit:
            (JUNIT / step.junit).unlink(missing_ok=True)
        start = time.monotonic()
        faults: list[str] = []
        with (BUILD / "log" / f"{step.name}.log").open("w", encoding="utf-8") as log:
            try:
                for each in step.commands():
                    left = step.minutes * 60 - (time.monotonic() - start)
                    fault = self._run_command(step, each, left, log.write, options)
                    faults += [fault] if fault else []
                    if (fault and not step.keep_going) or self._interrupted(step):
                        break
            except OSError as error:
                faults.append(str(error))
        result = result_of(step, time.monotonic() - start, ", ".join(faults))
        self._say(step.name, f"── {result.fault or 'ok'} after {result.seconds:.0f} s")
        return result

    def _run_command(self, step: Step, each: Command, seconds: float, log: Callable[[str], object], options: Sequence[str]) -> str:
        """Run to the end; what went wrong, or nothing. A process group of its own, so that all it started can be ended."""
        self._say(step.name, f"$ {shlex.join(each.words)}")
        process = subprocess.Popen(
            each.words,
            cwd=each.folder,
            env={**os.environ, **self._environment(step, options), **each.env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )

        def follow() -> None:
            assert process.stdout is not None
            for line in process.stdout:
                log(line)
                self._say(step.name, line.rstrip("\n"))

        reader = threading.Thread(target=follow, daemon=True)
        reader.start()
        deadline = time.monotonic() + seconds
        fault = ""
        while process.poll() is None and not fault:
            if self._interrupted(step):
                fault = "interrupted"
            elif time.monotonic() > deadline:
                fault = f"took longer than {step.minutes:.0f} minutes"
            time.sleep(0.1)
        if fault:
            end(process)
        # A daemon that was started on the way may hold the pipe open for ever.
        reader.join(2)
        return fault or (f"{Path(each.words[0]).name} ended with {process.returncode}" if process.returncode else "")

    def _environment(self, step: Step, more: Sequence[str]) -> dict[str, str]:
        # What failed is noted for each step, not for whichever wrote last.
        options = [f"--junitxml={JUNIT / step.junit}", "-o", f"cache_dir={BUILD / 'pytest' / step.name}", *more]
        options += [] if self.slow else ["-m", "not slow"]
        return {
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "PYTHONUNBUFFERED": "1",
            "NO_COLOR": "1",
            **({"PYTEST_ADDOPTS": shlex.join(options)} if step.junit else {}),
        }

    def _say(self, name: str, line: str) -> None:
        with self._writing:
            print(f"{name:<11} │ {line}", flush=True)


def end(process: subprocess.Popen[str]) -> None:
    """End a command and all that it started: asked first, then by force."""
    for sign, patience in ((signal.SIGINT, 20), (signal.SIGTERM, 5), (signal.SIGKILL, 5)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            break
    # What it started may not have listened.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("steps", nargs="*", metavar="STEP", help=", ".join(step.name for step in STEPS))
    parser.add_argument("--all", action="store_true", help="the tests marked slow too")
    chosen = parser.parse_args()
    if unknown := set(chosen.steps) - {step.name for step in STEPS}:
        parser.error(f"no such step: {', '.join(sorted(unknown))}; there are: {', '.join(step.name for step in STEPS)}")
    for folder in (JUNIT, BUILD / "log"):
        folder.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    steps = [step for step in STEPS if (step.name in chosen.steps if chosen.steps else chosen.all or not step.slow)]
    runner = Runner(steps, slow=chosen.all or any(step.slow for step in steps))
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, runner.interrupt)
    results = runner.run()
    print(table(results, time.monotonic() - start))
    sys.exit(any(result.fault for result in results))


if __name__ == "__main__":
    main()
