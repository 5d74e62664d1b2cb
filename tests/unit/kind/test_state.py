# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading Docker's and the API server's answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._kind import state
from ansible_collections.proven.webapp.plugins.module_utils._kind.engine import Container, docker_error, parse_container
from ansible_collections.proven.webapp.plugins.module_utils._kind.spec import ClusterSpec, PortMapping

INSPECTED: dict[str, Any] = {
    "Name": "/dev-control-plane",
    "Config": {"Image": "node:1", "Labels": {"io.x-k8s.kind.role": "control-plane"}},
    "State": {"Running": True},
    "HostConfig": {
        "PortBindings": {
            "6443/tcp": [{"HostIp": "127.0.0.1", "HostPort": "39291"}],
            "30080/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}],
            "53/udp": [{"HostIp": "", "HostPort": "53"}],
        }
    },
    "NetworkSettings": {"Networks": {"kind": {}}},
}
NODE = parse_container(INSPECTED)


def answers(**changes: Any) -> dict[str, tuple[int, dict[str, Any]]]:
    """Those of a cluster that is well."""
    node = {
        "metadata": {"name": "n"},
        "status": {"conditions": [{"type": "Ready", "status": "True"}], "nodeInfo": {"kubeletVersion": "v1.34.4"}},
    }
    storage = {"metadata": {"name": "standard", "annotations": {state.DEFAULT_CLASS: "true"}}}
    deployments = [
        {"metadata": {"name": "coredns"}, "status": {"availableReplicas": 2}},
        {"metadata": {"name": "metrics-server", "annotations": {state.MANIFEST_ANNOTATION: "abc"}}, "status": {}},
    ]
    well = {
        state.NODES: (200, {"items": [node]}),
        state.STORAGE: (200, {"items": [storage]}),
        state.DEPLOYMENTS: (200, {"items": deployments}),
        state.DAEMON_SETS: (200, {"items": [{"metadata": {"name": "kube-proxy"}}]}),
        state.REGISTRY_HOSTING: (200, {"data": {"localRegistryHosting.v1": 'host: "localhost:5001"\n'}}),
        state.LEASES: (200, {"items": [{"spec": {"renewTime": "2026-11-21T12:00:00.000000Z"}}]}),
    }
    return {**well, **changes}


def test_container() -> None:
    assert NODE.name == "dev-control-plane"
    assert NODE.ports == {("127.0.0.1", 39291, 6443), ("127.0.0.1", 8080, 30080)}
    assert state.api_server(NODE) == "https://127.0.0.1:39291"
    assert state.mapped_ports(NODE) == (PortMapping(30080, 8080),)
    assert state.control_plane([NODE]) is NODE
    assert state.control_plane([]) is None


def test_stopped_container_without_ports() -> None:
    bare = parse_container({"Name": "/x", "Config": {"Image": "i"}, "State": {"Running": False}, "HostConfig": {"PortBindings": None}})
    assert not bare.running
    assert state.api_server(bare) == ""


def test_well() -> None:
    health = state.health(answers())
    assert health.usable
    assert health.version == "v1.34.4"
    assert health.storage_class == "standard"
    assert health.metrics == "abc"
    assert health.reported > 1_700_000_000


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({state.NODES: (403, {"message": "forbidden"})}, "answers 403: forbidden"),
        ({state.NODES: (200, {"items": []})}, "no node has joined"),
        ({state.NODES: (200, {"items": [{"metadata": {"name": "n"}, "status": {}}]})}, "node n isn't Ready"),
        ({state.STORAGE: (200, {"items": [{"metadata": {"name": "other"}}]})}, "no default storage class"),
        ({state.DEPLOYMENTS: (200, {"items": [{"metadata": {"name": "coredns"}, "status": {}}]})}, "coredns isn't running"),
    ],
)
def test_not_well(changes: dict[str, Any], words: str) -> None:
    health = state.health(answers(**changes))
    assert not health.usable
    assert words in health.missing


def test_somebody_elses_metrics_server_is_told_from_none() -> None:
    other = {"metadata": {"name": "metrics-server"}, "status": {}}
    assert state.health(answers(**{state.DEPLOYMENTS: (200, {"items": [other]})})).metrics == ""
    assert state.health(answers(**{state.DEPLOYMENTS: (200, {"items": []})})).metrics is None


def test_no_drift() -> None:
    assert state.drifts(ClusterSpec("dev", "node:1", mappings=(PortMapping(30080, 8080),)), [NODE]) == []


def test_drift() -> None:
    found = state.drifts(ClusterSpec("dev", "node:2", mappings=(PortMapping(30081, 8081),)), [NODE])
    assert [drift.blocks for drift in found] == [False, True, False]
    assert "node:2" in found[0].what
    assert "8081 → 30081 isn't mapped" in found[1].what
    assert "8080 → 30080 is mapped" in found[2].what


def test_nodes_that_are_missing_block_and_extra_ones_do_not() -> None:
    worker = replace(NODE, name="dev-worker", labels={}, ports=frozenset(), image="node:0")
    spec = ClusterSpec("dev", "node:1", nodes=3, mappings=(PortMapping(30080, 8080),))
    few, image = state.drifts(spec, [NODE, worker])
    assert (few.what, few.blocks) == ("it has 2 nodes, asked for are 3", True)
    assert (image.what, image.blocks) == ("dev-worker runs the image node:0, asked for is node:1", False)
    many = state.drifts(replace(spec, nodes=1), [NODE, worker])[0]
    assert (many.what, many.blocks) == ("it has 2 nodes, asked for is 1", False)


def test_a_cluster_whose_nodes_have_not_all_joined_is_not_usable() -> None:
    assert state.health(answers(), 2).missing == "1 of 2 nodes have joined"
    assert state.health(answers(), 1).usable


def test_who_enforces_network_policies_is_known_by_name() -> None:
    assert not state.health(answers()).network_policies
    kindnet = {state.DAEMON_SETS: (200, {"items": [{"metadata": {"name": "kindnet"}}]})}
    assert state.health(answers(**kindnet)).network_policies


def test_useful_lines_are_the_last_ones_that_tell_something_once() -> None:
    log = "\n".join(
        [
            "Nov 21 11:00:00 node kubelet[12]: E1121 11:00:00.123456      12 run.go:72] failed to start: cgroup missing",
            "Nov 21 11:00:01 node kubelet[12]: I1121 11:00:01.123456      12 run.go:1] all is well",
            "goroutine 1 [running]: error",
            "Nov 21 11:00:02 node kubelet[13]: E1121 11:00:02.000000      13 run.go:72] failed to start: cgroup missing",
            "error: no space left on device",
        ]
    )
    assert state.useful_lines(log) == ["run.go:72] failed to start: cgroup missing", "error: no space left on device"]
    assert state.useful_lines(log, 1) == ["error: no space left on device"]
    assert state.useful_lines("") == []


@pytest.mark.parametrize(
    ("line", "step"),
    [
        (" • Preparing nodes 📦   ...", "Preparing nodes"),
        (" • Ensuring node image (proven.webapp/node:test) 🖼️  ...", "Ensuring node image (proven.webapp/node:test)"),
        (" ✓ Preparing nodes 📦 ", None),
        ("Have a nice day! 👋", None),
    ],
)
def test_kinds_steps(line: str, step: str | None) -> None:
    assert state.kind_step(line) == step


def test_dockers_words_get_advice() -> None:
    error = docker_error(("run",), "docker: Error response\nBind for 127.0.0.1:5001 failed: port is already allocated")
    assert "port is already allocated" in error.what
    assert "another port" in error.fix
    assert docker_error(("run",), "").what == "docker run failed: it gave no reason"


def test_published() -> None:
    assert NODE.published(30080) == ("127.0.0.1", 8080)
    assert NODE.published(1) is None
    assert Container("x", "i", True).published(1) is None
