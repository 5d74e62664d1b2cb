# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One Minikube cluster for all tests here, apart from any other on this machine: folder, name, ports and registry are its own.

Minikube is in no package registry: without it, or without crictl for its node, these tests are skipped.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
ROLE = ROOT / "roles/cluster"
COLLECTIONS = ROOT / ".venv/collections"
MODULES = "ansible_collections.proven.webapp.plugins.modules"
NAME = "proven-it-minikube"
NODE_PORT, HOST_PORT, REGISTRY_PORT = 30082, 30182, 5052
VERSION = "1.34.4"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.docker)
            item.add_marker(pytest.mark.slow)  # a second cluster beside those of the suite


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "docker: needs a real Docker engine")


def start(module: str, check: bool = False, wrapper: Sequence[str] = (), **arguments: Any) -> subprocess.Popen[str]:
    """A module of ours as Ansible runs it, in a process group of its own.

    :param wrapper: a command that runs the rest of its command line.
    """
    payload = json.dumps({"ANSIBLE_MODULE_ARGS": {**arguments, "_ansible_check_mode": check, "_ansible_diff": True}})
    process = subprocess.Popen(
        [*wrapper, sys.executable, "-m", f"{MODULES}.{module}"],
        env={**os.environ, "PYTHONPATH": str(COLLECTIONS)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdin is not None
    process.stdin.write(payload)
    process.stdin.close()
    process.stdin = None
    return process


def call(module: str, check: bool = False, wrapper: Sequence[str] = (), **arguments: Any) -> dict[str, Any]:
    out, err = start(module, check, wrapper, **arguments).communicate(timeout=900)
    assert out, err
    answer: dict[str, Any] = json.loads(out)
    return answer


def until(check: Callable[[], Any], seconds: float) -> Any:
    """The first true answer.

    :raises AssertionError: there is none in time.
    """
    deadline = time.monotonic() + seconds
    while not (answer := check()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.3)
    return answer


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
class Cluster:
    """:ivar arguments: of the module, for the cluster of these tests."""

    tools: dict[str, str]
    arguments: dict[str, Any]
    first: dict[str, dict[str, Any]] = field(default_factory=dict)

    def module(self, check: bool = False, **changes: Any) -> dict[str, Any]:
        return call("minikube", check, **{**self.arguments, **changes})

    def run(self, tool: str, *arguments: str, stdin: str | None = None, ok: bool = True) -> str:
        answer = subprocess.run([self.tools.get(tool, tool), *arguments], input=stdin, capture_output=True, text=True, timeout=180)
        assert answer.returncode == 0 or not ok, answer.stderr
        return (answer.stdout if answer.returncode == 0 else answer.stderr).strip()

    def kubectl(self, *arguments: str, stdin: str | None = None, ok: bool = True) -> str:
        return self.run("kubectl", "--kubeconfig", self.arguments["kubeconfig"], "--context", NAME, *arguments, stdin=stdin, ok=ok)

    @property
    def profile(self) -> Path:
        return Path(self.arguments["home"]) / ".minikube/profiles" / NAME


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Everything for a cluster; not the cluster."""
    for program in ("docker", "minikube", "crictl"):
        if shutil.which(program) is None:
            pytest.skip(f"there is no {program} on this machine, and no package registry has Minikube's")
    folder = tmp_path_factory.mktemp("minikube")
    playbook = ROOT / "tests/integration/kind/toolchain.yml"
    subprocess.run(
        [Path(sys.executable).parent / "ansible-playbook", "-i", "localhost,", playbook, "-e", f"out={folder}/tools.json"],
        cwd=ROOT,
        capture_output=True,
        timeout=3600,
        check=True,
    )
    toolchain = json.loads((folder / "tools.json").read_text())
    if toolchain["source"] != "packages":
        pytest.skip("these tests build Minikube's node from packages")
    tools = toolchain["tools"]
    images = call(
        "kind_images", files=str(ROLE / "files"), rootfs=toolchain["parts"]["rootfs_bookworm"], parts=tools, buildx=tools["buildx"]
    )
    assert not images.get("failed"), images
    base = call("minikube_image", files=str(ROLE / "files/minikube"), node_image=images["node"], buildx=tools["buildx"])
    assert not base.get("failed"), base
    variables = yaml.safe_load((ROLE / "vars/main.yml").read_text())
    metrics = (ROLE / "files/metrics-server.yaml").read_text().replace("@IMAGE@", variables["__cluster_metrics_server_image"])
    storage = (ROLE / "files/node/rootfs/kind/manifests/default-storage.yaml").read_text()
    provisioner = Path(tools["local-path-provisioner"]).parent.name.split("-")[0]
    storage = storage.replace("@LOCAL_PATH_PROVISIONER_VERSION@", provisioner).replace('"6443"', '"8443"')
    cluster = Cluster(
        tools,
        {
            "profile": NAME,
            "kubernetes_version": VERSION,
            "cni": "bridge",
            "addons": [],
            "base_image": base["image"],
            "preloaded": True,
            "ports": [{"node_port": NODE_PORT, "host_port": HOST_PORT}],
            "registry": {"name": f"{NAME}-registry", "image": images["registry"], "port": REGISTRY_PORT},
            "manifests": [storage, metrics],
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
    progress = tmp_path_factory.mktemp("progress") / "lines"
    progress.touch()
    victim = start("minikube", **blank.arguments, progress_file=str(progress))
    until(lambda: "Preparing Kubernetes" in progress.read_text(), 240)
    os.killpg(victim.pid, signal.SIGKILL)
    victim.communicate()
    assert blank.profile.exists()
    blank.first["left over, check mode"] = blank.module(check=True)
    blank.first["after an interrupted run"] = blank.module()
    return blank
