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
  - Watches the Deployments, StatefulSets and DaemonSets of a release until each serves with all of its new pods and none of the old ones,
    its Jobs until they are complete, its volume claims until they are bound, and its Services until a ready pod is behind them.
  - Hooks, which Helm waits for itself, suspended Jobs and those of CronJobs are left out. What a HorizontalPodAutoscaler can't read is
    a note.
  - Fails within seconds on what no waiting cures, by the new pods alone. That is an image that the registry doesn't have, a container that
    ends more often than O(restarts_tolerated), a startup probe that uses up what it declares, a pod that isn't ready in time, a Secret or
    ConfigMap that isn't there, a pod that fits no node where nothing adds nodes, a quota or an admission that refuses, a Job that has
    failed.
  - A workload says otherwise for itself by the annotation C(proven.webapp/rollout), as JSON with the keys C(restartsTolerated) and
    C(readyWithin), of which either may be missing.
  - A container with a startup probe has the probe's initial delay and failure threshold times period, and the last try's timeout.
  - A failure is one message with the reason, the last lines of the log, the cluster's warnings, and what to do.
  - An API server that goes away while it is watched is waited for until O(timeout) is over.
extends_documentation_fragment:
  - proven.webapp.read_only
  - proven.webapp.kubeconfig
  - proven.webapp.release
  - proven.webapp.patience
  - proven.webapp.progress
options:
  timeout:
    description: Seconds to wait at most.
    type: int
    default: 300
  no_activity:
    description:
      - Seconds after which it gives up where nothing at all moves, no status, no event and no pod.
      - V(0) is two minutes, or more where a probe declares more. A Job at work and the pull of an image may be silent for as long as they
        like then.
    type: int
    default: 0
  restarts_tolerated:
    description: How often a container may be restarted before it works, where the workload doesn't say it.
    type: int
    default: 2
  ready_within:
    description: Seconds from a container's start until it is ready, where it has no startup probe and the workload doesn't say it.
    type: int
    default: 60
  failure:
    description:
      - What went wrong already, such as what Helm printed.
      - With it nothing is waited for; the module fails with what the cluster has to say about it.
    type: str
attributes:
  check_mode:
    description: It changes nothing. In check mode it doesn't wait, and what isn't up is no failure.
"""

EXAMPLES = r"""
- name: Wait until it serves
  proven.webapp.rollout:
    release: todo
    namespace: todo
    kubeconfig: "{{ cluster_kubeconfig }}"
    context: "{{ cluster_context }}"
    timeout: 300

- name: Wait, and take the first fall of a container for a failure
  proven.webapp.rollout:
    release: todo
    namespace: todo
    restarts_tolerated: 0
    ready_within: 30
"""

RETURN = r"""
ready:
  description: Number of pods that serve, and how many there shall be, by component.
  returned: success
  type: dict
  sample:
    backend: [2, 2]
notes:
  description: What may be worth knowing, such as a scaler without metrics, or a kind of objects that the user may not read.
  returned: success
  type: list
  elements: str
  sample: []
doomed:
  description: Whether no waiting would have cured it; otherwise the time was over.
  returned: failure, where the cluster could be asked
  type: bool
  sample: true
troubles:
  description: Why it isn't up, worst first.
  returned: failure, where the cluster could be asked
  type: list
  elements: dict
  sample:
    - component: backend
      pod: todo-backend-5d5f8c9f8-x2x7k
      container: backend
      what: it ends by itself (Error, exit code 1, 2 restarts)
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

from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._module import Call, run_module
from ansible_collections.proven.webapp.plugins.module_utils._rollout import task

ARGUMENTS = task.ARGUMENTS


def run(call: Call) -> dict[str, Any]:
    """Watch it to its end."""
    result = task.run(call.params, check=call.check, say=call.say)
    for warning in result.pop("warnings", ()):
        call.warn(warning)
    return result


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
