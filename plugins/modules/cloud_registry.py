#!/usr/bin/python
# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module: a cloud's own registry, for this machine to push to and a cluster to pull from."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cloud_registry
short_description: Logs in to a cloud's registry, and lets a cluster pull from it
version_added: 0.1.0
description:
  - Where images go to the cloud's own registry (DigitalOcean's, Google's Artifact Registry, Azure's), sees that it is there, makes a login
    that Docker takes and that ends within hours, and lets the cluster's nodes pull from it (DigitalOcean, Azure; Google's pull by their own
    service account).
  - Does nothing where the registry is somebody else's.
  - Its result holds a password, so that the task needs C(no_log=true).
author:
  - The proven.webapp maintainers (@proven)
extends_documentation_fragment: [proven.webapp.cloud, proven.webapp.progress]
options:
  registry:
    description:
      - What images' names start with, such as V(registry.digitalocean.com/acme), V(acme.azurecr.io)
        or V(europe-west3-docker.pkg.dev/acme/web).
    type: str
    required: true
  kubeconfig:
    description: The file that leads to the cluster, as M(proven.webapp.cloud_cluster) wrote it.
    type: path
    default: ""
  context:
    description: The context in it; empty where there is no cluster yet.
    type: str
    default: ""
attributes:
  check_mode:
    description: Says what would be done; the login is made, which changes nothing.
    support: full
  diff_mode:
    description: Shows what the cluster pulls from.
    support: full
  idempotent:
    description: Lets the cluster pull only where it can't yet.
    support: full
"""

EXAMPLES = r"""
- name: Log in
  proven.webapp.cloud_registry:
    provider: aks
    name: prod
    resource_group: shop
    registry: acme.azurecr.io
  register: login
  no_log: true
"""

RETURN = r"""
own:
  description: Whether the registry is the cloud's own.
  type: bool
  returned: success
username:
  description: For Docker's login; where the registry is the cloud's own.
  type: str
  returned: success
password:
  description: For Docker's login. Secret.
  type: str
  returned: success
pull_secrets:
  description: Secrets that the cloud has put into the cluster, for pods to name; empty where nodes pull as who they are.
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
from ansible_collections.proven.webapp.plugins.module_utils._cloud.run import registry
from ansible_collections.proven.webapp.plugins.module_utils._module import Call, run_module
from ansible_collections.proven.webapp.plugins.module_utils._progress import PROGRESS_ARGUMENT

ARGUMENTS: dict[str, Any] = {
    **CLOUD_ARGUMENTS,
    "registry": {"type": "str", "required": True},
    "kubeconfig": {"type": "path", "default": ""},
    "context": {"type": "str", "default": ""},
    **PROGRESS_ARGUMENT,
}


def run(call: Call) -> dict[str, Any]:
    """Log in, and let the cluster pull.

    :raises ProvenError: it can't be had.
    """
    outcome, login = registry(job_of(call), call.params["context"])
    return {**outcome.result(call.warn), "username": login.username if login else "", "password": login.password if login else ""}


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
