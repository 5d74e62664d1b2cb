# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Breaks the rules one by one and looks whether a test fails.

    PYTHONPATH=.venv/collections python tests/mutation/run.py [--only check_timing.py] [--workers 2]

Each mutant of the checks is run against the rules' own tests. One that no test notices has survived: either a test is missing, or the
mutant means the same, and then equivalent.yml says why. Ends with 1 when one survives without a reason.
"""

from __future__ import annotations

import argparse
import importlib.util
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from mutants import Mutant, mutants

PACKAGE = "ansible_collections.proven.webapp.plugins.module_utils._audit"
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
"""What is broken, and the test that most likely notices."""
PATIENCE = 120
"""Seconds. A mutant that loops is noticed as well."""


@dataclass(frozen=True)
class Equivalent:
    where: str
    change: str
    reason: str


def equivalents() -> dict[tuple[str, str], Equivalent]:
    """Mutants that mean the same, by where and change."""
    known = [Equivalent(**entry) for entry in yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8")) or []]
    return {(entry.where, entry.change): entry for entry in known}


def in_child(work: Callable[[], int]) -> int:
    """What it returns in a process of its own; 1 if it takes too long."""
    child = os.fork()
    if child == 0:
        signal.alarm(PATIENCE)
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        code = 1
        try:
            code = work()
        finally:
            os._exit(code)
    _pid, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def install(file: str, source: str) -> None:
    """Make the mutant what the tests import."""
    name = f"{PACKAGE}.{file.removesuffix('.py')}"
    spec = importlib.util.find_spec(name)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    exec(compile(source, file, "exec"), module.__dict__)
    setattr(sys.modules[PACKAGE], file.removesuffix(".py"), module)


def run_tests(file: str, source: str) -> int:
    """0 when no test fails."""
    try:
        install(file, source)
    except Exception:
        return 1
    first = TESTS / FILES[file]
    others = [path for path in dict.fromkeys([TESTS / "test_rules.py", *(TESTS / name for name in FILES.values())]) if path != first]
    options = ["-x", "-q", "-p", "no:cacheprovider", "-o", "addopts=--import-mode=importlib", "--rootdir", str(ROOT)]
    return int(pytest.main([*options, *map(str, [first, *others])]))


def survives(pair: tuple[str, Mutant]) -> bool:
    file, mutant = pair
    return in_child(lambda: run_tests(file, mutant.source)) == 0


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
    # Plugins take more time than the tests.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    file = chosen.only or next(iter(FILES))
    if in_child(lambda: run_tests(file, (AUDIT / file).read_text(encoding="utf-8"))):
        sys.exit("The tests fail without any mutant.")
    start = time.monotonic()
    known, used = equivalents(), set()
    todo = list(all_mutants(chosen.only))
    survivors: list[Mutant] = []
    with ProcessPoolExecutor(chosen.workers, mp_context=multiprocessing.get_context("fork")) as pool:
        for (_file, mutant), survived in zip(todo, pool.map(survives, todo), strict=True):
            if survived and (mutant.where, mutant.change) in known:
                used.add((mutant.where, mutant.change))
            elif survived:
                survivors.append(mutant)
                print(f"survived: {mutant.where}, line {mutant.line}: {mutant.change}", flush=True)
    same = sum(1 for _file, mutant in todo if (mutant.where, mutant.change) in used)
    killed = len(todo) - same - len(survivors)
    share = 100 * killed / max(len(todo) - same, 1)
    print(
        f"{len(todo)} mutants, {same} mean the same, {killed} of {len(todo) - same} killed: {share:.1f} %, {time.monotonic() - start:.0f} s"
    )
    stale = [key for key in known if key not in used and chosen.only in ("", key[0].partition(",")[0])]
    for where, change in stale:
        print(f"no longer survives, or isn't there: {where}: {change}")
    sys.exit(bool(survivors or stale))


if __name__ == "__main__":
    main()
