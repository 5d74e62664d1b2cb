# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kind_cluster and cluster_access modules on a real engine."""

from __future__ import annotations

import json
import os
import socket
import stat
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.molecule.support import until
from ansible_collections.proven.webapp.tests.integration.whole import page

from .conftest import HOST_PORT, NAME, NODE, NODE_PORT, REGISTRY_PORT, Cluster, call

ADDRESS = f"127.0.0.1:{HOST_PORT}"


@pytest.fixture(scope="module")
def web(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Name by digest of an image that is in the registry alone, and runs in the cluster with a volume and a node port."""
    return cluster.serve(f"localhost:{REGISTRY_PORT}/test/web:1", NODE_PORT, tmp_path_factory.mktemp("image"))


def test_check_mode_on_nothing_tells_all_and_makes_nothing(cluster: Cluster) -> None:
    answer = cluster.first["empty, check mode"].data
    assert answer["changed"]
    assert not answer["present"]
    assert answer["actions"] == ["made the cluster", "made the registry", "wired the registry into the cluster", "applied metrics-server"]
    assert answer["diff"]["before"] == {}
    assert answer["port_map"] == {str(NODE_PORT): HOST_PORT}


def test_repairs_what_an_interrupted_run_left(cluster: Cluster) -> None:
    answer = cluster.first["after an interrupted run"].data
    assert "repaired the cluster" in answer["actions"], answer
    assert answer["present"]
    assert answer["storage_class"] == "standard"
    assert answer["registry"]["push"] == f"localhost:{REGISTRY_PORT}"
    assert answer["kubernetes_version"].startswith("v1.")


def test_second_run_changes_nothing_and_is_fast(cluster: Cluster) -> None:
    answers = [cluster.module() for _ in range(3)]
    assert [answer.data["changed"] for answer in answers] == [False] * 3
    assert min(answer.seconds for answer in answers) < 1.2  # a process of Python's and Ansible's start included
    assert not cluster.module(check=True).data["changed"]


def test_kubeconfig_is_its_own_and_private(cluster: Cluster) -> None:
    path = Path(cluster.arguments["kubeconfig"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    default = Path.home() / ".kube/config"
    assert not default.exists() or NAME not in default.read_text()


def test_image_by_digest_from_the_registry_runs_with_storage_behind_a_node_port(cluster: Cluster, web: str) -> None:
    until(lambda: page(ADDRESS) == "served\n", 60)
    assert cluster.kubectl("get", "pvc", "data", "-o", "jsonpath={.status.phase}") == "Bound"
    assert web in cluster.kubectl("get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].spec.containers[*].image}")


def test_cluster_says_where_its_registry_is(cluster: Cluster) -> None:
    told = cluster.kubectl("-n", "kube-public", "get", "configmap", "local-registry-hosting", "-o", "json")
    assert f'host: "localhost:{REGISTRY_PORT}"' in json.loads(told)["data"]["localRegistryHosting.v1"]


def test_metrics_are_measured(cluster: Cluster) -> None:
    until(lambda: NODE in cluster.kubectl("top", "nodes", ok=False), 90)


def test_names_are_resolved_inside_and_outside(cluster: Cluster, web: str) -> None:
    until(lambda: page(ADDRESS) == "served\n", 60)
    inside = cluster.kubectl("exec", "deploy/web", "--", "nslookup", "kubernetes.default.svc.cluster.local")
    assert "10.96.0.1" in inside
    # a name that Docker's own server knows
    outside = cluster.kubectl("exec", "deploy/web", "--", "nslookup", f"{NAME}-registry.")
    assert f"{NAME}-registry" in outside


def test_differences_are_told_and_the_cluster_stays(cluster: Cluster) -> None:
    other = cluster.module(image="proven.webapp/node:other")
    assert not other.data["changed"]
    assert "proven.webapp/node:other" in other.data["drift"][0]
    ports = [*cluster.arguments["port_mappings"], {"node_port": 30099, "host_port": 30199}]
    refused = cluster.module(port_mappings=ports)
    assert refused.failed
    assert "30199 → 30099 isn't mapped" in refused.data["msg"]
    assert "cluster_recreate" in refused.data["msg"]
    planned = cluster.module(check=True, port_mappings=ports, recreate=True)
    assert "made the cluster anew" in planned.data["actions"]
    assert not cluster.module().data["changed"]


def test_lost_kubeconfig_comes_back(cluster: Cluster) -> None:
    path = Path(cluster.arguments["kubeconfig"])
    before = path.read_text()
    path.unlink()
    answer = cluster.module()
    assert answer.data["changed"]
    assert path.read_text() == before
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_stopped_node_comes_back_with_its_data(cluster: Cluster, web: str) -> None:
    until(lambda: page(ADDRESS) == "served\n", 60)
    cluster.docker("stop", "--time", "20", NODE)
    told = cluster.module(check=True)
    assert told.data["actions"] == ["started the stopped node"]
    assert not told.data["present"]
    answer = cluster.module()
    assert answer.data["actions"] == ["started the stopped node"], answer.data
    assert answer.data["present"]
    until(lambda: page(ADDRESS) == "served\n", 120)


def test_node_comes_back_with_another_address(cluster: Cluster, web: str) -> None:
    """After a start of the engine, containers get their addresses in another order."""
    old = cluster.address(NODE)
    cluster.docker("stop", "--time", "20", NODE)
    with cluster.squatters(lambda address: address == old):
        answer = cluster.module()
        assert not answer.failed, answer.data
        assert cluster.address(NODE) != old
        until(lambda: page(ADDRESS) == "served\n", 120)
        assert cluster.module().data["actions"] == []


def test_lost_registry_comes_back_with_its_images(cluster: Cluster, web: str) -> None:
    cluster.docker("rm", "--force", f"{NAME}-registry")
    answer = cluster.module()
    assert answer.data["actions"] == ["made the registry"]
    with urllib.request.urlopen(f"http://localhost:{REGISTRY_PORT}/v2/_catalog", timeout=5) as catalog:
        assert "test/web" in json.load(catalog)["repositories"]


def test_port_in_use_is_told_and_nothing_is_left(cluster: Cluster, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        kubeconfig = tmp_path / "state/kubeconfig"
        answer = call(
            "kind_cluster",
            **{
                **cluster.arguments,
                "name": f"{NAME}-2",
                "registry": None,
                "kubeconfig": str(kubeconfig),
                "port_mappings": [{"node_port": 30082, "host_port": port}],
            },
        )
    assert answer.failed
    assert str(port) in answer.data["msg"]
    assert "cluster_port_mappings" in answer.data["msg"]
    assert f"{NAME}-2" not in cluster.docker("ps", "--all", "--format", "{{.Names}}")
    assert not kubeconfig.parent.exists()


def test_registry_of_somebody_else_is_left_alone(cluster: Cluster) -> None:
    name = f"{NAME}-foreign"
    cluster.docker("create", "--name", name, "--label", "proven.webapp=", cluster.arguments["registry"]["image"])
    try:
        answer = cluster.module(registry={**cluster.arguments["registry"], "name": name})
        assert answer.failed
        assert "isn't ours" in answer.data["msg"]
    finally:
        cluster.docker("rm", name)


class TestAccess:
    """What `existing` says about a kubeconfig."""

    def ask(self, cluster: Cluster, **arguments: Any) -> dict[str, Any]:
        defaults = {"kubeconfig": cluster.arguments["kubeconfig"], "kubectl": cluster.toolchain.tools["kubectl"], "timeout": 5}
        return call("cluster_access", **{**defaults, **arguments}).data

    def changed_copy(self, cluster: Cluster, tmp_path: Path, change: tuple[str, str]) -> str:
        text = Path(cluster.arguments["kubeconfig"]).read_text()
        server = next(line.split()[1] for line in text.splitlines() if "server:" in line)
        path = tmp_path / "kubeconfig"
        path.write_text(text.replace(change[0].replace("SERVER", server), change[1]))
        os.chmod(path, 0o600)
        return str(path)

    def test_answers(self, cluster: Cluster) -> None:
        answer = self.ask(cluster)
        assert answer["context"] == f"kind-{NAME}"
        assert answer["storage_class"] == "standard"
        assert answer["node_address"]

    def test_no_file(self, cluster: Cluster, tmp_path: Path) -> None:
        assert "no such kubeconfig" in self.ask(cluster, kubeconfig=str(tmp_path / "none"))["msg"]

    def test_no_context(self, cluster: Cluster) -> None:
        message = self.ask(cluster, context="nowhere")["msg"]
        assert "no context 'nowhere'" in message
        assert f"kind-{NAME}" in message

    def test_nobody_answers(self, cluster: Cluster, tmp_path: Path) -> None:
        path = self.changed_copy(cluster, tmp_path, ("SERVER", "https://127.0.0.1:1"))
        assert "Nothing answers at https://127.0.0.1:1" in self.ask(cluster, kubeconfig=path)["msg"]

    def test_swallowed(self, cluster: Cluster, tmp_path: Path) -> None:
        with socket.socket() as mute:
            mute.bind(("127.0.0.1", 0))
            mute.listen()
            path = self.changed_copy(cluster, tmp_path, ("SERVER", f"https://127.0.0.1:{mute.getsockname()[1]}"))
            assert "doesn't answer within 2 s" in self.ask(cluster, kubeconfig=path, timeout=2)["msg"]

    def test_not_let_in(self, cluster: Cluster, tmp_path: Path) -> None:
        path = self.changed_copy(cluster, tmp_path, ("client-certificate-data", "x-data"))
        text = Path(path).read_text().replace("client-key-data", "y-data").replace("x-data:", "token: wrong\n    x-data:")
        Path(path).write_text(text)
        assert "doesn't accept the credentials" in self.ask(cluster, kubeconfig=path)["msg"]


def test_absent_takes_everything_and_nothing_else(cluster: Cluster) -> None:
    """Last: it ends the cluster."""
    others = {line for line in cluster.docker("ps", "--all", "--format", "{{.Names}}").splitlines() if not line.startswith(NAME)}
    told = cluster.module(check=True, state="absent")
    assert told.data["actions"] == ["removed the cluster", "removed the registry and its images"]
    answer = cluster.module(state="absent")
    assert answer.data["actions"] == told.data["actions"]
    left = set(cluster.docker("ps", "--all", "--format", "{{.Names}}").splitlines())
    assert not {name for name in left if name.startswith(NAME)}
    assert others <= left
    assert f"{NAME}-registry" not in cluster.docker("volume", "ls", "--quiet").splitlines()
    assert not Path(cluster.arguments["kubeconfig"]).parent.exists()
    assert not cluster.module(state="absent").data["changed"]
