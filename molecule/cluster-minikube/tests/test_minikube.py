# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A cluster of Minikube's: minikube itself calls it well, it takes images of its registry, and the user's own settings don't know it."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
import urllib.request
from pathlib import Path

import pytest
from ansible_collections.proven.webapp.molecule.support import Cluster

pytestmark = pytest.mark.skipif(shutil.which("minikube") is None, reason="there is no minikube on the PATH, and no package registry has it")
PROFILE = "proven-test-minikube"


@pytest.fixture(scope="module")
def own() -> Cluster:
    return Cluster.load("cluster-minikube")


def test_minikube_says_that_it_runs() -> None:
    said = subprocess.run(["minikube", "status", "-p", PROFILE, "-o", "json"], capture_output=True, text=True).stdout
    status = json.loads(said)
    assert {status[part] for part in ("Host", "Kubelet", "APIServer")} == {"Running"}


def test_the_node_is_ready(own: Cluster) -> None:
    own.kubectl("wait", "--for=condition=Ready", "nodes", "--all", "--timeout=30s")
    assert own.get("nodes")


def test_its_registry_answers(own: Cluster) -> None:
    with urllib.request.urlopen(f"http://{own.registry['push']}/v2/", timeout=5) as answer:
        assert answer.status == 200


def test_the_kubeconfig_is_its_own_and_private(own: Cluster) -> None:
    assert stat.S_IMODE(Path(own.kubeconfig).stat().st_mode) == 0o600
    default = Path.home() / ".kube/config"
    assert not default.exists() or PROFILE not in default.read_text()
