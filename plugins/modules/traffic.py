#!/usr/bin/python
# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sends requests from inside the cluster while something is changed, and counts what was lost."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: traffic
short_description: Sends requests from inside the cluster while something is changed, and counts what was lost
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - Runs a small generator in a pod of its own, which asks for paths of a URL, over fresh connections and over kept ones, at a steady rate.
  - Start it, change something, stop it. Each request that failed is counted by kind and moment. Without a change in between,
    V(state=run) sends for so many seconds.
  - A request is answered well by a status from 200 to 399. No request is repeated.
  - Fails at the end of a stream that lost more than O(max_failures), or that is shorter than O(min_requests).
extends_documentation_fragment: [proven.webapp.kubeconfig, proven.webapp.progress]
notes:
  - >-
    Rights in the namespace. C(get), C(create) and C(delete) on pods. C(get) and C(create) on pods/proxy.
  - The API server has to reach port 15790 of the pod.
options:
  namespace:
    description: Namespace that the generator runs in.
    type: str
    required: true
  name:
    description: Name of the stream; several can run at the same time.
    type: str
    default: check
  state:
    description:
      - V(started) starts the stream and returns once a request has been answered well.
      - V(stopped) ends it and returns what became of it.
      - V(run) does both, O(seconds) apart.
      - V(absent) removes it without a word.
    type: str
    choices: [started, stopped, run, absent]
    default: run
  url:
    description: Scheme, host and port, as in V(http://todo-backend:8000). Needed to start.
    type: str
  paths:
    description:
      - Paths to ask for, in turn; such as people ask for.
      - Not those of readiness probes, where a pod that is about to end may rightly say no.
    type: list
    elements: str
    default: [/]
  seconds:
    description: How long V(state=run) sends.
    type: int
    default: 30
  rate:
    description: Requests a second. Those that are late are not made up for.
    type: float
    default: 50.0
  fresh:
    description: Workers that open a connection for each request.
    type: int
    default: 4
  kept:
    description: Workers that keep their connection as long as the server does.
    type: int
    default: 4
  timeout:
    description: Seconds that a request may take.
    type: float
    default: 10.0
  headers:
    description: Headers to send. They stand in the pod's manifest, so they must hold no secret.
    type: dict
    default: {}
  validate_certs:
    description: Whether to check the server's certificate.
    type: bool
    default: true
  labels:
    description: Further labels of the pod, where NetworkPolicies ask for them. No Service may select it.
    type: dict
    default: {}
  toolbox_image:
    description: Image of the generator, built from C(roles/verify/files/toolbox) of this collection. Needed to start.
    type: str
  max_failures:
    description: Failed requests that are accepted at the end. V(-1) accepts any number.
    type: int
    default: 0
  min_requests:
    description: Fewer show nothing; the verdict is V(not_shown) then.
    type: int
    default: 1
  deadline:
    description: Seconds after which the pod of V(state=started) ends by itself.
    type: int
    default: 3600
attributes:
  check_mode:
    support: full
    description: Says whether a stream would be started or stopped. Nothing is sent.
  diff_mode:
    support: none
    description: There is nothing to compare.
  idempotent:
    support: full
    description: A stream that runs already, as it is asked for, is left alone.
"""

EXAMPLES = r"""
- name: Have requests
  proven.webapp.traffic:
    state: started
    namespace: todo
    url: http://todo-backend:8000
    paths: [/api/todos, /health]
    rate: 100
    toolbox_image: "{{ toolbox }}"

- name: Change something
  ansible.builtin.import_role:
    name: proven.webapp.release

- name: Nobody may have lost one
  proven.webapp.traffic:
    state: stopped
    namespace: todo
    max_failures: 0
    min_requests: 2000
"""

RETURN = r"""
verdict:
  description: V(proven), V(not_proven) or V(not_shown).
  returned: when a stream has ended
  type: str
reasons:
  description: One line each, empty where proven.
  returned: when a stream has ended
  type: list
  elements: str
findings:
  description: What was lost, as a finding.
  returned: when a stream has ended
  type: list
  elements: dict
traffic:
  description: What became of the requests.
  returned: when a stream has ended
  type: dict
  contains:
    started_at:
      description: Seconds since 1970; all other moments are seconds since then.
      type: float
    seconds:
      description: How long it sent.
      type: float
    sent:
      description: Requests that ended.
      type: int
    ok:
      description: Those that were answered well.
      type: int
    failed:
      description: The others.
      type: int
    kinds:
      description: Number by how it ended, which is C(ok), C(status), C(refused), C(reset), C(timeout), C(truncated) or C(unreachable).
      type: dict
    connections:
      description: C(sent) and C(failed) by kind of connection, C(fresh) and C(kept).
      type: dict
    paths:
      description: C(sent) and C(failed) by path.
      type: dict
    failures:
      description: Failed requests, up to 300 of each kind, with the moment at which they began.
      type: list
      elements: dict
    latency:
      description: Histogram, with C(bounds_ms) and C(counts).
      type: dict
    per_second:
      description: For each second, how many requests that began in it were answered well, and how many weren't.
      type: list
      elements: list
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.proven.webapp.plugins.module_utils._api import KUBECONFIG_ARGUMENTS, Api
from ansible_collections.proven.webapp.plugins.module_utils._drill.cluster import Cluster
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._module import Call, run_module
from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import PROVEN, judge
from ansible_collections.proven.webapp.plugins.module_utils._progress import PROGRESS_ARGUMENT
from ansible_collections.proven.webapp.plugins.module_utils._traffic import run as streams
from ansible_collections.proven.webapp.plugins.module_utils._traffic.pod import Stream, findings, pod

MARGIN = 300
ARGUMENTS: dict[str, Any] = {
    **KUBECONFIG_ARGUMENTS,
    "namespace": {"type": "str", "required": True},
    "name": {"type": "str", "default": "check"},
    "state": {"type": "str", "choices": ["started", "stopped", "run", "absent"], "default": "run"},
    "url": {"type": "str"},
    "paths": {"type": "list", "elements": "str", "default": ["/"]},
    "seconds": {"type": "int", "default": 30},
    "rate": {"type": "float", "default": 50.0},
    "fresh": {"type": "int", "default": 4},
    "kept": {"type": "int", "default": 4},
    "timeout": {"type": "float", "default": 10.0},
    "headers": {"type": "dict", "default": {}},
    "validate_certs": {"type": "bool", "default": True},
    "labels": {"type": "dict", "default": {}},
    "toolbox_image": {"type": "str"},
    "max_failures": {"type": "int", "default": 0},
    "min_requests": {"type": "int", "default": 1},
    "deadline": {"type": "int", "default": 3600},
    **PROGRESS_ARGUMENT,
}


def stream_of(params: Mapping[str, Any]) -> Stream:
    """:raises ProvenError: no stream can be made of that."""
    if urlsplit(params["url"] or "").scheme not in ("http", "https"):
        raise ProvenError("There is no URL to ask.", where="url", fix="give one such as http://todo-backend:8000")
    return Stream(
        url=params["url"],
        paths=tuple(params["paths"]),
        rate=params["rate"],
        fresh=params["fresh"],
        kept=params["kept"],
        timeout=params["timeout"],
        seconds=float(params["seconds"]) if params["state"] == "run" else None,
        headers={str(name): str(value) for name, value in params["headers"].items()},
        verify=params["validate_certs"],
    )


def manifest_of(params: Mapping[str, Any]) -> dict[str, Any]:
    if not params["toolbox_image"]:
        raise ProvenError(
            "There is no image of the generator.",
            where="toolbox_image",
            fix="give the reference of one built from roles/verify/files/toolbox",
        )
    deadline = params["seconds"] + MARGIN if params["state"] == "run" else params["deadline"]
    return pod(params["name"], params["namespace"], params["toolbox_image"], stream_of(params), deadline, params["labels"])


def verdict_of(summary: dict[str, Any], params: Mapping[str, Any], service: str) -> dict[str, Any]:
    """The part of the result that judges."""
    limit = params["max_failures"] if params["max_failures"] >= 0 else summary["failed"]
    found = findings(summary, service, params["namespace"], limit)
    few = summary["sent"] < params["min_requests"]
    missing = [f"only {summary['sent']} requests were sent; {params['min_requests']} are asked for"] if few else []
    verdict = judge(found, missing)
    answer: dict[str, Any] = {
        "verdict": verdict.verdict,
        "reasons": list(verdict.reasons),
        "findings": [item.as_dict() for item in found],
        "traffic": summary,
    }
    if verdict.verdict != PROVEN:
        answer |= {"failed": True, "msg": "Requests through the Service: " + "; ".join(verdict.reasons)}
    return answer


def run(call: Call) -> dict[str, Any]:
    """:raises ProvenError: the stream can't be started, or can't tell."""
    params, check = call.params, call.check
    cluster = Cluster(Api(params["kubeconfig"], params["context"]), params["namespace"])
    name, state = params["name"], params["state"]
    there = streams.running(cluster, name)
    if state == "absent":
        return {"changed": bool(there) if check else streams.remove(cluster, name)}
    service = (urlsplit(params["url"] or "").hostname or name).split(".")[0]
    if state == "stopped":
        if check:
            return {"changed": there is not None}
        return {"changed": True, **verdict_of(streams.stop(cluster, name), params, service)}
    manifest = manifest_of(params)
    if state == "started" and there is not None and streams.same(there, manifest):
        return {"changed": False}
    if check:
        return {"changed": True}
    streams.start(cluster, manifest, call.say)
    if state == "started":
        return {"changed": True}
    # What it made is gone when it ends.
    return {"changed": False, **verdict_of(streams.wait(cluster, name, params["seconds"]), params, service)}


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
