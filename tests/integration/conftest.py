# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The cluster that most tests here share; those of modules that make clusters have their own."""

from __future__ import annotations

import pytest
from ansible_collections.proven.webapp.molecule.support import Cluster
from ansible_collections.proven.webapp.tests.integration.toolbox import deliver_toolbox


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """That of the Molecule scenarios, or the one whose facts PROVEN_LAB names."""
    return Cluster.load()


@pytest.fixture(scope="session")
def toolbox(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An image's reference, in the cluster's registry. It has the Python that the tests' small applications need, too."""
    return deliver_toolbox(cluster, tmp_path_factory.mktemp("toolbox"))
