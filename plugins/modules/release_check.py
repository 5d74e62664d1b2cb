#!/usr/bin/python
# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: release_check
short_description: Check that a release's pods are ready, its probes answer, and its pages are served
version_added: 0.1.0
author: The proven.webapp maintainers
description:
  - Looks at every pod of a release, asks each HTTP probe again through the API server's pod proxy,
    and fetches a page from each component that is exposed, from this machine.
  - Probes of other kinds can't be asked from outside; the kubelet's own verdict, the pod's Ready condition, stands for them.
  - Reads only.
extends_documentation_fragment: [proven.webapp.read_only]
options:
  kubeconfig:
    description: Path of the kubeconfig. Without it, the environment's E(KUBECONFIG) and E(K8S_AUTH_HOST) and the like are used.
    type: path
  context:
    description: Context in the kubeconfig.
    type: str
  namespace:
    description: Namespace of the release.
    type: str
    required: true
  release:
    description: Helm release, as in the label C(app.kubernetes.io/instance).
    type: str
    required: true
  replicas:
    description: Component to the number of pods that have to be ready.
    type: dict
    required: true
  port_map:
    description: Port of the node, as text, to the port of this machine that leads there.
    type: dict
    default: {}
  node_address:
    description: Address at which node ports are reached.
    type: str
    default: 127.0.0.1
  timeout:
    description: Seconds to keep trying before giving up.
    type: int
    default: 60
"""

EXAMPLES = r"""
- name: Check the todo application
  proven.webapp.release_check:
    kubeconfig: "{{ cluster_kubeconfig }}"
    context: "{{ cluster_context }}"
    namespace: todo
    release: todo
    replicas: {backend: 2, frontend: 2, database: 1}
    port_map: {"30080": 30080}
"""

RETURN = r"""
pods:
  description: Pods looked at, by component.
  type: dict
  returned: always
probes:
  description: Each HTTP probe that was asked again, with its pod, container, probe, path, status and seconds.
  type: list
  elements: dict
  returned: always
kubelet_probes:
  description: Number of probes that only the kubelet can judge.
  type: int
  returned: always
pages:
  description: Component to address, status and seconds.
  type: dict
  returned: always
problems:
  description: What was wrong at the end, in words. Empty when all is well.
  type: list
  elements: str
  returned: always
"""

import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.proven.webapp.plugins.module_utils._api import Api, Unreachable
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._exposure import urls
from ansible_collections.proven.webapp.plugins.module_utils._rollout.watch import exposed
from ansible_collections.proven.webapp.plugins.module_utils._verify import pods as podlogic

PAGE_TIMEOUT = 10.0
THREADS = 8
PAUSE_SECONDS = 1.0


def fetch(url: str) -> tuple[int, float, str]:
    """(status or 0, seconds, reason)."""
    start = time.monotonic()
    try:
        with urllib.request.urlopen(url, timeout=PAGE_TIMEOUT) as answer:
            answer.read()
            return answer.status, time.monotonic() - start, ""
    except urllib.error.HTTPError as error:
        return error.code, time.monotonic() - start, f"status {error.code}"
    except OSError as error:
        return 0, time.monotonic() - start, str(error)


def ask(api: Api, namespace: str, replay: podlogic.Replay) -> tuple[int, float, str]:
    """(status or 0, seconds, reason) of a probe asked through the pod proxy."""
    start = time.monotonic()
    try:
        status, body = api.get(f"/api/v1/namespaces/{namespace}/pods/{replay.target}/proxy{replay.path}", headers=dict(replay.headers))
    except Unreachable as error:
        return 0, time.monotonic() - start, error.what
    reason = "" if podlogic.probe_passes(status) else f"status {status}: {body[:200].decode('utf-8', 'replace').strip()}"
    return status, time.monotonic() - start, reason


def look(api: Api, params: dict[str, Any]) -> dict[str, Any]:
    namespace = params["namespace"]
    query = {"labelSelector": f"app.kubernetes.io/instance={params['release']}"}
    pods = [pod for pod in api.items(f"/api/v1/namespaces/{namespace}/pods", query) if podlogic.component_of(pod) in params["replicas"]]
    reached = exposed(api.items(f"/api/v1/namespaces/{namespace}/services", query))
    addresses = urls(reached, params["port_map"], params["node_address"])
    current = [pod for pod in pods if podlogic.is_current(pod)]
    problems = podlogic.pod_problems(pods, params["replicas"])
    problems += [f"{component}: its load balancer has no address yet" for component in reached if component not in addresses]
    asked = [replay for pod in current for replay in podlogic.replays(pod)]
    with ThreadPoolExecutor(THREADS) as pool:
        page_answers = dict(zip(addresses, pool.map(fetch, addresses.values()), strict=True))
        answers = list(pool.map(lambda replay: ask(api, namespace, replay), asked))
    probes = []
    for replay, (status, seconds, reason) in zip(asked, answers, strict=True):
        entry = {"pod": replay.pod, "container": replay.container, "probe": replay.probe, "path": replay.path}
        probes.append({**entry, "status": status, "seconds": round(seconds, 3)})
        if not podlogic.probe_passes(status):
            problems.append(f"{replay.pod}: {replay.probe} probe {replay.path} answered {reason or status}")
    for component, (status, _seconds, reason) in page_answers.items():
        if not podlogic.probe_passes(status):
            problems.append(f"{component}: {addresses[component]} is not served: {reason or status}")
    by_component: dict[str, list[str]] = {}
    for pod in current:
        by_component.setdefault(podlogic.component_of(pod), []).append(pod["metadata"]["name"])
    return {
        "pods": by_component,
        "probes": probes,
        "kubelet_probes": sum(podlogic.probes_judged_by_kubelet(pod) for pod in current),
        "pages": {
            name: {"url": addresses[name], "status": status, "seconds": round(seconds, 3)}
            for name, (status, seconds, _reason) in page_answers.items()
        },
        "problems": problems,
    }


def run(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    api = Api(params["kubeconfig"], params["context"])
    end = time.monotonic() + params["timeout"]
    while True:
        seen = look(api, params)
        if not seen["problems"] or time.monotonic() >= end:
            return seen
        time.sleep(PAUSE_SECONDS)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "kubeconfig": {"type": "path"},
            "context": {"type": "str"},
            "namespace": {"type": "str", "required": True},
            "release": {"type": "str", "required": True},
            "replicas": {"type": "dict", "required": True},
            "port_map": {"type": "dict", "default": {}},
            "node_address": {"type": "str", "default": "127.0.0.1"},
            "timeout": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    try:
        seen = run(module)
    except ProvenError as error:
        module.fail_json(msg=str(error))
    if seen["problems"]:
        problems = "\n".join(f"- {problem}" for problem in seen["problems"])
        fix = f"Look at the pods: kubectl --namespace {module.params['namespace']} describe pods"
        module.fail_json(msg=f"{module.params['release']} is not as it should be:\n{problems}\nWhat to do: {fix}", **seen)
    module.exit_json(changed=False, **seen)


if __name__ == "__main__":
    main()
