#!/usr/bin/python
# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module: a cluster in a cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cloud_cluster
short_description: Finds a Kubernetes cluster in a cloud, or makes it
version_added: 0.1.0
description:
  - Looks for a cluster of DigitalOcean, Google or Azure, waits until it can be used, and writes a kubeconfig that leads to it.
  - Makes it only where O(create) is set; region, version and sizes are checked against what the cloud offers before that. A run that was
    interrupted while the cluster was made is continued by the next one.
  - A cluster that is there is never changed; how it differs from what is asked for is told, for those that were made here.
  - Deletes only what it has made itself, which it knows by a tag.
author:
  - The proven.webapp maintainers (@proven)
extends_documentation_fragment: [proven.webapp.cloud, proven.webapp.progress]
options:
  state:
    description: Whether the cluster is to be there. V(queried) hands out a kubeconfig where it is, and changes nothing.
    type: str
    choices: [present, absent, queried]
    default: present
  create:
    description: Make the cluster where there is none. It costs money from then on.
    type: bool
    default: false
  version:
    description: Of Kubernetes, for a cluster that is made; whole, or its beginning such as V(1.34). Empty is what the cloud takes.
    type: str
    default: ""
  node_pools:
    description: Nodes of a cluster that is made. In a region of Google's, numbers are per zone.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the pool.
        type: str
        required: true
      size:
        description: Machine type, in the cloud's words; one with two processors where it isn't given.
        type: str
      nodes:
        description: How many there are at the beginning; two, or O(node_pools[].min).
        type: int
      min:
        description: The least that the cloud scales it to; without it and O(node_pools[].max), it isn't scaled.
        type: int
      max:
        description: The most that the cloud scales it to.
        type: int
  registry:
    description: What images' names start with. Where it is the cloud's own, it is seen to be there before a cluster is made.
    type: str
    default: ""
  kubeconfig:
    description:
      - File that leads to the cluster; written anew in each run, also in check mode, readable by its owner. What is in it is good for
        an hour (Google, and Azure by Entra ID) or a day (DigitalOcean).
    type: path
    required: true
  wait:
    description: Seconds that a cluster has to come, or to go.
    type: int
    default: 1800
attributes:
  check_mode:
    description: Says what would be done.
    support: full
  diff_mode:
    description: Shows the cluster before and after.
    support: full
  idempotent:
    description: Does nothing where the cluster is there.
    support: full
"""

EXAMPLES = r"""
- name: A cluster that is there
  proven.webapp.cloud_cluster:
    provider: gke
    name: prod
    project: acme-shop
    kubeconfig: ~/.local/state/proven.webapp/prod/kubeconfig

- name: A cluster, made if need be
  proven.webapp.cloud_cluster:
    provider: doks
    name: staging
    region: fra1
    create: true
    node_pools:
      - name: default
        min: 2
        max: 5
    credentials:
      token: "{{ vault_digitalocean_token }}"
    kubeconfig: ~/.local/state/proven.webapp/staging/kubeconfig
"""

RETURN = r"""
present:
  description: Whether the cluster is there and can be used. In check mode it may not be.
  type: bool
  returned: success
made_here:
  description: Whether this module has made it.
  type: bool
  returned: success
kubeconfig:
  description: Path of the file that leads to it.
  type: str
  returned: success
context:
  description: Name of its context, the one that the cloud's own tool would give it.
  type: str
  returned: success
region:
  description: Where it is.
  type: str
  returned: success
kubernetes_version:
  description: Version of its control plane.
  type: str
  returned: success
drift:
  description: How it differs from what is asked for.
  type: list
  elements: str
  returned: success
actions:
  description: What was done, or in check mode would be.
  type: list
  elements: str
  returned: success
"""

from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._cloud.call import CLOUD_ARGUMENTS, job_of
from ansible_collections.proven.webapp.plugins.module_utils._cloud.run import ensure_absent, ensure_present, look
from ansible_collections.proven.webapp.plugins.module_utils._module import Call, run_module
from ansible_collections.proven.webapp.plugins.module_utils._progress import PROGRESS_ARGUMENT

ARGUMENTS: dict[str, Any] = {
    **CLOUD_ARGUMENTS,
    "state": {"type": "str", "choices": ["present", "absent", "queried"], "default": "present"},
    "create": {"type": "bool", "default": False},
    "version": {"type": "str", "default": ""},
    "node_pools": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "size": {"type": "str"},
            "nodes": {"type": "int"},
            "min": {"type": "int"},
            "max": {"type": "int"},
        },
    },
    "registry": {"type": "str", "default": ""},
    "kubeconfig": {"type": "path", "required": True},
    "wait": {"type": "int", "default": 1800},
    **PROGRESS_ARGUMENT,
}


def run(call: Call) -> dict[str, Any]:
    """What the arguments ask for.

    :raises ProvenError: it can't be had.
    """
    job = job_of(call)
    if call.params["state"] == "absent":
        outcome = ensure_absent(job)
    elif call.params["state"] == "queried":
        outcome = look(job)
    else:
        outcome = ensure_present(job, create=call.params["create"])
    return outcome.result(call.warn)


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
