# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The cluster of the Molecule scenarios, or the one whose facts PROVEN_LAB names; each case has a namespace of its own in it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.proven.webapp.molecule.support import Cluster

from .lab import Lab


@pytest.fixture
def lab(cluster: Cluster, tmp_path: Path) -> Iterator[Lab]:
    namespace = f"preview-{uuid.uuid4().hex[:8]}"
    cluster.kubectl("create", "namespace", namespace)
    yield Lab(cluster, namespace, tmp_path / "chart")
    cluster.kubectl("delete", "namespace", namespace, "--wait=false", "--ignore-not-found")
