# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a cluster is to be like."""

from __future__ import annotations

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._kind import encryption
from ansible_collections.proven.webapp.plugins.module_utils._kind.spec import (
    ClusterSpec,
    PortMapping,
    RegistrySpec,
    check_name,
    check_nodes,
    hosts_toml,
    kind_config,
    port_mappings,
    registry_config_map,
)

REGISTRY = RegistrySpec("proven-registry", "registry:3", 5001)


def test_host_port_defaults_to_node_port() -> None:
    assert port_mappings([{"node_port": 30080, "host_port": None}]) == (PortMapping(30080, 30080),)


@pytest.mark.parametrize("raw", [{"node_port": 0}, {"node_port": 70000}, {"node_port": 30080, "host_port": 99999}])
def test_port_out_of_range_is_refused_with_its_place(raw: dict[str, int]) -> None:
    with pytest.raises(ProvenError, match=r"port_mappings\[1\]\."):
        port_mappings([{"node_port": 30000}, raw])


def test_one_host_port_for_two_node_ports_is_refused() -> None:
    with pytest.raises(ProvenError, match="30080 and 30081"):
        port_mappings([{"node_port": 30080, "host_port": 8080}, {"node_port": 30081, "host_port": 8080}])


def test_same_mapping_twice_counts_once() -> None:
    assert len(port_mappings([{"node_port": 30080}, {"node_port": 30080}])) == 1


@pytest.mark.parametrize("name", ["dev", "proven-dev", "a", "a.b"])
def test_good_names(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize("name", ["", "Dev", "-dev", "dev-", "a b", "x" * 51])
def test_bad_names(name: str) -> None:
    with pytest.raises(ProvenError, match="can't be the name"):
        check_name(name)


def test_kind_configuration() -> None:
    config = kind_config(ClusterSpec("dev", "node:1", mappings=(PortMapping(30080, 8080),)))
    assert config["networking"] == {"apiServerAddress": "127.0.0.1"}
    assert config["kubeadmConfigPatches"] == ["kind: KubeletConfiguration\nmaxPods: 200\n", *encryption.patches()]
    assert config["nodes"] == [
        {
            "role": "control-plane",
            "image": "node:1",
            "extraPortMappings": [{"containerPort": 30080, "hostPort": 8080, "listenAddress": "127.0.0.1", "protocol": "TCP"}],
        }
    ]


def test_a_cluster_may_do_without_encryption() -> None:
    config = kind_config(ClusterSpec("dev", "node:1", encrypted=False))
    assert config["kubeadmConfigPatches"] == ["kind: KubeletConfiguration\nmaxPods: 200\n"]


def test_more_nodes_are_workers_of_the_same_image() -> None:
    nodes = kind_config(ClusterSpec("dev", "node:1", nodes=3, mappings=(PortMapping(30080, 8080),)))["nodes"]
    assert [node["role"] for node in nodes] == ["control-plane", "worker", "worker"]
    assert {node["image"] for node in nodes} == {"node:1"}
    assert ["extraPortMappings" in node for node in nodes] == [True, False, False]


@pytest.mark.parametrize("nodes", [-1, 0, 17])
def test_impossible_numbers_of_nodes(nodes: int) -> None:
    with pytest.raises(ProvenError, match="can't have"):
        check_nodes(nodes)


def test_registry_has_the_same_name_on_both_sides() -> None:
    assert REGISTRY.push == "localhost:5001"
    assert '[host."http://proven-registry:5000"]' in hosts_toml(REGISTRY)
    assert 'host: "localhost:5001"\n' in registry_config_map(REGISTRY)["data"]["localRegistryHosting.v1"]
