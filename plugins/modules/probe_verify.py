#!/usr/bin/python
# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shows whether the probes of running pods tell the truth."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: probe_verify
short_description: Shows whether the probes of running pods tell the truth
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - Watches running pods for a while. Asks each of their probes again and again as the kubelet would, and holds the answers against the
    kubelet's own verdict, the pods' conditions and restarts, the events, and the EndpointSlices of each Service that selects the pods.
  - HTTP and TCP probes are asked through the API server's pod proxy, gRPC probes by the standard health protocol through a port-forward,
    and commands, where O(exec_allowed), by exec. What can't be asked from outside, such as a probe that names a C(host), is told, and rests
    on the kubelet's own verdict alone.
  - The verdict is V(proven), V(not_proven) with what is wrong, or V(not_shown) with what could not be looked at. A window shorter than
    C(failureThreshold) x C(periodSeconds) of a liveness or readiness probe shows nothing of it, so that it ends as V(not_shown) at best.
  - Where the kubelets' counters are read (O(kubelet_metrics)), what they have watched before the window counts towards it, so that only
    what is missing is watched once more; see U(https://github.com/proven/webapp/blob/main/docs/proof.md).
  - When the API server stays away during the window, or takes the credential no more, the window ends before its time. What was seen until
    then is returned, and the verdict is V(not_shown) with the reason, unless something was wrong already.
  - Pods on their way out, ended ones and those of Jobs aren't judged.
  - Evidence comes in tiers, and each finding names those that it rests on. V(1) is the kubelet's own counters, V(2) what the API server
    knows, V(3) the replayed probes.
requirements:
  - urllib3 (Python library)
  - kubernetes (Python library), where a program logs the kubeconfig's user in
  - urllib3 2.2 or later (Python library)
  - grpcio (Python library), for gRPC probes
notes:
  - Rights in the namespace are C(list) on pods, services, endpointslices, replicasets and events, C(get) on pods and pods/proxy, C(get) and
    C(create) on pods/portforward for gRPC probes and on pods/exec for commands; the role verify ships them in C(files/rbac.yml).
    A right that is missing is named in RV(lost), and what it takes away is V(not_shown).
  - A TCP probe can't be asked without sending something; servers may log a broken TLS handshake. The API server keeps HTTP connections to a
    pod open for up to 90 seconds.
  - A command that outlasts its timeout goes on in its container. It is run twice at most.
extends_documentation_fragment: [proven.webapp.read_only, proven.webapp.patience, proven.webapp.progress]
options:
  kubeconfig:
    description:
      - Path of the kubeconfig. Without it, the environment's E(K8S_AUTH_KUBECONFIG), or E(K8S_AUTH_HOST) and the like without any file,
        or else kubectl's default.
    type: path
  context:
    description: Context in the kubeconfig; without it E(K8S_AUTH_CONTEXT), or else the current one.
    type: str
  namespace:
    description: Namespace of the pods.
    type: str
    required: true
  label_selectors:
    description:
      - Label selectors that a pod has to match, all of them, as C(kubectl) takes them.
      - Services that carry the same labels are looked at even if they select no pod.
    type: list
    elements: str
    required: true
  replicas:
    description:
      - Component to the number of pods that have to be ready. The component is the label C(app.kubernetes.io/component).
    type: dict
    default: {}
  window:
    description:
      - Seconds to watch. V(auto) is just long enough to show each liveness and readiness probe, C(failureThreshold) x C(periodSeconds) of
        the slowest one and one O(interval), less what the kubelets have watched before by their counters.
      - Where something is wrong at the end of a window that was shortened so, V(auto) goes on for its whole length.
      - With V(0) it looks once, which may show what is wrong but never that nothing is.
    type: str
    default: auto
  interval:
    description: Seconds between two replays of the same probe.
    type: float
    default: 2
  timeout:
    description:
      - Seconds to wait, before the window begins, until all pods are ready, those on their way out are gone and O(replicas) are there.
      - When it is over the window begins all the same.
    type: int
    default: 60
  exec_allowed:
    description: Whether commands of exec probes may be run in the containers, as the kubelet runs them.
    type: bool
    default: false
  kubelet_metrics:
    description:
      - Whether the kubelets' own counters are read, the best evidence. It needs C(get) on C(nodes/proxy), a right that allows much more.
      - With them what the kubelets have watched already need not be watched again, which makes the window much shorter.
      - Without that right it goes on without them, and says so.
    type: bool
    default: false
  fail_on:
    description: The mildest severity of a finding that makes the verdict V(not_proven).
    type: str
    choices: [error, warning, info]
    default: error
"""

EXAMPLES = r"""
- name: Do the probes tell the truth?
  proven.webapp.probe_verify:
    kubeconfig: "{{ cluster_kubeconfig }}"
    context: "{{ cluster_context }}"
    namespace: todo
    label_selectors: [app.kubernetes.io/instance=todo]
    replicas: {backend: 2, frontend: 2, database: 1}

- name: Any application, with the kubelets' counters and the commands of its exec probes
  proven.webapp.probe_verify:
    namespace: shop
    label_selectors: ["app in (cart, checkout)"]
    exec_allowed: true
    kubelet_metrics: true
  register: verified
"""

RETURN = r"""
verdict:
  description: V(proven), V(not_proven) or V(not_shown). The task fails when it is not proven.
  returned: when the pods could be looked at
  type: str
reasons:
  description: One line for each, none when proven.
  returned: when the pods could be looked at
  type: list
  elements: str
  sample:
    - "PV204 Pod/todo-backend-5c9d: container backend was restarted 1 time in 30 s; it ended with OOMKilled, exit code 137"
findings:
  description: Each rule that is broken, with its id, severity, place, what is wrong, why it hurts, what to do, and C(tiers).
  returned: when the pods could be looked at
  type: list
  elements: dict
window:
  description:
    - C(seconds) watched, C(needed) to show each probe, and C(looked_back), for how much of the time that it takes to fail a probe had been
      watched already by its kubelet, at most.
  returned: when the pods could be looked at
  type: dict
tiers:
  description: The tiers of evidence that there were.
  returned: when the pods could be looked at
  type: list
  elements: int
  sample: [2, 3]
lost:
  description: Each right that was missing, as C(right), and C(without), which is what isn't shown for want of it.
  returned: when the pods could be looked at
  type: list
  elements: dict
notes:
  description: What was left out, or missing without taking anything from the verdict.
  returned: when the pods could be looked at
  type: list
  elements: str
pods:
  description:
    - The pods that were judged, each with its containers (state and restarts) and probes.
    - A probe has its C(samples), each [seconds since the window began, result, milliseconds], C(latency) in milliseconds, how often it
      C(passed), C(failed) and came to C(errors), why it was C(not_shown), what the C(kubelet) counted, and its C(tiers).
    - Of the seconds C(needed) to show it those C(looked_back) were watched by its kubelet before the window began.
    - A startup probe also has C(startup), the seconds of its C(budget), and those C(used), C(used_at_most) where only that is known.
  returned: when the pods could be looked at
  type: list
  elements: dict
vanished:
  description: Pods that went, or began to go, during the window.
  returned: when the pods could be looked at
  type: list
  elements: str
services:
  description: The Services looked at, each with the number of C(pods) that it selects and of C(ready) endpoints.
  returned: when the pods could be looked at
  type: list
  elements: dict
"""

from typing import Any

from ansible.module_utils.basic import env_fallback
from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.plugins.module_utils._module import Call, run_module
from ansible_collections.proven.webapp.plugins.module_utils._patience import PATIENCE_ARGUMENT, patiently
from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import NOT_PROVEN, SEVERITIES
from ansible_collections.proven.webapp.plugins.module_utils._progress import PROGRESS_ARGUMENT
from ansible_collections.proven.webapp.plugins.module_utils._verify.result import summary
from ansible_collections.proven.webapp.plugins.module_utils._verify.settings import settings_of
from ansible_collections.proven.webapp.plugins.module_utils._verify.watch import THREADS, Watch

ARGUMENTS: dict[str, Any] = {
    "kubeconfig": {"type": "path", "fallback": (env_fallback, ["K8S_AUTH_KUBECONFIG"])},
    "context": {"type": "str", "fallback": (env_fallback, ["K8S_AUTH_CONTEXT"])},
    "namespace": {"type": "str", "required": True},
    "label_selectors": {"type": "list", "elements": "str", "required": True},
    "replicas": {"type": "dict", "default": {}},
    "window": {"type": "str", "default": "auto"},
    "interval": {"type": "float", "default": 2},
    "timeout": {"type": "int", "default": 60},
    "exec_allowed": {"type": "bool", "default": False},
    "kubelet_metrics": {"type": "bool", "default": False},
    "fail_on": {"type": "str", "choices": list(SEVERITIES), "default": "error"},
    **PATIENCE_ARGUMENT,
    **PROGRESS_ARGUMENT,
}


def run(call: Call) -> dict[str, Any]:
    """Watch, and say what was seen."""
    given = call.params
    settings = settings_of(given)
    api = Api(given["kubeconfig"], given["context"], pool=THREADS + 4)

    def watched() -> dict[str, Any]:
        watch = Watch(api, settings, call.say)
        return summary(watch.run(), watch.notes, fail_on=given["fail_on"])

    result = patiently(watched, api, given["patience"], call.say)
    if result["verdict"] == NOT_PROVEN:
        result |= {"failed": True, "msg": "Not proven: " + "; ".join(result["reasons"][:3])}
    return result


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
