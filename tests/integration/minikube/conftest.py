# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One Minikube cluster for all tests here, apart from any other on this machine: folder, name, ports and registry are its own.

Minikube is in no package registry: without it, or without crictl for its node, these tests are skipped.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.tests.integration.local_cluster import (
    ROLE,
    LocalCluster,
    Toolchain,
    killed,
    metrics_server,
)
from ansible_collections.proven.webapp.tests.integration.module import call

NAME = "proven-it-minikube"
NODE_PORT, HOST_PORT, REGISTRY_PORT = 30082, 30182, 5052
VERSION = "1.34.4"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.docker)
            item.add_marker(pytest.mark.slow)  # a second cluster beside those of the suite


def need_programs() -> None:
    for program in ("docker", "minikube", "crictl"):
        if shutil.which(program) is None:
            pytest.skip(f"there is no {program} on this machine, and no package registry has Minikube's")


@contextmanager
def tunnel(profile: str, kubeconfig: str, home: str, folder: Path) -> Iterator[None]:
    """`minikube tunnel`. It sets a route by sudo, for root too; where there is none, a program of that name runs what it is given."""
    if os.geteuid() != 0:
        pytest.skip("minikube tunnel asks for root's rights to set a route")
    if shutil.which("sudo") is None:
        (folder / "sudo").write_text('#!/bin/sh\nexec "$@"\n')
        (folder / "sudo").chmod(0o755)
    env = {**os.environ, "KUBECONFIG": kubeconfig, "MINIKUBE_HOME": home, "PATH": f"{os.environ['PATH']}:{folder}"}
    process = subprocess.Popen(["minikube", "tunnel", "-p", profile], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


@dataclass
class Cluster(LocalCluster):
    first: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def context(self) -> str:
        return str(self.arguments["profile"])

    @property
    def node(self) -> str:
        return self.context

    def module(self, check: bool = False, **changes: Any) -> dict[str, Any]:
        return call("minikube", check, **{**self.arguments, **changes})

    @property
    def profile(self) -> Path:
        return Path(self.arguments["home"]) / ".minikube/profiles" / NAME


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Everything for a cluster; not the cluster."""
    need_programs()
    folder = tmp_path_factory.mktemp("minikube")
    toolchain = Toolchain.have(folder)
    if toolchain.source != "packages":
        pytest.skip("these tests build Minikube's node from packages")
    tools, images = toolchain.tools, toolchain.images()
    base = call("minikube_image", files=str(ROLE / "files/minikube"), node_image=images["node"], buildx=tools["buildx"])
    assert not base.get("failed"), base
    storage = (ROLE / "files/node/rootfs/kind/manifests/default-storage.yaml").read_text()
    provisioner = Path(tools["local-path-provisioner"]).parent.name.split("-")[0]
    storage = storage.replace("@LOCAL_PATH_PROVISIONER_VERSION@", provisioner).replace('"6443"', '"8443"')
    cluster = Cluster(
        toolchain,
        {
            "profile": NAME,
            "kubernetes_version": VERSION,
            "cni": "bridge",
            "addons": [],
            "base_image": base["image"],
            "preloaded": True,
            "ports": [{"node_port": NODE_PORT, "host_port": HOST_PORT}],
            "registry": {"name": f"{NAME}-registry", "image": images["registry"], "port": REGISTRY_PORT},
            "manifests": [storage, metrics_server()],
            "kubeconfig": str(folder / "state" / NAME / "kubeconfig"),
            "home": str(folder),
            "kubectl": tools["kubectl"],
        },
    )
    cluster.module(state="absent")
    yield cluster
    cluster.module(state="absent")


@pytest.fixture(scope="session")
def cluster(blank: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    """The cluster, made as hard as it gets: the first run and its Minikube are killed, the second one finds what that left."""
    blank.first["empty, check mode"] = blank.module(check=True)
    killed("minikube", blank.arguments, "Preparing Kubernetes", tmp_path_factory.mktemp("progress") / "lines")
    assert blank.profile.exists()
    blank.first["left over, check mode"] = blank.module(check=True)
    blank.first["after an interrupted run"] = blank.module()
    return blank
