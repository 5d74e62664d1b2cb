# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One cluster for all tests here, apart from any other on this machine: name, ports and registry are its own."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.tests.integration.local_cluster import (
    LocalCluster,
    Toolchain,
    killed,
    metrics_server,
    variables,
)
from ansible_collections.proven.webapp.tests.integration.module import call as ask

NAME = "proven-it"
NODE = f"{NAME}-control-plane"
NODE_PORT, HOST_PORT, REGISTRY_PORT = 30081, 30181, 5051


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.docker)


@dataclass
class Answer:
    """What a module said. :ivar seconds: that it took, Python's start included."""

    data: dict[str, Any]
    seconds: float

    @property
    def failed(self) -> bool:
        return bool(self.data.get("failed"))


def call(module: str, check: bool = False, env: dict[str, str] | None = None, **arguments: Any) -> Answer:
    started = time.monotonic()
    return Answer(ask(module, check, env, **arguments), time.monotonic() - started)


@pytest.fixture(scope="session")
def toolchain(tmp_path_factory: pytest.TempPathFactory) -> Toolchain:
    if shutil.which("docker") is None:
        pytest.skip("there is no Docker")
    return Toolchain.have(tmp_path_factory.mktemp("toolchain"))


@dataclass
class Cluster(LocalCluster):
    """:ivar env: variables that the module runs with."""

    env: dict[str, str] = field(default_factory=dict)
    first: dict[str, Answer] = field(default_factory=dict)

    @property
    def context(self) -> str:
        return f"kind-{self.arguments['name']}"

    @property
    def node(self) -> str:
        return f"{self.arguments['name']}-control-plane"

    def module(self, check: bool = False, **changes: Any) -> Answer:
        return call("kind_cluster", check, self.env, **{**self.arguments, **changes})

    def address(self, container: str) -> str:
        return self.docker("inspect", "--format", "{{.NetworkSettings.Networks.kind.IPAddress}}", container)

    @contextlib.contextmanager
    def squatters(self, enough: Callable[[str], bool]) -> Iterator[None]:
        """Up to 8 containers in the nodes' network, which take its lowest free addresses until one has an address that is enough."""
        names: list[str] = []
        try:
            while len(names) < 8 and not (names and enough(self.address(names[-1]))):
                names.append(f"{NAME}-squatter-{len(names)}")
                self.docker("run", "--detach", "--name", names[-1], "--network", "kind", self.arguments["registry"]["image"])
            yield
        finally:
            self.docker("rm", "--force", *names)


@pytest.fixture(scope="session")
def blank(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Everything for a cluster; not the cluster."""
    upstream = variables()["__cluster_upstream"]
    images = toolchain.images() if toolchain.source == "packages" else upstream
    arguments = {
        "name": NAME,
        "image": images["node"],
        "kubeconfig": str(tmp_path_factory.mktemp("state") / NAME / "kubeconfig"),
        "port_mappings": [{"node_port": NODE_PORT, "host_port": HOST_PORT}],
        "registry": {"name": f"{NAME}-registry", "image": images["registry"], "port": REGISTRY_PORT},
        "metrics_server": metrics_server(),
        "kind": toolchain.tools["kind"],
        "kubectl": toolchain.tools["kubectl"],
        "docker": toolchain.tools.get("docker", "docker"),
    }
    cluster = Cluster(toolchain, arguments)
    cluster.module(state="absent")
    yield cluster
    cluster.module(state="absent")


@pytest.fixture(scope="session")
def cluster(blank: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    """The cluster, made as hard as it gets: the first run is killed in the middle, the second one finds what that left."""
    blank.first["empty, check mode"] = blank.module(check=True)
    killed("kind_cluster", blank.arguments, "Starting control-plane", tmp_path_factory.mktemp("progress") / "lines", linger=2)
    assert NODE in blank.docker("ps", "--all", "--format", "{{.Names}}")
    blank.first["after an interrupted run"] = blank.module()
    return blank
