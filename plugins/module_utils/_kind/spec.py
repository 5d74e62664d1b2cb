# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a cluster is to be like, and kind's configuration for it. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._kind import encryption

CLUSTER_NAME = re.compile(r"[a-z0-9]([-.a-z0-9]{0,48}[a-z0-9])?")
NODE_PORTS = range(30000, 32768)
NODES = range(1, 17)
"""How many nodes a cluster on one machine may have."""
PORTS = range(1, 65536)
REGISTRY_PORT = 5000
"""The port that a registry listens on inside its container."""
API_PORT = 6443
"""The port that the API server listens on inside the node."""
MAX_PODS = 200
"""Of a node, instead of 110: a laptop's only node runs everything. The node's share of the pods' network has 254 addresses."""
LOCAL_CLUSTER_ARGUMENTS: dict[str, dict[str, Any]] = {
    "kubeconfig": {"type": "path", "required": True},
    "registry": {
        "type": "dict",
        "options": {
            "name": {"type": "str", "default": "proven-registry"},
            "image": {"type": "str"},
            "port": {"type": "int", "default": 5001},
        },
    },
    "encrypt_secrets": {"type": "bool", "default": True},
    "recreate": {"type": "bool", "default": False},
    "docker": {"type": "str", "default": "docker"},
}
"""Argument spec entries of the modules that make a cluster on this machine; their documentation is the fragment `local_cluster`."""
PORTS_ARGUMENT: dict[str, Any] = {
    "type": "list",
    "elements": "dict",
    "default": [],
    "options": {
        "node_port": {"type": "int", "required": True},
        "host_port": {"type": "int"},
        "address": {"type": "str", "default": "127.0.0.1"},
    },
}
"""Of the same modules, each under a name of its own; see `port_mappings`."""


@dataclass(frozen=True, order=True)
class PortMapping:
    """A port of the node that this machine answers for.

    :ivar node_port: 30000 – 32767, or any other port that a pod listens on with `hostPort`.
    :ivar host_port: on this machine.
    :ivar address: of this machine to listen on.
    """

    node_port: int
    host_port: int
    address: str = "127.0.0.1"

    def __str__(self) -> str:
        return f"{self.address}:{self.host_port} → {self.node_port}"


@dataclass(frozen=True)
class RegistrySpec:
    """A registry in a container of its own, shared by all clusters that name it.

    :ivar name: of the container and its volume.
    :ivar image: it runs.
    :ivar port: of this machine, on 127.0.0.1.
    """

    name: str
    image: str
    port: int

    @property
    def push(self) -> str:
        """The host part of an image's name, the same on this machine and in the cluster."""
        return f"localhost:{self.port}"


@dataclass(frozen=True)
class ClusterSpec:
    """A cluster as it is asked for.

    :ivar image: of its nodes, which brings their network too.
    :ivar nodes: how many; the first is the control plane and, where it is the only one, runs applications too.
    :ivar authorities: PEM certificates that its nodes trust in registries besides their own.
    :ivar mappings: of the control plane's ports; sorted, each host port once.
    :ivar encrypted: whether Secrets are encrypted in etcd. Counts when it is made; one that is there stays as it is.
    """

    name: str
    image: str
    nodes: int = 1
    authorities: str = ""
    mappings: tuple[PortMapping, ...] = ()
    registry: RegistrySpec | None = None
    encrypted: bool = True

    @property
    def context(self) -> str:
        return f"kind-{self.name}"


def port_mapping(raw: dict[str, Any], where: str) -> PortMapping:
    """A mapping from the user's.

    :raises ProvenError: a port is out of range.
    """
    node_port = int(raw["node_port"])
    host_port = int(raw.get("host_port") or node_port)
    for key, port in (("node_port", node_port), ("host_port", host_port)):
        if port not in PORTS:
            raise ProvenError(f"{port} is not a port.", where=f"{where}.{key}", fix="Use a number from 1 to 65535.")
    return PortMapping(node_port, host_port, raw.get("address") or "127.0.0.1")


def port_mappings(raw: list[dict[str, Any]], where: str = "port_mappings") -> tuple[PortMapping, ...]:
    """All mappings, sorted.

    :raises ProvenError: a port is out of range or given away twice.
    """
    mappings = [port_mapping(entry, f"{where}[{index}]") for index, entry in enumerate(raw)]
    taken: dict[tuple[str, int], PortMapping] = {}
    for index, mapping in enumerate(mappings):
        other = taken.setdefault((mapping.address, mapping.host_port), mapping)
        if other.node_port != mapping.node_port:
            raise ProvenError(
                f"Port {mapping.host_port} of this machine is given to node ports {other.node_port} and {mapping.node_port}.",
                where=f"{where}[{index}].host_port",
                fix="Give each node port a host port of its own.",
            )
    return tuple(sorted(set(mappings)))


def registry_of(raw: Mapping[str, Any] | None, *, needed: bool) -> RegistrySpec | None:
    """The registry from the user's; None where none is asked for.

    :param needed: there is to be a cluster, so that the registry has to run.
    :raises ProvenError: it would have to run, and has no image.
    """
    if raw is None:
        return None
    if needed and not raw["image"]:
        raise ProvenError("The registry has no image.", where="registry.image", fix="Name one, or leave the registry out.")
    return RegistrySpec(raw["name"], raw["image"] or "", raw["port"])


def check_name(name: str) -> None:
    """
    :raises ProvenError: kind or Docker wouldn't take this name.
    """
    if not CLUSTER_NAME.fullmatch(name):
        raise ProvenError(
            f"{name!r} can't be the name of a cluster.",
            where="name",
            fix="Use at most 50 lower-case letters, digits, dots and hyphens, with a letter or digit at both ends.",
        )


def check_nodes(nodes: int) -> None:
    """
    :raises ProvenError: a machine can't have so many.
    """
    if nodes not in NODES:
        raise ProvenError(f"A cluster can't have {nodes} nodes.", where="cluster_nodes", fix=f"Use {NODES.start} to {NODES.stop - 1}.")


def kind_config(spec: ClusterSpec) -> dict[str, Any]:
    """kind's configuration file (kind.x-k8s.io/v1alpha4), as data."""
    node: dict[str, Any] = {"role": "control-plane", "image": spec.image}
    if spec.mappings:
        node["extraPortMappings"] = [
            {"containerPort": mapping.node_port, "hostPort": mapping.host_port, "listenAddress": mapping.address, "protocol": "TCP"}
            for mapping in spec.mappings
        ]
    return {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "name": spec.name,
        "networking": {"apiServerAddress": "127.0.0.1"},
        "kubeadmConfigPatches": [f"kind: KubeletConfiguration\nmaxPods: {MAX_PODS}\n", *(encryption.patches() if spec.encrypted else [])],
        "nodes": [node, *({"role": "worker", "image": spec.image} for _worker in range(spec.nodes - 1))],
    }


def hosts_toml(registry: RegistrySpec) -> str:
    """What tells containerd in a node that the name `localhost:<port>` is the registry's container."""
    return f'server = "http://{registry.name}:{REGISTRY_PORT}"\n\n[host."http://{registry.name}:{REGISTRY_PORT}"]\n'


def registry_config_map(registry: RegistrySpec) -> dict[str, Any]:
    """The ConfigMap by which a cluster tells tools where its local registry is (KEP-1755)."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "local-registry-hosting", "namespace": "kube-public"},
        "data": {"localRegistryHosting.v1": f'host: "{registry.push}"\nhostFromContainerRuntime: "{registry.name}:{REGISTRY_PORT}"\n'},
    }


def digest(text: str) -> str:
    """A short name of a content."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
