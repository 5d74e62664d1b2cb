#!/usr/bin/python
# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Takes dependencies away from a clone of the application, and shows whether its probes do what they promise."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: probe_drill
short_description: Takes dependencies away from a clone of the application, and shows whether its probes do what they promise
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - Makes clones of a component's pod, each with a TCP proxy beside it that stands for one dependency, and has that proxy refuse, swallow or
    delay connections. Then shows by the clone's own status whether readiness fails in time, liveness holds, nothing restarts, and all is
    well again once the dependency is back. Further drills start a clone without its dependency, and end one while it answers requests.
  - Neither the live release nor its users are touched. No Service, controller or HorizontalPodAutoscaler selects a clone; this is checked
    against the live ones before anything is made, and against the EndpointSlices while it runs. Volumes that could be the live pods' own
    are empty in a clone. The live pods are watched meanwhile, and any restart or change of readiness is told.
  - Clones speak to the real dependency, through the proxy, as one more replica would. They run the application as it is, with its
    ServiceAccount, Secrets and init containers. Requests are C(GET) alone.
  - Everything it makes belongs to one Job without pods. That goes at the end, on failure and on interruption. Where nobody is left to
    remove it, such as after a C(kill -9), the cluster removes it at its deadline, and the next drill does so before.
  - A node that is too busy makes good applications miss their probes. Where that is measured, what looks bad is drilled once more by
    itself, and is not shown if the node is still too busy.
  - A verdict rests on the pods' status as the API server tells it (evidence tier 2).
extends_documentation_fragment: [proven.webapp.kubeconfig, proven.webapp.progress]
requirements:
  - Kubernetes 1.29 or later, for sidecars
notes:
  - >-
    Rights in the namespace. C(get), C(list) and C(watch) on pods. C(create) and C(delete) on pods and jobs, C(patch) on jobs. C(get) and
    C(create) on pods/proxy. C(list) on services, deployments, statefulsets, daemonsets and replicasets. If granted, C(list) on
    replicationcontrollers, poddisruptionbudgets, networkpolicies, endpointslices and events is used too; what is lost without is told.
  - The API server has to reach port 15790 of the clones, as it does for C(kubectl port-forward) or the pod proxy.
  - A dependency that is called by its address, or by the environment variables that Kubernetes makes of Services, can't be taken away; the
    drill notices that no connection came through the proxy, and says so (V(not_shown)).
options:
  namespace:
    description: Namespace of the application.
    type: str
    required: true
  release:
    description: Name of the Helm release, which its objects carry as C(app.kubernetes.io/instance). One of this and O(selector) is needed.
    type: str
  selector:
    description: Label selector of the workloads, for applications that carry no such label.
    type: str
  components:
    description:
      - Components to drill, by the label C(app.kubernetes.io/component), or by the workload's name where it has none.
      - Without it, each Deployment that a Service leads to. Others act on the world without being asked, so they have to be named here, and
        O(overrides) has to say how their clones are kept harmless.
    type: list
    elements: str
    default: []
  scenarios:
    description:
      - V(refused), V(blackholed) and V(slow) take a dependency away from a running clone; packets that nobody answers show what a refused
        connection doesn't, which are waits without a limit.
      - V(cold_start) starts a clone while the dependency refuses.
      - V(sigterm) ends a clone while it answers requests.
    type: list
    elements: str
    choices: [refused, blackholed, slow, cold_start, sigterm]
    default: [refused, blackholed, slow, cold_start, sigterm]
  depends_on:
    description:
      - Component to its dependencies, each a name with C(host), C(port) or C(ports), C(aliases) (further names it is called by) and
        C(on_loss), which is V(unready) or V(degraded) (stays ready and answers); each may be left out.
      - Dependencies that the workload's annotation C(proven.webapp/depends-on) names are known already, as this collection's chart writes.
      - Without C(host), the Service of the release's component of that name is taken, with its ports. Hosts are never read from environment
        variables or Secrets.
      - A host that is a Service of the namespace stands for its longer names too, up to C(svc.cluster.local).
    type: dict
    default: {}
  requests:
    description:
      - Component to paths that are asked for during its drills, as a list. They should need the dependency, so that waits for it show.
      - Without it, the path of its HTTP readiness probe.
      - A component that is V(degraded) has to answer all of them while the dependency is lost; a server error is a warning.
    type: dict
    default: {}
  streams:
    description: Component to paths whose answers go on for long, as a list; held open while it is told to end.
    type: dict
    default: {}
  overrides:
    description: Component to what is different in its clones, with the keys C(env) (a dict), C(command) and C(args).
    type: dict
    default: {}
  toolbox_image:
    description: Image of the proxy, built from C(roles/verify/files/toolbox) of this collection.
    type: str
    required: true
  slow_ms:
    description: Delay of what the dependency says, in V(slow). Without it, twice the readiness probe's timeout.
    type: int
  parallel:
    description: Clones at the same time.
    type: int
    default: 4
  deadline:
    description:
      - Seconds that all drills may take. What isn't done by then is not shown, and its clones go.
      - Without it, as long as the probes' own numbers need at worst.
    type: int
  fail_on:
    description: The mildest severity of a finding that makes the verdict V(not_proven).
    type: str
    choices: [error, warning, info]
    default: error
attributes:
  check_mode:
    support: full
    description: Looks at the cluster and says what would be drilled, and what can't be. Nothing is made.
  diff_mode:
    support: none
    description: What it makes is gone when it ends.
  idempotent:
    support: full
    description: It leaves nothing behind. Each run drills anew.
"""

EXAMPLES = r"""
- name: Drill what the release declares
  proven.webapp.probe_drill:
    kubeconfig: "{{ cluster_kubeconfig }}"
    context: "{{ cluster_context }}"
    namespace: todo
    release: todo
    toolbox_image: ghcr.io/acme/toolbox@sha256:4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a
  register: drilled

- name: Somebody else's chart, and a dependency outside of the cluster
  proven.webapp.probe_drill:
    namespace: shop
    selector: app=shop
    components: [api]
    scenarios: [refused, blackholed]
    depends_on:
      api:
        database: {host: db.example.com, port: 5432}
        search: {host: search.example.com, port: 443, on_loss: degraded}
    requests:
      api: [/products]
    toolbox_image: ghcr.io/acme/toolbox@sha256:4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a
"""

RETURN = r"""
verdict:
  description: V(proven), V(not_proven) or V(not_shown). The task fails when it is not proven.
  returned: when drills were run
  type: str
reasons:
  description: One line each, empty where proven.
  returned: when drills were run
  type: list
  elements: str
findings:
  description: Broken promises, each with rule, severity, place, what is wrong, why it hurts and what to do.
  returned: when drills were run
  type: list
  elements: dict
drills:
  description: Each drill. In check mode C(component), C(scenario), C(dependency), C(on_loss) and C(hosts) alone.
  returned: success
  type: list
  elements: dict
  contains:
    component:
      description: The component.
      type: str
    scenario:
      description: Which drill.
      type: str
    dependency:
      description: What was taken away; empty for V(sigterm).
      type: str
    on_loss:
      description: What was promised for it.
      type: str
    clone:
      description: Name of the pod, which is gone.
      type: str
    verdict:
      description: Of this drill.
      type: str
    reasons:
      description: One line each.
      type: list
      elements: str
    timeline:
      description: Pairs of seconds since the clone was made and what happened.
      type: list
      elements: list
    measured:
      description:
        - Seconds that were measured, C(unready_after), C(ready_again_after), C(fault_lasted), C(ended_after) and C(stall), which is how
          long a process beside the clone had to wait for its turn at worst; and the number of C(restarts).
      type: dict
    promised:
      description: What the probes promise at worst, in seconds.
      type: dict
    requests:
      description: What became of the requests, with counts by kind, the first failures, a histogram of latencies and counts by second.
      type: dict
    marks:
      description: Moments of the drill in the requests' own time.
      type: dict
not_shown:
  description: What could not be shown, and why.
  returned: success
  type: list
  elements: str
notes:
  description: What else has to be known, such as labels that the clones lack.
  returned: success
  type: list
  elements: str
live:
  description: The live pods meanwhile, by component, with C(pods) (how many were seen) and C(moves) (restarts and changes of readiness).
  returned: when drills were run
  type: list
  elements: dict
cleared:
  description: Earlier drills whose leftovers were removed.
  returned: when drills were run
  type: list
  elements: str
run:
  description: Identity of this drill, which all it made carried in the label C(proven.webapp/drill).
  returned: when drills were run
  type: str
seconds:
  description: How long it took.
  returned: when drills were run
  type: float
evidence:
  description: What the verdict rests on.
  returned: when drills were run
  type: str
"""

import signal
from types import FrameType
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._api import KUBECONFIG_ARGUMENTS, Api
from ansible_collections.proven.webapp.plugins.module_utils._drill.cluster import Cluster
from ansible_collections.proven.webapp.plugins.module_utils._drill.model import SCENARIOS
from ansible_collections.proven.webapp.plugins.module_utils._drill.plan import Wish, plan
from ansible_collections.proven.webapp.plugins.module_utils._drill.report import planned, result
from ansible_collections.proven.webapp.plugins.module_utils._drill.run import Drills, look
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._module import Call, run_module
from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import NOT_PROVEN, SEVERITIES
from ansible_collections.proven.webapp.plugins.module_utils._progress import PROGRESS_ARGUMENT

ARGUMENTS: dict[str, Any] = {
    **KUBECONFIG_ARGUMENTS,
    "namespace": {"type": "str", "required": True},
    "release": {"type": "str"},
    "selector": {"type": "str"},
    "components": {"type": "list", "elements": "str", "default": []},
    "scenarios": {"type": "list", "elements": "str", "choices": list(SCENARIOS), "default": list(SCENARIOS)},
    "depends_on": {"type": "dict", "default": {}},
    "requests": {"type": "dict", "default": {}},
    "streams": {"type": "dict", "default": {}},
    "overrides": {"type": "dict", "default": {}},
    "toolbox_image": {"type": "str", "required": True},
    "slow_ms": {"type": "int"},
    "parallel": {"type": "int", "default": 4},
    "deadline": {"type": "int"},
    "fail_on": {"type": "str", "choices": list(SEVERITIES), "default": SEVERITIES[0]},
    **PROGRESS_ARGUMENT,
}
RULES: dict[str, Any] = {"required_one_of": [("release", "selector")], "mutually_exclusive": [("release", "selector")]}


def interrupted(_number: int, _frame: FrameType | None) -> None:
    """Once: a second signal must not keep the first from clearing up."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def run(call: Call) -> dict[str, Any]:
    """Drill, and say what was seen.

    :raises ProvenError: for anything that keeps it from a verdict.
    """
    try:
        found = drill(call)
    except KeyboardInterrupt:
        return {"failed": True, "msg": "The drill was interrupted; what it had made is gone."}
    if found.get("verdict") == NOT_PROVEN:
        found |= {"failed": True, "msg": "Not proven: " + "; ".join(found["reasons"][:3])}
    return found


def drill(call: Call) -> dict[str, Any]:
    """What was seen, or would be looked at."""
    params = call.params
    wish = Wish(
        image=params["toolbox_image"],
        components=tuple(params["components"]),
        scenarios=tuple(params["scenarios"]),
        **{key: params[key] for key in ("depends_on", "requests", "streams", "overrides", "slow_ms", "parallel", "deadline")},
    )
    cluster = Cluster(Api(params["kubeconfig"], params["context"]), params["namespace"])
    selector = params["selector"] or f"app.kubernetes.io/instance={params['release']}"
    prepared = plan(look(cluster, selector), wish)
    if call.check:
        return planned(prepared)
    if not prepared.casts:
        raise ProvenError(
            "Nothing can be drilled.", where="; ".join([*prepared.not_shown, *prepared.notes]), fix="say more under depends_on"
        )
    call.say(f"{prepared.count} drills")
    return result(prepared, Drills(cluster, prepared, wish, call.say).run(), params["fail_on"])


def main() -> None:
    # Ends by an exception, so that the clones go with it.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, interrupted)
    run_module(ARGUMENTS, run, **RULES)


if __name__ == "__main__":
    main()
