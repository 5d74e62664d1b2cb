# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The collection as Galaxy hands it out, in a project that has nothing but an inventory, by the oldest ansible-core and by the newest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from .artifact import CORES, NEWEST, OLDEST, Core, project, run, shop
from .site import Site


@pytest.mark.parametrize("core", [OLDEST, pytest.param(NEWEST, marks=pytest.mark.slow)], ids=lambda core: core.version)
def test_an_inventory_is_all_that_a_project_needs(
    core: Core, sites: Callable[[str], Site], toolbox: str, collections: str, tmp_path: Path
) -> None:
    site = sites(f"artifact-{core.pythons[0]}")
    assert "up and proven" in run(project(tmp_path, site, shop(toolbox)), core, collections)
    assert site.asks("shop-web:http") == "Open"


@pytest.mark.slow
@pytest.mark.parametrize("core", CORES, ids=lambda core: core.version)
def test_it_looks_before_and_changes_nothing_twice(
    core: Core, sites: Callable[[str], Site], toolbox: str, collections: str, tmp_path: Path
) -> None:
    site = sites(f"artifact-twice-{core.pythons[0]}")
    folder = project(tmp_path, site, shop(toolbox))
    run(folder, core, collections, "--syntax-check")
    assert "failed=0" in run(folder, core, collections, "--check", "--diff")
    assert not site.cluster.kubectl("get", "namespace", site.namespace, "--ignore-not-found")
    assert "up and proven" in run(folder, core, collections)
    assert "changed=0" in run(folder, core, collections)
