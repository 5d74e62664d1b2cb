# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waits for a release, and explains why it doesn't come up."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._rollout.cluster import Cluster
from ansible_collections.proven.webapp.plugins.module_utils._rollout.judge import (
    Object,
    Snapshot,
    Trouble,
    Verdict,
    component_of,
    judge,
    new_pods,
    pod_troubles,
)
from ansible_collections.proven.webapp.plugins.module_utils._rollout.report import LOG_LINES, report

POLL_SECONDS = 0.3


def wait(cluster: Cluster, *, seconds: float, say: Callable[[str], None]) -> tuple[Snapshot, Verdict]:
    """Look until the rollout is done or doomed, or the time is over.

    :param seconds: how long at most; 0 looks once.
    :param say: gets a line whenever something changed.
    """
    end = time.monotonic() + seconds
    last = ""
    while True:
        snapshot = cluster.snapshot()
        verdict = judge(snapshot)
        line = ", ".join(f"{name} {ready}/{desired}" for name, (ready, desired) in sorted(verdict.ready.items()))
        if line != last:
            say(line)
            last = line
        if verdict.done or verdict.doomed or time.monotonic() >= end:
            return snapshot, verdict
        time.sleep(POLL_SECONDS)


def explain(cluster: Cluster, *, release: str, namespace: str, headline: str, failed_before: bool) -> str:
    """Why the release isn't up, with evidence of the cluster; without it where the cluster doesn't answer.

    :param failed_before: Helm failed, so that a migration may be what went wrong.
    """
    try:
        snapshot = cluster.snapshot()
        verdict = judge(snapshot)
        troubles = _troubles(snapshot, verdict, migrations=failed_before)
        log = next((lines for item in troubles[:1] if item.container and (lines := cluster.log(item, LOG_LINES))), [])
        events = [line for line in cluster.warnings() if not troubles or line.startswith(tuple(_objects(release, troubles)))]
        serving = any(int(item.get("status", {}).get("availableReplicas") or 0) for item in (*snapshot.deployments, *snapshot.statefulsets))
    except ProvenError as error:
        return f'The release "{release}" in the namespace "{namespace}" isn\'t up: {headline}\nNo evidence could be collected. {error}'
    return report(release=release, namespace=namespace, headline=headline, troubles=troubles, log=log, events=events, serving=serving)


def _troubles(snapshot: Snapshot, verdict: Verdict, *, migrations: bool) -> list[Trouble]:
    """Worst first: doom, then a failed migration, then whatever isn't ready."""
    troubles = [item for item in verdict.doomed if item.pod]
    if migrations:
        failed = [pod for pod in snapshot.pods if pod["metadata"]["labels"].get("proven.webapp/track") == "migrate"]
        failed.sort(key=lambda pod: str(pod["metadata"].get("creationTimestamp")))
        migration_troubles = [item for pod in failed[-1:] for item in pod_troubles(pod)]
        troubles = [*troubles, *migration_troubles]
    for workload in (*snapshot.deployments, *snapshot.statefulsets):
        if component_of(workload) in verdict.waiting:
            troubles += [item for pod in new_pods(workload, snapshot) for item in pod_troubles(pod)]
    troubles += [item for item in verdict.doomed if not item.pod]
    seen: dict[tuple[str, str], Trouble] = {}
    for item in troubles:
        # Replicas fail alike: one of each kind says it.
        seen.setdefault((item.component, item.what.split(":")[0]), item)
    return list(seen.values())


def _objects(release: str, troubles: list[Trouble]) -> set[str]:
    """How the names of the objects begin that the first troubles are about."""
    return {item.pod or f"{release}-{item.component}" for item in troubles[:3]}


def exposed(services: list[Object]) -> dict[str, dict[str, Any]]:
    """How components are reached from outside, by component: ``{type, port, node_port, addresses}``."""
    found: dict[str, dict[str, Any]] = {}
    for service in services:
        spec = service["spec"]
        if spec["type"] not in ("NodePort", "LoadBalancer"):
            continue
        ingress = service.get("status", {}).get("loadBalancer", {}).get("ingress", [])
        found[component_of(service)] = {
            "type": spec["type"],
            "port": spec["ports"][0]["port"],
            "node_port": spec["ports"][0].get("nodePort"),
            "addresses": [item.get("hostname") or item.get("ip") for item in ingress],
        }
    return found
