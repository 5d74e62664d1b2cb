# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Somebody else's applications, on the cluster of the Molecule scenarios or the one whose facts PROVEN_LAB names."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from ansible_collections.proven.webapp.molecule.support import ROOT, Cluster

from .artifact import installed
from .site import Site


@pytest.fixture(scope="session")
def collections(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A search path with this version's archive."""
    return installed(tmp_path_factory.mktemp("installed"), ROOT)


@pytest.fixture(scope="module")
def sites(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Site]]:
    """Makes sites in namespaces that are removed in the end."""
    made: list[Site] = []

    def make(name: str) -> Site:
        site = Site(cluster, f"byo-{name}", tmp_path_factory.mktemp(name))
        made.append(site)
        return site

    yield make
    for site in made:
        site.remove()
