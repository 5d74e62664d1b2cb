# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab in a namespace of its own: on the cluster of the Molecule scenarios, or on the one whose facts PROVEN_LAB names."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.proven.webapp.molecule.support import Cluster

from .agreement import Asker, Row, table
from .cases import CASES
from .lab import Lab
from .lifecycle import pods, services, siblings
from .manifests import pod_of

ROOT = Path(__file__).parents[3]
ROWS = pytest.StashKey[list[Row]]()


@pytest.fixture(scope="session")
def image(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The server's image, in the cluster's registry."""
    out = tmp_path_factory.mktemp("image") / "reference"
    answer = subprocess.run(
        [
            *(Path(sys.executable).parent / "ansible-playbook", "-i", "localhost,", Path(__file__).parent / "image.yml"),
            *("-e", f"registry={cluster.registry['push']}", "-e", f"out={out}"),
        ],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=1200,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return out.read_text().strip()


@pytest.fixture(scope="session")
def lab(cluster: Cluster, image: str) -> Iterator[Lab]:
    """With a pod for each case."""
    lab = Lab.on(cluster, image)
    lab.remove()
    lab.create([*pods(image), *services(), siblings(image), *(pod_of(case, image) for case in CASES)])
    yield lab
    lab.remove()


@pytest.fixture(scope="session")
def rows(lab: Lab, request: pytest.FixtureRequest) -> list[Row]:
    """Every probe of every case in every step."""
    found = list(Asker(lab).rows())
    request.config.stash[ROWS] = found
    return found


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if ROWS in config.stash:
        rows = config.stash[ROWS]
        terminalreporter.section("the kubelet and we")
        for line in table(rows):
            terminalreporter.write_line(line)
        agreed = sum(row.agrees for row in rows)
        terminalreporter.write_line(
            f"{len(rows)} questions, {agreed} agreed, {sum(row.false_pass for row in rows)} false passes, "
            f"{sum(row.false_alarm for row in rows)} false alarms"
        )
