# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What one look at a cluster shows, and what later stages need of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._kind import state
from ansible_collections.proven.webapp.plugins.module_utils._kind.engine import Container
from ansible_collections.proven.webapp.plugins.module_utils._kind.spec import ClusterSpec


@dataclass(frozen=True)
class Sight:
    """What one look showed.

    :ivar node: the control plane's container.
    :ivar known: the kubeconfig leads to this very cluster.
    """

    nodes: tuple[Container, ...] = ()
    registry: Container | None = None
    known: bool = False
    health: state.Health = field(default_factory=lambda: state.Health(False))

    @property
    def node(self) -> Container | None:
        return state.control_plane(self.nodes)

    @property
    def running(self) -> bool:
        return bool(self.nodes) and all(node.running for node in self.nodes)


def result(spec: ClusterSpec, kubeconfig: str, sight: Sight) -> dict[str, Any]:
    """What later stages need, whatever was done."""
    node = sight.node
    mappings = state.mapped_ports(node) if node else spec.mappings
    return {
        "present": sight.health.usable,
        "kubeconfig": kubeconfig,
        "context": spec.context,
        "node_address": mappings[0].address if mappings else "127.0.0.1",
        "port_map": {str(mapping.node_port): mapping.host_port for mapping in mappings},
        "registry": {"push": spec.registry.push, "name": spec.registry.name, "port": spec.registry.port} if spec.registry else {},
        "kubernetes_version": sight.health.version,
        "storage_class": sight.health.storage_class,
        "nodes": sorted(node.name for node in sight.nodes),
        "network_policies": sight.health.network_policies,
    }
