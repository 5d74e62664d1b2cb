# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Faults on the cluster of the Molecule scenarios, or on the one whose facts PROVEN_LAB names.

Each case has a namespace of its own; all that are asked for run once, side by side. Those that disturb the node come last, one by one.
`make test` leaves out what is marked slow.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.molecule.support import Cluster
from ansible_collections.proven.webapp.plugins.module_utils._api import Api

from .site import Site

Case = Callable[[Site], None]
AT_ONCE = 5
"""Most of a run is waiting."""


@pytest.fixture(scope="session")
def sites(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Site]]:
    """Makes sites; their namespaces go at the end."""
    backend = cluster.get("pods", "-n", "todo", "-l", "app.kubernetes.io/component=backend")[0]
    image, api, made = backend["spec"]["containers"][0]["image"], Api(cluster.kubeconfig, cluster.context), list[str]()
    base = tmp_path_factory.mktemp("sites")

    def make(name: str) -> Site:
        namespace, folder = f"faults-{uuid.uuid4().hex[:8]}", base / name
        made.append(namespace)
        folder.mkdir()
        return Site(cluster, api, folder, namespace, image)

    yield make
    cluster.kubectl("delete", "namespace", *made, "--ignore-not-found", "--wait=false")


@pytest.fixture(scope="session")
def outcomes(request: pytest.FixtureRequest, sites: Callable[[str], Site]) -> Iterator[Mapping[Case, Future[float]]]:
    """Every case that was asked for, begun; whoever asks for its result waits for it, and gets the seconds that it took."""
    items = [item for item in request.session.items if isinstance(item, pytest.Function) and item.path.parent == Path(__file__).parent]
    asked: list[Any] = [item.callspec.params["case"] for item in items if hasattr(item, "callspec")]

    def run(case: Case) -> float:
        began, site = time.monotonic(), sites(case.__name__)
        try:
            case(site)
        except BaseException as error:
            last = (site.folder / f"run-{site.runs}.log").read_text()[-3000:] if site.runs else ""
            error.add_note(f"namespace {site.namespace}, the last of {site.runs} runs said:\n{last}")
            raise
        site.cluster.kubectl("delete", "namespace", site.namespace, "--ignore-not-found", "--wait=false")
        return time.monotonic() - began

    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {case: pool.submit(run, case) for case in asked}
