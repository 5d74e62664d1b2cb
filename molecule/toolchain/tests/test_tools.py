# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tools, asked by somebody who got no more than their paths: each is there, runs, and is of the version that was asked for."""

from __future__ import annotations

import os
from typing import Any

import pytest
import yaml
from ansible_collections.proven.webapp.molecule.support import ROOT, Cluster

PINNED = yaml.safe_load((ROOT / "roles/toolchain/vars/main.yml").read_text())
HELM = PINNED["__toolchain_helm"][os.environ.get("PROVEN_TEST_HELM", "4")]["version"]
VERSIONS = {
    "kubectl": (["version", "--client"], PINNED["toolchain_kubernetes_version"]),
    "helm": (["version", "--short"], HELM),
    "kind": (["version"], PINNED["__toolchain_catalog"]["kind"]["version"]),
    "buildx": (["version"], PINNED["__toolchain_catalog"]["buildx"]["version"]),
}


@pytest.mark.parametrize("tool", VERSIONS)
def test_it_is_of_the_version_that_was_asked_for(cluster: Cluster, host: Any, tool: str) -> None:
    words, version = VERSIONS[tool]
    # By nothing that a shell of this user's would have set
    assert f"v{version}" in host.check_output(" ".join(["env -i", cluster.tools[tool], *words]))
