#!/usr/bin/python
# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module: a cluster of kind's, with a registry and what a release needs of a cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
module: kind_cluster
short_description: Makes a Kubernetes cluster in Docker, or sees that it is there
version_added: 0.1.0
description:
  - Makes a cluster with kind, waits until pods run and storage is provisioned, and wires a local registry into it.
  - Looks before it does anything, which takes a fraction of a second. Wakes a stopped node, and repairs what an interrupted run left.
  - A cluster that differs from what is asked for (node image, number of nodes, ports) stays as it is unless O(recreate) is set.
  - One run at a time works on a cluster; another one waits for it.
author:
  - The proven.webapp maintainers (@proven)
extends_documentation_fragment: [proven.webapp.local_cluster, proven.webapp.progress]
options:
  state:
    description: Whether the cluster is to be there.
    type: str
    choices: [present, absent]
    default: present
  name:
    description: Name of the cluster. Its context is C(kind-) and this name.
    type: str
    required: true
  image:
    description: Image of the nodes, with tag or digest. It brings the pods' network, too. Needed for O(state=present).
    type: str
  nodes:
    description:
      - How many nodes it has, from 1 to 16. The first is the control plane; applications run on it only where it is the only one.
    type: int
    default: 1
  port_mappings:
    description: Ports of the control plane's node that this machine answers for; a node port answers there wherever its pods run.
    type: list
    elements: dict
    default: []
    suboptions:
      node_port:
        description: Port of the node.
        type: int
        required: true
      host_port:
        description: Port of this machine; the same as O(port_mappings[].node_port) where it isn't given.
        type: int
      address:
        description: Address of this machine to listen on.
        type: str
        default: 127.0.0.1
  ca_bundle:
    description: File with CA certificates that the nodes trust in registries besides their own.
    type: path
  metrics_server:
    description: Manifest of metrics-server, as text; applied once, and again when it changed.
    type: str
    default: ""
  wait:
    description: Seconds that a cluster has to become usable after it was made or woken.
    type: int
    default: 180
  prune:
    description:
      - With O(state=absent), remove the images that this collection made for clusters, too, as far as no container uses them,
        and kind's network where no cluster is left.
    type: bool
    default: false
  kind:
    description: Path of kind.
    type: str
    default: kind
  kubectl:
    description: Path of kubectl.
    type: str
    default: kubectl
"""

EXAMPLES = r"""
- name: A cluster with a port for the application, and a registry
  proven.webapp.kind_cluster:
    name: dev
    image: docker.io/kindest/node:v1.34.11
    kubeconfig: ~/.local/state/proven.webapp/dev/kubeconfig
    port_mappings:
      - node_port: 30080
    registry:
      image: docker.io/library/registry:3

- name: No cluster
  proven.webapp.kind_cluster:
    state: absent
    name: dev
    kubeconfig: ~/.local/state/proven.webapp/dev/kubeconfig
    registry: {}
"""

RETURN = r"""
present:
  description: Whether the cluster is there and usable. In check mode it may not be.
  type: bool
  returned: always
kubeconfig:
  description: Path of the file that leads to it.
  type: str
  returned: always
context:
  description: Name of its context.
  type: str
  returned: always
node_address:
  description: Address under which this machine answers for the mapped ports.
  type: str
  returned: always
port_map:
  description: Port of the node (as a string) to port of this machine.
  type: dict
  returned: always
registry:
  description: The registry's C(push) (host part of an image's name), C(name) and C(port); empty without one.
  type: dict
  returned: always
kubernetes_version:
  description: Version of the node's kubelet.
  type: str
  returned: always
storage_class:
  description: Name of the default storage class.
  type: str
  returned: always
nodes:
  description: Names of the nodes, which are their containers' names too.
  type: list
  elements: str
  returned: always
network_policies:
  description: Whether something in the cluster enforces NetworkPolicies.
  type: bool
  returned: always
drift:
  description: How the cluster differs from what is asked for.
  type: list
  elements: str
  returned: always
actions:
  description: What was done, or in check mode would be.
  type: list
  elements: str
  returned: always
"""

from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._host_network import read_authorities
from ansible_collections.proven.webapp.plugins.module_utils._kind.cluster import Cluster, Tools
from ansible_collections.proven.webapp.plugins.module_utils._kind.engine import Docker
from ansible_collections.proven.webapp.plugins.module_utils._kind.run import ensure_absent, ensure_present
from ansible_collections.proven.webapp.plugins.module_utils._kind.spec import (
    LOCAL_CLUSTER_ARGUMENTS,
    PORTS_ARGUMENT,
    ClusterSpec,
    check_name,
    check_nodes,
    port_mappings,
    registry_of,
)
from ansible_collections.proven.webapp.plugins.module_utils._module import Call, run_module
from ansible_collections.proven.webapp.plugins.module_utils._outcome import Outcome
from ansible_collections.proven.webapp.plugins.module_utils._progress import PROGRESS_ARGUMENT

ARGUMENTS: dict[str, Any] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "name": {"type": "str", "required": True},
    "image": {"type": "str"},
    "nodes": {"type": "int", "default": 1},
    "port_mappings": PORTS_ARGUMENT,
    "ca_bundle": {"type": "path"},
    "metrics_server": {"type": "str", "default": ""},
    "wait": {"type": "int", "default": 180},
    "prune": {"type": "bool", "default": False},
    "kind": {"type": "str", "default": "kind"},
    "kubectl": {"type": "str", "default": "kubectl"},
    **LOCAL_CLUSTER_ARGUMENTS,
    **PROGRESS_ARGUMENT,
}
RULES: dict[str, Any] = {"required_if": [("state", "present", ["image"])]}


def run(call: Call) -> dict[str, Any]:
    """What the arguments ask for.

    :raises ProvenError: it can't be had.
    """
    return reach(call).result(call.warn)


def reach(call: Call) -> Outcome:
    """Look at the cluster, and do what is left to do."""
    params = call.params
    check_name(params["name"])
    check_nodes(params["nodes"])
    spec = ClusterSpec(
        name=params["name"],
        image=params["image"] or "",
        nodes=params["nodes"],
        authorities=read_authorities(params["ca_bundle"]) if params["ca_bundle"] else "",
        mappings=port_mappings(params["port_mappings"]),
        registry=registry_of(params["registry"], needed=params["state"] == "present"),
        encrypted=params["encrypt_secrets"],
    )
    tools = Tools(params["kind"], params["kubectl"], Docker(params["docker"]))
    cluster = Cluster(spec, tools, params["kubeconfig"], call.say, params["wait"])
    if params["state"] == "absent":
        return ensure_absent(cluster, prune=params["prune"], check=call.check)
    return ensure_present(cluster, metrics_server=params["metrics_server"], recreate=params["recreate"], check=call.check)


def main() -> None:
    run_module(ARGUMENTS, run, **RULES)


if __name__ == "__main__":
    main()
