# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The oldest and the newest ansible-core that meta/runtime.yml allows: each reads every playbook, and runs the tests of what touches it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.matrix.ansible_core import CORES, Core, faults
from tests.quality.tree import ROOT


def test_the_oldest_is_the_one_that_is_asked_for() -> None:
    asked = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())["requires_ansible"]
    assert asked == f">={CORES[0].version.rpartition('.')[0]}.0"


@pytest.mark.parametrize("core", CORES, ids=lambda core: core.version)
def test_it_works_with(core: Core) -> None:
    if not core.python:
        pytest.skip(f"no Python 3.{' or 3.'.join(map(str, core.pythons))} on this machine")
    assert faults(core) == []
