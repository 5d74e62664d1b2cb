# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The whole way on another version of Kubernetes than the one that all other tests run on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.proven.webapp.tests.integration.local_cluster import Toolchain
from ansible_collections.proven.webapp.tests.integration.whole import MAY_CHANGE, Whole, page

# The toolchain builds another Kubernetes: ten minutes, once.
pytestmark = pytest.mark.slow

NAME = "proven-it-other"
VERSION = "1.33.13"
NODE_PORT, REGISTRY_PORT = 30089, 5058


OTHER = ("-e", f"toolchain_kubernetes_version={VERSION}")


@pytest.fixture
def whole(toolchain: Toolchain, tmp_path: Path) -> Iterator[Whole]:
    if toolchain.source != "packages":
        pytest.skip("upstream's node image is of one version")
    Toolchain.have(tmp_path, *OTHER)
    made = Whole(tmp_path, NAME, NODE_PORT, variables={"cluster_provider": "kind", "cluster_registry_port": REGISTRY_PORT})
    made.write()
    yield made
    made.run("playbooks/destroy.yml", *OTHER, "-e", "destroy_confirmed=true")


def test_up_and_proven_and_still_the_same(whole: Whole) -> None:
    first = whole.run("site.yml", *OTHER).succeeded()
    assert "shop: up and proven" in first.output
    assert whole.kubectl("get", "nodes", "-o", "jsonpath={.items[*].status.nodeInfo.kubeletVersion}") == f"v{VERSION}"
    assert page(f"127.0.0.1:{NODE_PORT + 100}").startswith("served")
    assert set(whole.run("site.yml", *OTHER).succeeded().changed_tasks) <= MAY_CHANGE
    whole.run("playbooks/destroy.yml", *OTHER, "-e", "destroy_confirmed=true").succeeded()
    assert whole.left() == []
