#!/usr/bin/python
# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waits until a release serves, or says why it can't."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: rollout
short_description: Waits until a release serves, or says why it can't
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - Watches the Deployments and StatefulSets of a release until each serves with all of its new pods and none of the old ones.
  - Fails at once on what no waiting cures, such as an image that isn't there or a container that ends again and again.
  - A failure is one message with the reason, the last lines of the log or the cluster's warnings, and what to do.
requirements:
  - kubernetes (Python library)
options:
  release:
    description: Name of the release, which its objects carry as C(app.kubernetes.io/instance).
    type: str
    required: true
  namespace:
    description: Namespace of the release.
    type: str
    required: true
  kubeconfig:
    description: Path of the kubeconfig; without it the one that kubectl would take.
    type: path
  context:
    description: Context of the kubeconfig; without it the current one.
    type: str
  timeout:
    description: Seconds to wait at most.
    type: int
    default: 300
  failure:
    description:
      - What went wrong already, such as what Helm printed.
      - With it nothing is waited for; the module fails with what the cluster has to say about it.
    type: str
  progress_file:
    description: File that progress is written to; the action plugin of the same name sets it.
    type: path
attributes:
  check_mode:
    support: full
    description: It changes nothing. In check mode it doesn't wait, and what isn't up is no failure.
  diff_mode:
    support: none
    description: It changes nothing.
  idempotent:
    support: full
    description: It changes nothing.
"""

EXAMPLES = r"""
- name: Wait until it serves
  proven.webapp.rollout:
    release: todo
    namespace: todo
    kubeconfig: "{{ cluster_kubeconfig }}"
    context: "{{ cluster_context }}"
    timeout: 300
"""

RETURN = r"""
ready:
  description: Number of pods that serve, and how many there shall be, by component.
  returned: success
  type: dict
  sample:
    backend: [2, 2]
exposed:
  description: How components are reached from outside, by component.
  returned: success
  type: dict
  sample:
    frontend:
      type: NodePort
      port: 3000
      node_port: 30080
      addresses: []
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._progress import PROGRESS_ARGUMENT, Progress
from ansible_collections.proven.webapp.plugins.module_utils._rollout.cluster import Cluster
from ansible_collections.proven.webapp.plugins.module_utils._rollout.report import helm_headline
from ansible_collections.proven.webapp.plugins.module_utils._rollout.watch import explain, exposed, wait


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "release": {"type": "str", "required": True},
            "namespace": {"type": "str", "required": True},
            "kubeconfig": {"type": "path"},
            "context": {"type": "str"},
            "timeout": {"type": "int", "default": 300},
            "failure": {"type": "str"},
            **PROGRESS_ARGUMENT,
        },
        supports_check_mode=True,
    )
    given = module.params
    names = {"release": given["release"], "namespace": given["namespace"]}
    try:
        cluster = Cluster(given["kubeconfig"], given["context"], given["namespace"], given["release"])
        if given["failure"]:
            module.fail_json(msg=explain(cluster, headline=helm_headline(given["failure"]), failed_before=True, **names))
        say = Progress(given["progress_file"])
        _snapshot, verdict = wait(cluster, seconds=0 if module.check_mode else given["timeout"], say=say)
        if not verdict.done and not module.check_mode:
            late = f"not ready after {given['timeout']} s: {', '.join(verdict.waiting)}"
            headline = "it can't come up as it is" if verdict.doomed else late
            module.fail_json(msg=explain(cluster, headline=headline, failed_before=False, **names))
        module.exit_json(changed=False, ready=dict(verdict.ready), exposed=exposed(cluster.services()))
    except ProvenError as error:
        module.fail_json(msg="\n".join(filter(None, (given["failure"] and helm_headline(given["failure"]), str(error)))))


if __name__ == "__main__":
    main()
