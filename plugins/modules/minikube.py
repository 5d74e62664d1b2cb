#!/usr/bin/python
# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module: a cluster of Minikube's."""

from __future__ import annotations

DOCUMENTATION = r"""
module: minikube
short_description: Has a Minikube cluster made, started, stopped or removed
version_added: 0.1.0
description:
  - Looks first, which takes a fraction of a second where all is well; C(minikube start) on a cluster that runs takes ten seconds and more.
  - Makes a cluster, wakes a stopped one, brings a broken one back, and makes anew what an interrupted start of this module left.
  - A cluster that differs from what is asked for stays as it is, and the difference is told. Addons are changed while it runs;
    for anything else it has to be made anew, which happens with O(recreate) only.
  - A start that fails leaves nothing behind. What Minikube says is turned into what can be done about it.
  - Options that aren't given are left to Minikube, and aren't compared.
author:
  - The proven.webapp maintainers (@proven)
extends_documentation_fragment: [proven.webapp.local_cluster, proven.webapp.progress]
options:
  state:
    description:
      - V(started) is a cluster that can be used; V(present) one that is there, running or stopped, and is made where it isn't.
      - V(stopped) is no cluster that runs; one that isn't there isn't made for it. V(absent) removes it with its data.
    type: str
    choices: [present, started, stopped, absent]
    default: started
  profile:
    description: Name of the cluster, and of its context.
    type: str
    default: minikube
  driver:
    description: What its nodes are, such as V(docker), V(podman), V(kvm2), V(qemu2) or V(none). As root, a container driver is forced.
    type: str
    default: docker
  container_runtime:
    description: What runs containers in it. Always named, since Minikube's own default changes with its versions.
    type: str
    choices: [containerd, docker, cri-o]
    default: containerd
  kubernetes_version:
    description: Version of Kubernetes, as V(1.34.4).
    type: str
    default: ""
  cpus:
    description: CPUs of a node; a number, V(max) or V(no-limit).
    type: str
    default: ""
  memory:
    description: Memory of a node, as V(4g) or V(4096) (MiB); V(max) or V(no-limit).
    type: str
    default: ""
  disk_size:
    description: Disk of a node, as V(20g); not for container drivers, whose nodes use this machine's.
    type: str
    default: ""
  nodes:
    description: How many nodes.
    type: int
    default: 1
  cni:
    description: The pods' network, as V(bridge), V(calico) or V(kindnet), or a manifest's path.
    type: str
    default: ""
  addons:
    description: Addons that are enabled, and no others. Without it they stay as they are.
    type: list
    elements: str
  extra_config:
    description: Settings of Kubernetes' components, such as C(kubelet.max-pods) to V(200).
    type: dict
    default: {}
  base_image:
    description: Image of a node, for container drivers.
    type: str
    default: ""
  preloaded:
    description: The base image brings Kubernetes' programs and images, so that nothing is fetched from anywhere.
    type: bool
    default: false
  ports:
    description: Ports of the node that this machine answers for; for container drivers.
    type: list
    elements: dict
    default: []
    suboptions:
      node_port:
        description: Port of the node.
        type: int
        required: true
      host_port:
        description: Port of this machine; the same as O(ports[].node_port) where it isn't given.
        type: int
      address:
        description: Address of this machine to listen on.
        type: str
        default: 127.0.0.1
  mounts:
    description: A folder of this machine that the nodes see, as V(/here:/there). Minikube takes one.
    type: list
    elements: str
    default: []
  feature_gates:
    description: Features of Kubernetes, on or off.
    type: dict
    default: {}
  # Two of the fragment's, which need the driver docker here.
  encrypt_secrets:
    description:
      - Whether the API server of a cluster that is made encrypts Secrets in etcd. The key is made with the cluster and lies in its node.
      - For O(driver=docker). A cluster that is there stays as it is.
  registry:
    description: A registry in a container, reached as C(localhost:PORT) from this machine and from the cluster; for O(driver=docker).
  manifests:
    description: Manifests, as text, each with a Deployment; applied once, and again when they change.
    type: list
    elements: str
    default: []
  home:
    description: Minikube's folder, as in E(MINIKUBE_HOME), which is taken where this is empty.
    type: path
    default: ""
  prune:
    description: With O(state=absent), remove the images that this collection made for clusters, too, as far as no container uses them.
    type: bool
    default: false
  wait:
    description: Seconds that Kubernetes has to become healthy; a start as a whole may take five minutes more.
    type: int
    default: 180
  minikube:
    description: Path of Minikube.
    type: str
    default: minikube
  kubectl:
    description: Path of kubectl, for O(manifests) and O(registry).
    type: str
    default: kubectl
"""

EXAMPLES = r"""
- name: A cluster of two nodes
  proven.webapp.minikube:
    profile: dev
    kubernetes_version: 1.34.4
    nodes: 2
    cpus: 2
    memory: 4g
    addons: [default-storageclass, storage-provisioner, metrics-server]
    ports:
      - node_port: 30080
    kubeconfig: ~/.local/state/proven.webapp/dev/kubeconfig

- name: It sleeps at night
  proven.webapp.minikube:
    state: stopped
    profile: dev
    kubeconfig: ~/.local/state/proven.webapp/dev/kubeconfig

- name: No cluster
  proven.webapp.minikube:
    state: absent
    profile: dev
    kubeconfig: ~/.local/state/proven.webapp/dev/kubeconfig
"""

RETURN = r"""
present:
  description: Whether the cluster is there and usable. In check mode it may not be.
  type: bool
  returned: always
state:
  description: V(absent), V(started), V(stopped), or V(broken).
  type: str
  returned: always
kubeconfig:
  description: Path of the file that leads to it.
  type: str
  returned: always
context:
  description: Name of its context.
  type: str
  returned: always
nodes:
  description: Names of its nodes, which are those of their containers too.
  type: list
  elements: str
  returned: always
ip:
  description: Address of its control plane.
  type: str
  returned: always
node_address:
  description: Address under which node ports are reached, this machine's where ports are mapped.
  type: str
  returned: always
port_map:
  description: Port of the node (as a string) to port of O(ignore:node_address); one that isn't in it is reached under its own number.
  type: dict
  returned: always
registry:
  description: The registry's C(push) (host part of an image's name), C(name) and C(port); empty without one.
  type: dict
  returned: always
kubernetes_version:
  description: Version of Kubernetes.
  type: str
  returned: always
minikube_version:
  description: Version of Minikube itself; empty where there is none.
  type: str
  returned: always
container_runtime:
  description: What runs containers in it.
  type: str
  returned: always
engine:
  description:
    - How the Docker engine is reached that runs the cluster's containers (C(host), C(certificates)), for M(proven.webapp.image_build).
      Empty where another runtime runs them, or there are several nodes.
  type: dict
  returned: always
network_policies:
  description: Whether something is there that enforces NetworkPolicies.
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

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._kind.cluster import Manifest
from ansible_collections.proven.webapp.plugins.module_utils._kind.engine import Docker
from ansible_collections.proven.webapp.plugins.module_utils._kind.spec import (
    LOCAL_CLUSTER_ARGUMENTS,
    PORTS_ARGUMENT,
    port_mappings,
    registry_of,
)
from ansible_collections.proven.webapp.plugins.module_utils._minikube.cluster import Cluster, Tools
from ansible_collections.proven.webapp.plugins.module_utils._minikube.program import Minikube
from ansible_collections.proven.webapp.plugins.module_utils._minikube.run import clear, ensure
from ansible_collections.proven.webapp.plugins.module_utils._minikube.spec import Spec, check
from ansible_collections.proven.webapp.plugins.module_utils._module import Call, run_module
from ansible_collections.proven.webapp.plugins.module_utils._progress import PROGRESS_ARGUMENT

ARGUMENTS: dict[str, Any] = {
    "state": {"type": "str", "choices": ["present", "started", "stopped", "absent"], "default": "started"},
    "profile": {"type": "str", "default": "minikube"},
    "driver": {"type": "str", "default": "docker"},
    "container_runtime": {"type": "str", "choices": ["containerd", "docker", "cri-o"], "default": "containerd"},
    "kubernetes_version": {"type": "str", "default": ""},
    "cpus": {"type": "str", "default": ""},
    "memory": {"type": "str", "default": ""},
    "disk_size": {"type": "str", "default": ""},
    "nodes": {"type": "int", "default": 1},
    "cni": {"type": "str", "default": ""},
    "addons": {"type": "list", "elements": "str"},
    "extra_config": {"type": "dict", "default": {}},
    "base_image": {"type": "str", "default": ""},
    "preloaded": {"type": "bool", "default": False},
    "ports": PORTS_ARGUMENT,
    "mounts": {"type": "list", "elements": "str", "default": []},
    "feature_gates": {"type": "dict", "default": {}},
    "manifests": {"type": "list", "elements": "str", "default": []},
    "home": {"type": "path", "default": ""},
    "prune": {"type": "bool", "default": False},
    "wait": {"type": "int", "default": 180},
    "minikube": {"type": "str", "default": "minikube"},
    "kubectl": {"type": "str", "default": "kubectl"},
    **LOCAL_CLUSTER_ARGUMENTS,
    **PROGRESS_ARGUMENT,
}


def spec_of(params: Any) -> Spec:
    """
    :raises ProvenError: something in it can't be.
    """
    spec = Spec(
        profile=params["profile"],
        driver=params["driver"],
        container_runtime=params["container_runtime"],
        kubernetes_version=params["kubernetes_version"],
        cpus=params["cpus"],
        memory=params["memory"],
        disk_size=params["disk_size"],
        nodes=params["nodes"],
        cni=params["cni"],
        addons=None if params["addons"] is None else tuple(params["addons"]),
        extra_config={key: str(value) for key, value in params["extra_config"].items()},
        base_image=params["base_image"],
        ports=port_mappings(params["ports"], "ports"),
        mounts=tuple(params["mounts"]),
        feature_gates=params["feature_gates"],
        preloaded=params["preloaded"],
        encrypt_secrets=params["encrypt_secrets"],
    )
    check(spec)
    return spec


def run(call: Call) -> dict[str, Any]:
    """What the arguments ask for.

    :raises ProvenError: it can't be had.
    """
    params = call.params
    spec = spec_of(params)
    removing = params["state"] == "absent"
    if params["registry"] is not None and spec.driver != "docker":
        raise ProvenError("A registry in a container is for the driver docker.", where="registry", fix="Leave it out, or name that driver.")
    tools = Tools(
        Minikube(params["minikube"], spec.profile, params["home"], params["kubeconfig"], os.path.dirname(params["docker"])),
        params["kubectl"],
        Docker(params["docker"]),
    )
    cluster = Cluster(
        spec,
        tools,
        call.say,
        wait=params["wait"],
        registry=registry_of(params["registry"], needed=params["state"] in ("present", "started")),
        manifests=map(Manifest, params["manifests"]),
    )
    with ThreadPoolExecutor(1) as pool:
        version = pool.submit(tools.minikube.version)
        outcome = ensure(cluster, params["state"], recreate=params["recreate"], check=call.check)
    if removing:
        clear(cluster, outcome, prune=params["prune"], check=call.check)
    return {**outcome.result(call.warn), "minikube_version": version.result()}


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
