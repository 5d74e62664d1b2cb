# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One cluster for all tests here, apart from any other on this machine: name, ports and registry are its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
ROLE = ROOT / "roles/cluster"
COLLECTIONS = ROOT / ".venv/collections"
MODULES = "ansible_collections.proven.webapp.plugins.modules"
NAME = "proven-it"
NODE = f"{NAME}-control-plane"
NODE_PORT, HOST_PORT, REGISTRY_PORT = 30081, 30181, 5051


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "docker: needs a real Docker engine")


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
    """Run a module of ours as Ansible does, in a process of its own."""
    started = time.monotonic()
    process = start(module, check, env, **arguments)
    out, err = process.communicate(timeout=900)
    assert out, err
    return Answer(json.loads(out), time.monotonic() - started)


def start(module: str, check: bool = False, env: dict[str, str] | None = None, **arguments: Any) -> subprocess.Popen[str]:
    payload = json.dumps({"ANSIBLE_MODULE_ARGS": {**arguments, "_ansible_check_mode": check, "_ansible_diff": True}})
    process = subprocess.Popen(
        [sys.executable, "-m", f"{MODULES}.{module}"],
        env={**os.environ, **(env or {}), "PYTHONPATH": str(COLLECTIONS)},
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


@dataclass(frozen=True)
class Toolchain:
    source: str
    tools: dict[str, str]
    parts: dict[str, str]

    def run(self, tool: str, *arguments: str, stdin: str | None = None, ok: bool = True) -> str:
        answer = subprocess.run([self.tools.get(tool, tool), *arguments], input=stdin, capture_output=True, text=True, timeout=120)
        assert answer.returncode == 0 or not ok, answer.stderr
        return answer.stdout if answer.returncode == 0 else answer.stderr


@pytest.fixture(scope="session")
def toolchain(tmp_path_factory: pytest.TempPathFactory) -> Toolchain:
    if shutil.which("docker") is None:
        pytest.skip("there is no Docker")
    out = tmp_path_factory.mktemp("toolchain") / "tools.json"
    playbook = Path(__file__).parent / "toolchain.yml"
    answer = subprocess.run(
        [Path(sys.executable).parent / "ansible-playbook", "-i", "localhost,", playbook, "-e", f"out={out}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=3600,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return Toolchain(**json.loads(out.read_text()))


@dataclass
class Cluster:
    """
    :ivar arguments: of the module, for the cluster of these tests.
    :ivar env: variables that the module runs with.
    """

    toolchain: Toolchain
    arguments: dict[str, Any]
    env: dict[str, str] = field(default_factory=dict)
    first: dict[str, Answer] = field(default_factory=dict)

    def module(self, check: bool = False, **changes: Any) -> Answer:
        return call("kind_cluster", check, self.env, **{**self.arguments, **changes})

    def kubectl(self, *arguments: str, stdin: str | None = None, ok: bool = True) -> str:
        path, context = self.arguments["kubeconfig"], f"kind-{self.arguments['name']}"
        return self.toolchain.run("kubectl", "--kubeconfig", path, "--context", context, *arguments, stdin=stdin, ok=ok)

    def docker(self, *arguments: str, ok: bool = True) -> str:
        return self.toolchain.run("docker", *arguments, ok=ok).strip()


def until(check: Callable[[], Any], seconds: float) -> Any:
    """The first true answer.

    :raises AssertionError: there is none in time.
    """
    deadline = time.monotonic() + seconds
    while not (answer := check()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.3)
    return answer


@pytest.fixture(scope="session")
def blank(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Everything for a cluster; not the cluster."""
    variables = yaml.safe_load((ROLE / "vars/main.yml").read_text())
    node, registry = variables["__cluster_upstream"]["node"], variables["__cluster_upstream"]["registry"]
    if toolchain.source == "packages":
        images = call(
            "kind_images",
            files=str(ROLE / "files"),
            rootfs=toolchain.parts["rootfs_bookworm"],
            parts=toolchain.tools,
            buildx=toolchain.tools["buildx"],
            docker=toolchain.tools.get("docker", "docker"),
        )
        assert not images.failed, images.data
        node, registry = images.data["node"], images.data["registry"]
    manifest = (ROLE / "files/metrics-server.yaml").read_text().replace("@IMAGE@", variables["__cluster_metrics_server_image"])
    arguments = {
        "name": NAME,
        "image": node,
        "kubeconfig": str(tmp_path_factory.mktemp("state") / NAME / "kubeconfig"),
        "port_mappings": [{"node_port": NODE_PORT, "host_port": HOST_PORT}],
        "registry": {"name": f"{NAME}-registry", "image": registry, "port": REGISTRY_PORT},
        "metrics_server": manifest,
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
    progress = tmp_path_factory.mktemp("progress") / "lines"
    progress.touch()
    victim = start("kind_cluster", **blank.arguments, progress_file=str(progress))
    until(lambda: "Starting control-plane" in progress.read_text(), 120)
    time.sleep(2)
    os.killpg(victim.pid, signal.SIGKILL)
    victim.communicate()
    assert NODE in blank.docker("ps", "--all", "--format", "{{.Names}}")
    blank.first["after an interrupted run"] = blank.module()
    return blank
