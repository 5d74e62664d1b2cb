# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module minikube with a real Minikube on a real engine."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.molecule.support import until
from ansible_collections.proven.webapp.plugins.module_utils._minikube.spec import ENCRYPTION_FOLDER
from ansible_collections.proven.webapp.tests.integration.module import call
from ansible_collections.proven.webapp.tests.integration.whole import page

from .conftest import HOST_PORT, NAME, NODE_PORT, REGISTRY_PORT, Cluster, tunnel

USER = 23456
"""Somebody without a name."""
ADDRESS = f"127.0.0.1:{HOST_PORT}"


@pytest.fixture(scope="session")
def web(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A web server whose image came through the registry, with storage, behind a node port; its image."""
    return cluster.serve(f"localhost:{REGISTRY_PORT}/web:1", NODE_PORT, tmp_path_factory.mktemp("web"), "LoadBalancer")


def test_check_mode_on_nothing_tells_all_and_makes_nothing(cluster: Cluster) -> None:
    answer = cluster.first["empty, check mode"]
    assert answer["actions"] == [
        "made the cluster",
        "made the registry",
        "wired the registry into the cluster",
        "applied local-path-provisioner",
        "applied metrics-server",
    ]
    assert not answer["present"]
    assert answer["state"] == "absent"
    assert answer["diff"]["before"] == {}


def test_what_a_killed_run_left_is_made_anew(cluster: Cluster) -> None:
    assert cluster.first["left over, check mode"]["actions"][0] == "repaired the cluster"
    answer = cluster.first["after an interrupted run"]
    assert answer["actions"][0] == "repaired the cluster", answer
    assert answer["present"]
    assert answer["state"] == "started"
    assert answer["kubernetes_version"].startswith("v1.")
    assert answer["container_runtime"] == "containerd"
    assert answer["minikube_version"] == cluster.run("minikube", "version", "--short")
    assert answer["ip"]
    assert answer["port_map"] == {str(NODE_PORT): HOST_PORT}


def test_second_run_changes_nothing_and_is_fast(cluster: Cluster) -> None:
    seconds: list[float] = []
    for _ in range(3):
        began = time.monotonic()
        answer = cluster.module()
        seconds.append(time.monotonic() - began)
        assert not answer["changed"], answer
    assert min(seconds) < 1.2  # a process of Python's and Ansible's start included


def test_kubeconfig_is_its_own_and_private(cluster: Cluster) -> None:
    path = Path(cluster.arguments["kubeconfig"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    default = Path.home() / ".kube/config"
    assert not default.exists() or NAME not in default.read_text()


def test_image_by_digest_from_the_registry_runs_with_storage_behind_a_node_port(cluster: Cluster, web: str) -> None:
    until(lambda: page(ADDRESS) == "served\n", 120)
    assert cluster.kubectl("get", "pvc", "data", "-o", "jsonpath={.status.phase}") == "Bound"


def test_metrics_are_measured(cluster: Cluster) -> None:
    until(lambda: NAME in cluster.kubectl("top", "nodes", ok=False), 120)


@pytest.mark.usefixtures("web")
def test_load_balancers_are_reached_through_minikubes_tunnel(cluster: Cluster, tmp_path: Path) -> None:
    with tunnel(NAME, cluster.arguments["kubeconfig"], cluster.arguments["home"], tmp_path):
        address = until(lambda: cluster.kubectl("get", "service", "web", "-o", "jsonpath={.status.loadBalancer.ingress[0].ip}"), 60)
        until(lambda: page(address) == "served\n", 60)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"nodes": 2}, "its number of nodes is 1, asked for is 2"),
        ({"container_runtime": "docker"}, "its container runtime is containerd, asked for is docker"),
        ({"ports": [{"node_port": 30099, "host_port": 30199}]}, "30199 → 30099 isn't mapped"),
    ],
)
def test_another_shape_is_refused_and_the_cluster_stays(cluster: Cluster, changes: dict[str, Any], words: str) -> None:
    answer = cluster.module(**changes)
    assert answer.get("failed")
    assert words in answer["msg"]
    assert "recreate" in answer["msg"]
    assert "made the cluster anew" in cluster.module(check=True, recreate=True, **changes)["actions"]
    assert not cluster.module()["changed"]


def test_lost_kubeconfig_comes_back(cluster: Cluster) -> None:
    path = Path(cluster.arguments["kubeconfig"])
    path.unlink()
    answer = cluster.module()
    assert answer["actions"] == ["fetched the kubeconfig"], answer
    assert "certificate-authority-data" in path.read_text()
    assert answer["present"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not cluster.module()["changed"]


def in_etcd(cluster: Cluster, text: str) -> bool:
    """Whether the text is in etcd's files, as they are on the node's disk."""
    search = ("docker", "exec", NAME, "grep", "-rlasF", "--", text, "/var/lib/minikube/etcd/member")
    return bool(subprocess.run(search, capture_output=True, timeout=60).stdout)


def test_secrets_are_encrypted_at_rest(cluster: Cluster) -> None:
    cluster.kubectl("create", "configmap", "plain", "--from-literal=KEY=sentinel-plain")
    cluster.kubectl("create", "secret", "generic", "encrypted", "--from-literal=KEY=sentinel-encrypted")
    assert in_etcd(cluster, "sentinel-plain"), "what isn't encrypted is found, so that this test can see"
    assert in_etcd(cluster, "k8s:enc:secretbox:v1:key1:")
    assert not in_etcd(cluster, "sentinel-encrypted")
    assert cluster.run("docker", "exec", NAME, "stat", "-c", "%a %U", f"{ENCRYPTION_FOLDER}/config.yaml") == "600 root"


def test_it_is_stopped_and_comes_back_with_its_data(cluster: Cluster, web: str) -> None:
    until(lambda: page(ADDRESS) == "served\n", 60)
    assert cluster.module(state="stopped")["actions"] == ["stopped the cluster"]
    assert not cluster.module(state="stopped")["changed"]
    assert not cluster.module(state="present")["changed"]
    answer = cluster.module()
    assert answer["actions"][0] == "started the cluster", answer
    assert answer["present"]
    until(lambda: page(ADDRESS) == "served\n", 120)
    assert cluster.module()["actions"] == []


def other(cluster: Cluster, tmp_path: Path, **changes: Any) -> tuple[dict[str, Any], bool]:
    """What is said about another cluster, and whether anything of it is there."""
    arguments = {"profile": f"{NAME}-other", "kubeconfig": str(tmp_path / "other/kubeconfig"), "registry": None, "ports": [], **changes}
    answer = cluster.module(**arguments)
    left = cluster.run("docker", "ps", "--all", "--quiet", "--filter", f"name=^{NAME}-other$")
    return answer, bool(left) or cluster.profile.with_name(f"{NAME}-other").exists() or (tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cpus": "512"}, "512 CPUs are asked for, and Docker has"),
        ({"memory": "9999g"}, "MiB of memory are asked for, and Docker has"),
        ({"kubernetes_version": "1.99.0"}, "This Minikube runs Kubernetes"),
        ({"kubernetes_version": "1.10.0"}, "not 1.10.0"),
        ({"base_image": "proven.webapp/minikube:nothing"}, "There is no image proven.webapp/minikube:nothing"),
        ({"driver": "kvm2", "base_image": "", "preloaded": False}, "could not be made"),
        ({"minikube": "/nowhere/minikube"}, "There is no /nowhere/minikube"),
        ({"docker": "/nowhere/docker"}, "There is no /nowhere/docker"),
    ],
)
def test_what_can_not_be_is_told_and_nothing_is_left(blank: Cluster, tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    answer, left = other(blank, tmp_path, **changes)
    assert answer.get("failed"), answer
    assert words in answer["msg"]
    assert "What to do:" in answer["msg"]
    assert not left


def test_port_in_use_is_told_and_nothing_is_left(blank: Cluster, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer, left = other(blank, tmp_path, ports=[{"node_port": NODE_PORT, "host_port": port}])
    assert answer.get("failed")
    assert f"Port {port} of this machine is in use" in answer["msg"]
    assert not left


def test_an_engine_that_does_not_answer_is_told(blank: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    answer = blank.module(profile=f"{NAME}-other", kubeconfig=str(tmp_path / "kubeconfig"), registry=None)
    assert answer.get("failed")
    assert "Start Docker" in answer["msg"]


@pytest.fixture
def user(tmp_path: Path) -> tuple[str, ...]:
    """A command that runs another one as a user of the group docker, who owns a folder; this project may be root's alone to read."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("becoming somebody else takes root and setpriv")
    group = Path("/var/run/docker.sock").stat().st_gid
    os.chown(tmp_path, USER, group)
    reads = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
    return ("setpriv", f"--reuid={USER}", f"--regid={group}", "--clear-groups", *reads, "env", f"HOME={tmp_path}", "USER=somebody")


def test_a_user_makes_one_too(blank: Cluster, user: tuple[str, ...], tmp_path: Path) -> None:
    """Without Minikube's --force, which it asks root for."""
    kubeconfig = tmp_path / "state/kubeconfig"
    own: dict[str, Any] = {"profile": f"{NAME}-user", "kubeconfig": str(kubeconfig), "home": str(tmp_path)}
    arguments = {**blank.arguments, **own, "ports": [], "registry": None, "manifests": []}
    try:
        answer = call("minikube", wrapper=user, **arguments)
        assert answer.get("present"), answer
        assert kubeconfig.stat().st_uid == USER
        assert stat.S_IMODE(kubeconfig.stat().st_mode) == 0o600
        assert not call("minikube", wrapper=user, **arguments)["changed"]
    finally:
        removed = call("minikube", wrapper=user, **{**arguments, "state": "absent"})
    assert removed["actions"] == ["removed the cluster"]


def test_absent_removes_everything(cluster: Cluster) -> None:
    """The last one here."""
    assert cluster.module(state="absent")["actions"] == ["removed the cluster", "removed the registry and its images"]
    assert not cluster.profile.exists()
    assert not Path(cluster.arguments["kubeconfig"]).exists()
    assert not cluster.run("docker", "ps", "--all", "--quiet", "--filter", f"name=^{NAME}")
    assert not cluster.run("docker", "network", "ls", "--quiet", "--filter", f"name=^{NAME}$")
    assert not cluster.module(state="absent")["changed"]
    shutil.rmtree(cluster.arguments["home"], ignore_errors=True)
