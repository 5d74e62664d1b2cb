#!/usr/bin/python
# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module: does a kubeconfig lead to a cluster that lets us in."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_access
short_description: Sees that a kubeconfig leads to a cluster that answers
version_added: 0.1.0
description:
  - Reads a kubeconfig, and asks the cluster of one of its contexts a question, within a short time.
  - Says what is wrong where that fails, whether it is the file, the context, the address or the rights.
  - Changes nothing.
author:
  - The proven.webapp maintainers (@proven)
extends_documentation_fragment: [proven.webapp.read_only]
options:
  kubeconfig:
    description:
      - The file.
      - Where it is empty, the cluster that the environment leads to (E(K8S_AUTH_HOST), E(K8S_AUTH_API_KEY), E(K8S_AUTH_SSL_CA_CERT) and
        E(K8S_AUTH_VERIFY_SSL), as AWX sets them). A kubeconfig for it is made among this user's temporary files, without the token in it.
    type: path
    default: ""
  context:
    description: Name of a context in it; its current one where it is empty.
    type: str
    default: ""
  timeout:
    description: Seconds that the cluster has to answer.
    type: int
    default: 10
  kubectl:
    description: Path of kubectl, which knows every way to log in that a kubeconfig can ask for.
    type: str
    default: kubectl
"""

EXAMPLES = r"""
- name: Does staging answer
  proven.webapp.cluster_access:
    kubeconfig: ~/.kube/config
    context: staging
"""

RETURN = r"""
kubeconfig:
  description: Absolute path of the file.
  type: str
  returned: success
context:
  description: Name of the context; empty where the environment led to the cluster.
  type: str
  returned: success
server:
  description: Address of the API server.
  type: str
  returned: success
kubernetes_version:
  description: Version of a node's kubelet.
  type: str
  returned: success
node_address:
  description: Address of a node, an external one where it has one. Node ports are reached there.
  type: str
  returned: success
storage_class:
  description: Name of the default storage class, or empty.
  type: str
  returned: success
"""

import os
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils import _environment
from ansible_collections.proven.webapp.plugins.module_utils._kind.access import examine
from ansible_collections.proven.webapp.plugins.module_utils._module import Call, run_module

ARGUMENTS: dict[str, Any] = {
    "kubeconfig": {"type": "path", "default": ""},
    "context": {"type": "str", "default": ""},
    "timeout": {"type": "int", "default": 10},
    "kubectl": {"type": "str", "default": "kubectl"},
}


def run(call: Call) -> dict[str, Any]:
    """Reach the cluster."""
    params = call.params
    named = None if params["kubeconfig"] else _environment.access(os.environ)
    if named:
        found = examine(_environment.kubeconfig(named), "", params["timeout"], params["kubectl"])
        # None that anybody else would know by its name
        return {**found, "context": ""}
    kubeconfig = os.path.abspath(params["kubeconfig"]) if params["kubeconfig"] else ""
    return examine(kubeconfig, params["context"], params["timeout"], params["kubectl"])


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
