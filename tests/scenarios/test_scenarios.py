# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`molecule test --all`: every scenario passes tests of its own, and nothing of them is left; nor of one that fails."""

from __future__ import annotations

import os
import re
import subprocess
import uuid
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from ansible_collections.proven.webapp.molecule.support import FACTS, ROOT
from ansible_collections.proven.webapp.tests.run import BIN, COLLECTIONS, JUNIT, MOLECULE, read_junit

SCENARIOS = sorted(path.parent.name for path in (ROOT / "molecule").glob("*/molecule.yml"))
MAY_BE_SKIPPED = ("cluster-minikube", "upgrade")
"""Where there is no Minikube, which no package registry has; and in a shallow clone, which has no previous release."""
MARK = "PROVEN_SCENARIOS_RUN"
ENGINE = ("dockerd", "containerd")
"""Is started where none runs, and stays: it belongs to the machine."""
KEPT = (
    # pytest's folders of its last three runs
    "pytest-of-*",
    # What kubernetes.core knows of a cluster's API
    "k8srcp-*.json",
    # Locks: whoever removes one may let two others in
    "proven-kind-*.lock",
    "minikube-locks-*",
    # What minikube writes down of each command
    "minikube_*.log",
)
"""Temporary files that others look after."""
STATE = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "proven.webapp"


def docker(*words: str) -> set[str]:
    return set(subprocess.run(["docker", *words], capture_output=True, text=True).stdout.split())


def checkout() -> set[str]:
    """Files that the repository doesn't know, or knows otherwise."""
    command = ["git", "status", "--porcelain", "--untracked-files=all"]
    return set(subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.splitlines())


@dataclass
class Molecule:
    """One run, whose processes and temporary files are told from everybody else's.

    :ivar folder: for temporary files, and the output.
    """

    folder: Path

    def __post_init__(self) -> None:
        self._mark = uuid.uuid4().hex
        self._volumes = docker("volume", "ls", "--quiet", "--filter", "dangling=true")
        self._checkout = checkout()
        self._temporary = self.folder / "tmp"
        self._temporary.mkdir()
        self.output = ""

    def run(self, *words: str, **env: str) -> int:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "MOLECULE_", "ANSIBLE_"))}
        ours = {
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(COLLECTIONS),
            "TMPDIR": str(self._temporary),
            "PWD": str(ROOT),
            "NO_COLOR": "1",
            MARK: self._mark,
        }
        with (self.folder / "output").open("w") as out:
            command = [str(BIN / "molecule"), "test", *words]
            code = subprocess.call(
                command, cwd=ROOT, env={**inherited, **MOLECULE, **ours, **env}, stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )
        self.output = (self.folder / "output").read_text(errors="replace")
        return code

    def left(self) -> list[str]:
        """What there is of it."""
        found = [f"process {words}" for words in self._processes()]
        found += [f"container {name}" for name in docker("ps", "--all", "--filter", "name=^proven-test", "--format", "{{.Names}}")]
        found += [f"network {name}" for name in docker("network", "ls", "--filter", "name=^proven-test", "--format", "{{.Name}}")]
        found += [f"volume {name}" for name in docker("volume", "ls", "--quiet", "--filter", "dangling=true") - self._volumes]
        found += [f"state {path}" for path in STATE.glob("proven-test*")]
        found += [f"folder {path}" for path in FACTS.iterdir() if path.is_dir()]
        found += [f"in the checkout: {file}" for file in checkout() - self._checkout]
        return found + [f"file {path}" for path in self._temporary.iterdir() if not any(map(path.match, KEPT))]

    def _processes(self) -> Iterator[str]:
        for process in Path("/proc").glob("[0-9]*"):
            try:
                marked = f"{MARK}={self._mark}".encode() in (process / "environ").read_bytes()
                words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            except OSError:
                continue
            if marked and words and not Path(words.split()[0]).name.startswith(ENGINE):
                yield words


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Molecule]:
    return lambda: Molecule(tmp_path_factory.mktemp("molecule"))


@pytest.fixture(scope="module")
def everything(run: Callable[[], Molecule]) -> tuple[Molecule, int]:
    """All scenarios, and what Molecule ended with."""
    for file in JUNIT.glob("molecule-*.xml"):
        file.unlink()
    molecule = run()
    return molecule, molecule.run("--all")


def test_all_scenarios_succeed(everything: tuple[Molecule, int]) -> None:
    molecule, code = everything
    assert code == 0, molecule.output[-6000:]


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_its_tests_passed(scenario: str) -> None:
    file = JUNIT / f"molecule-{scenario}.xml"
    assert file.exists(), "it left no results"
    counts = read_junit(file)
    assert counts.failures == []
    if not counts.passed and counts.skipped and scenario in MAY_BE_SKIPPED:
        reasons = {str(each.get("message")) for each in ElementTree.parse(file).iter("skipped")}
        pytest.skip("; ".join(reasons))
    assert counts.passed, "no test passed"


def test_nothing_is_left_of_them(everything: tuple[Molecule, int]) -> None:
    assert everything[0].left() == []


def test_a_scenario_without_tests_fails_and_nothing_is_left_of_it(run: Callable[[], Molecule]) -> None:
    """One with a stand-in and a namespace of its own."""
    molecule = run()
    assert molecule.run("-s", "cloud-doks", PYTEST_ADDOPTS="-k none-that-there-is") != 0
    assert re.search(r"\d+ deselected", molecule.output)
    assert "[cloud-doks > cleanup] Executed: Successful" in molecule.output
    assert molecule.left() == []
