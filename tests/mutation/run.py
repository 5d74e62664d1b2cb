# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Breaks the rules one by one and looks whether a test fails.

    PYTHONPATH=.venv/collections python -m tests.mutation.run [--only check_timing.py] [--workers 2]

Each mutant of the checks is run against the rules' own tests. One that no test notices has survived: either a test is missing, or the
mutant means the same, and then equivalent.yml says why. Ends with 1 when one survives without a reason.

The tests are collected once; each mutant lives in a fork of that process, where the code of the functions that it changes is replaced.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from _pytest.runner import runtestprotocol

from tests.mutation.install import PACKAGE, install
from tests.mutation.mutants import Mutant, mutants

ROOT = Path(__file__).parents[2]
AUDIT = ROOT / "plugins" / "module_utils" / "_audit"
TESTS = ROOT / "tests" / "unit" / "audit"
EQUIVALENT = Path(__file__).with_name("equivalent.yml")
FILES = {
    "check_validity.py": "test_validity.py",
    "check_timing.py": "test_timing.py",
    "check_restarts.py": "test_restarts.py",
    "check_traffic.py": "test_traffic.py",
    "check_availability.py": "test_availability.py",
    "commands.py": "test_restarts.py",
    "model.py": "test_estate.py",
    "estate.py": "test_estate.py",
    "exceptions.py": "test_exceptions.py",
}
"""What is broken, and the tests that most likely notice."""
PATIENCE = 120
"""Seconds. A mutant that goes on for ever is noticed as well."""


@dataclass
class Tally:
    """:ivar known: reasons for mutants that mean the same, by where and change."""

    known: dict[tuple[str, str], str]
    total: int = 0
    same: set[tuple[str, str]] = field(default_factory=set)
    excused: int = 0
    survivors: list[Mutant] = field(default_factory=list)

    def count(self, mutant: Mutant, *, noticed: bool) -> None:
        self.total += 1
        key = (mutant.where, mutant.change)
        if noticed:
            return
        if key in self.known:
            self.same.add(key)
            self.excused += 1
        else:
            self.survivors.append(mutant)
            print(f"survived: {mutant.where}, line {mutant.line}: {mutant.change}", flush=True)


class Breaker:
    """A pytest plugin that runs the collected tests once for each mutant."""

    def __init__(self, todo: Sequence[tuple[str, Mutant]], workers: int, tally: Tally) -> None:
        self._todo = todo
        self._workers = workers
        self._tally = tally
        self._running: dict[int, Mutant] = {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed or not session.items:
            raise session.Failed("the tests can't be collected")
        for file in dict.fromkeys(file for file, _mutant in self._todo):
            same = Mutant(file, "nothing", (AUDIT / file).read_text(encoding="utf-8"), 0)
            self._fork(lambda file=file, same=same: _broken(file, same, session.items))
            if self._reap():
                raise session.Failed(f"the tests fail when {file} is put in its own place")
        for file, mutant in self._todo:
            first = FILES[file]
            items = sorted(session.items, key=lambda item: item.path.name != first)
            self._running[self._fork(lambda file=file, mutant=mutant, items=items: _broken(file, mutant, items))] = mutant
            if len(self._running) >= self._workers:
                self._reap()
        while self._running:
            self._reap()
        return True

    def _fork(self, work: object) -> int:
        child = os.fork()
        if child == 0:
            signal.alarm(PATIENCE)
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            noticed = True
            try:
                noticed = work()  # type: ignore[operator]
            finally:
                os._exit(int(noticed))
        return child

    def _reap(self) -> bool:
        """Wait for one to end; was it noticed?"""
        child, status = os.wait()
        noticed = os.waitstatus_to_exitcode(status) != 0
        mutant = self._running.pop(child, None)
        if mutant:
            self._tally.count(mutant, noticed=noticed)
        return noticed


def _broken(file: str, mutant: Mutant, items: Sequence[pytest.Item]) -> bool:
    try:
        install(f"{PACKAGE}.{file.removesuffix('.py')}", mutant.source)
    except Exception:
        # It can't even be loaded.
        return True
    return _noticed(items)


def _noticed(items: Sequence[pytest.Item]) -> bool:
    """Does a test fail?"""
    for item, after in zip(items, [*items[1:], None], strict=True):
        if any(report.failed for report in runtestprotocol(item, log=False, nextitem=after)):
            return True
    return False


def all_mutants(only: str) -> Iterator[tuple[str, Mutant]]:
    for file in FILES:
        if only in ("", file):
            for mutant in mutants(file, (AUDIT / file).read_text(encoding="utf-8")):
                yield file, mutant


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", choices=list(FILES), help="one file")
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args()
    start = time.monotonic()
    entries = yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8")) or []
    tally = Tally({(entry["where"], entry["change"]): entry["reason"] for entry in entries})
    # Plugins take more time than the tests.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    tests = [str(TESTS / name) for name in dict.fromkeys(["test_rules.py", *FILES.values()])]
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:terminal", "-s", "-o", "addopts=--import-mode=importlib", "--rootdir", str(ROOT)]
    code = pytest.main([*options[1:], *tests], plugins=[Breaker(list(all_mutants(chosen.only)), chosen.workers, tally)])
    counted = tally.total - tally.excused
    killed = counted - len(tally.survivors)
    seconds = time.monotonic() - start
    share = 100 * killed / max(counted, 1)
    print(f"{tally.total} mutants, {tally.excused} mean the same, {killed} of {counted} noticed: {share:.1f} %, {seconds:.0f} s")
    stale = [key for key in tally.known if key not in tally.same and chosen.only in ("", key[0].partition(",")[0])]
    for where, change in stale:
        print(f"doesn't survive, or isn't there: {where}: {change}")
    sys.exit(bool(tally.survivors or stale or not tally.total or code))


if __name__ == "__main__":
    main()
