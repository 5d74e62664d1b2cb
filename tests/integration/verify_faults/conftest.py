# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Verifications that something happens to, on the cluster and with the server of the lab. All of them run once, side by side."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from ansible_collections.proven.webapp.molecule.support import Cluster
from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.tests.integration.lab.conftest import image

from .objects import NAMESPACE, objects, users
from .runs import Runs
from .verifier import Verifier

__all__ = ["image"]

AT_ONCE = 6
"""Most of them wait most of the time."""

Outcomes = dict[str, Future[dict[str, Any]]]


def remove(cluster: Cluster) -> None:
    cluster.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait")
    cluster.kubectl("delete", "clusterroles,clusterrolebindings", "-l", f"app.kubernetes.io/part-of={NAMESPACE}")


@pytest.fixture(scope="session")
def namespace(cluster: Cluster, image: str) -> Iterator[str]:
    remove(cluster)
    cluster.kubectl("create", "namespace", NAMESPACE)
    everything = {"apiVersion": "v1", "kind": "List", "items": [*objects(image), *users()]}
    cluster.kubectl("create", "-n", NAMESPACE, "-f", "-", stdin=json.dumps(everything))
    cluster.kubectl("wait", "--for=condition=Ready", "pods", "--all", "-n", NAMESPACE, "--timeout=120s")
    yield NAMESPACE
    remove(cluster)


@pytest.fixture(scope="session")
def outcomes(cluster: Cluster, image: str, namespace: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcomes]:
    assert namespace
    verifier = Verifier(cluster, Api(cluster.kubeconfig, cluster.context), tmp_path_factory.mktemp("verifier"))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {name: pool.submit(run) for name, run in Runs(verifier, image).all().items()}
