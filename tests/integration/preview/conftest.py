# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The cluster of the Molecule scenarios, or the one whose facts PROVEN_LAB names; each case has a namespace of its own in it."""

from __future__ import annotations

import pytest
from ansible_collections.proven.webapp.molecule.support import Cluster


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    return Cluster.load()
