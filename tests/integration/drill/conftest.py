# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Drills on the cluster of the Molecule scenarios, or on the one whose facts PROVEN_LAB names. All of them run once, side by side."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.molecule.support import Cluster
from ansible_collections.proven.webapp.plugins.module_utils._module import Call
from ansible_collections.proven.webapp.plugins.modules import probe_drill
from ansible_collections.proven.webapp.tests.integration.module import call, start

from .cases import CASES, NAMESPACE, objects, params

DRILL = "proven.webapp/drill"
LAB_AT_ONCE = 3
"""Cases; each has three clones at most at the same time. Two cores have to be quick enough for probes with a timeout of 2 s."""


@dataclass(frozen=True)
class Modules:
    """Calls of our modules against the cluster."""

    cluster: Cluster
    toolbox: str

    def arguments(self, **given: Any) -> dict[str, Any]:
        return {"kubeconfig": self.cluster.kubeconfig, "context": self.cluster.context, "toolbox_image": self.toolbox, **given}

    def drill(self, **given: Any) -> dict[str, Any]:
        """In this process: starting one costs more than many a request."""
        defaults = {name: option.get("default") for name, option in probe_drill.ARGUMENTS.items()}
        params = {**defaults, "parallel": 3, **self.arguments(**given)}
        return probe_drill.run(Call(params, check=False, diff=False, say=lambda _line: None, warn=print))

    def start(self, module: str, **given: Any) -> subprocess.Popen[str]:
        """In a process of its own, as Ansible does."""
        return start(module, **{**self.arguments(), **given})

    def call(self, module: str, **given: Any) -> dict[str, Any]:
        return call(module, **{**self.arguments(), **given})


@pytest.fixture(scope="session")
def modules(cluster: Cluster, toolbox: str) -> Modules:
    return Modules(cluster, toolbox)


@pytest.fixture(scope="session")
def lab(cluster: Cluster, toolbox: str) -> Iterator[Cluster]:
    """The bad applications and their database, in a namespace of their own that forbids whatever the restricted standard does."""
    cluster.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait")
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    everything = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}}, *objects(toolbox)]
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": everything}))
    cluster.kubectl("wait", "--for=condition=Ready", "pod/lab-database", "-n", NAMESPACE, "--timeout=120s")
    yield cluster
    cluster.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


@dataclass(frozen=True)
class Witness:
    """What the API server told somebody else while the drills ran.

    :ivar slices: every EndpointSlice as it was at any time.
    :ivar live: every live pod as it was at any time.
    """

    slices: list[dict[str, Any]]
    live: list[dict[str, Any]]


@contextmanager
def watching(cluster: Cluster, folder: Path, name: str, *arguments: str) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Follow objects by kubectl, which shares no code with the drills."""
    file = folder / name
    command = [cluster.tools["kubectl"], "--kubeconfig", cluster.kubeconfig, "--context", cluster.context]
    with file.open("w") as out:
        process = subprocess.Popen([*command, "get", "--watch", "-o", "json", *arguments], stdout=out)
        try:
            yield lambda: list(documents(file.read_text()))
        finally:
            process.terminate()
            process.wait()


def documents(text: str) -> Iterator[dict[str, Any]]:
    """JSON objects one after the other; the last one may be cut off."""
    decoder, at = json.JSONDecoder(), 0
    while at < len(text):
        try:
            found, at = decoder.raw_decode(text, at)
        except ValueError:
            return
        yield from found.get("items", [found])
        while at < len(text) and text[at].isspace():
            at += 1


@dataclass(frozen=True)
class Outcomes:
    """:ivar cases: case's name → what the module said; likewise the shipped components.
    :ivar witness: what was seen until the drills of the shipped application were over.
    """

    cases: dict[str, Future[dict[str, Any]]]
    shipped: dict[str, Future[dict[str, Any]]]
    witness: Future[Witness]

    def wait(self) -> None:
        """Until all drills are over."""
        for job in (*self.shipped.values(), *self.cases.values()):
            job.exception()


@pytest.fixture(scope="session", autouse=True)
def outcomes(modules: Modules, lab: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcomes]:
    """All drills, begun; whoever asks for a result waits for it."""
    folder = tmp_path_factory.mktemp("witness")
    backend = {
        "release": "todo",
        "namespace": "todo",
        "components": ["backend"],
        "requests": {"backend": ["/readyz"]},
        "parallel": 5,
    }
    frontend = {
        "release": "todo",
        "namespace": "todo",
        "components": ["frontend"],
        "requests": {"frontend": ["/", "/api/health"]},
        "scenarios": ["blackholed", "sigterm"],
    }
    with (
        watching(lab, folder, "slices", "endpointslices", "-n", "todo") as slices,
        watching(lab, folder, "live", "pods", "-n", "todo", "-l", "proven.webapp/track=live") as live,
        ThreadPoolExecutor(3) as for_shipped,
        ThreadPoolExecutor(LAB_AT_ONCE) as for_lab,
    ):
        shipped = {"backend": for_shipped.submit(modules.drill, **backend), "frontend": for_shipped.submit(modules.drill, **frontend)}
        cases = {case.name: for_lab.submit(modules.drill, **params(case)) for case in CASES}

        def witness() -> Witness:
            for job in shipped.values():
                job.exception()
            return Witness(slices(), live())

        yield Outcomes(cases, shipped, for_shipped.submit(witness))


def left(cluster: Cluster, namespace: str) -> list[str]:
    """What there is of drills."""
    return [f"{item['kind']}/{item['metadata']['name']}" for item in cluster.get("pods,jobs", "-n", namespace, "-l", DRILL)]
