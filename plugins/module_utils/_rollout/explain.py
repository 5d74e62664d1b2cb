# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Explains why a release isn't up, with evidence of the cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ansible_collections.proven.webapp.plugins.module_utils._rollout.cluster import Cluster
from ansible_collections.proven.webapp.plugins.module_utils._rollout.judge import KINDS
from ansible_collections.proven.webapp.plugins.module_utils._rollout.model import (
    Event,
    Object,
    Snapshot,
    Trouble,
    Verdict,
    component_of,
    labels_of,
    status_of,
    uid_of,
)
from ansible_collections.proven.webapp.plugins.module_utils._rollout.pods import pod_troubles
from ansible_collections.proven.webapp.plugins.module_utils._rollout.report import LOG_LINES, TROUBLES, report
from ansible_collections.proven.webapp.plugins.module_utils._rollout.workloads import job_matters, new_pods, owned


def explain(cluster: Cluster, snapshot: Snapshot, verdict: Verdict, *, headline: str, failed_before: bool = False) -> str:
    """One message of a few lines.

    :param failed_before: Helm failed, so that a migration may be what went wrong.
    """
    # A container's last words may be the end of its log.
    found = [replace(item, what=cluster.masked(item.what)) for item in troubles(snapshot, verdict, migrations=failed_before)]
    log = next((lines for item in found[:1] if (lines := cluster.logs(item, LOG_LINES))), [])
    serving = any(
        int(status_of(item).get("availableReplicas") or status_of(item).get("numberAvailable") or 0) for item in _serving(snapshot)
    )
    return report(
        release=cluster.release,
        namespace=cluster.namespace,
        headline=headline,
        troubles=found,
        log=log,
        events=_warnings(snapshot, found),
        serving=serving,
    )


def _serving(snapshot: Snapshot) -> Iterator[Object]:
    for kind in KINDS:
        yield from getattr(snapshot, kind)


def troubles(snapshot: Snapshot, verdict: Verdict, *, migrations: bool = False) -> list[Trouble]:
    """Worst first: doom that a pod shows, then a failed migration, then whatever isn't ready, then the controllers' own words."""
    found = [item for item in verdict.doomed if item.pod]
    if migrations:
        failed = [pod for pod in snapshot.pods if labels_of(pod).get("proven.webapp/track") == "migrate"]
        failed.sort(key=lambda pod: str(pod["metadata"].get("creationTimestamp")))
        found += [item for pod in failed[-1:] for item in pod_troubles(pod, snapshot)]
    found += [item for item in verdict.doomed if not item.pod]
    by_owner = owned(snapshot.pods)
    for kind in (*KINDS, "jobs"):
        for workload in getattr(snapshot, kind):
            if component_of(workload) in verdict.waiting and (kind != "jobs" or job_matters(workload)):
                found += [item for pod in new_pods(kind, workload, snapshot, by_owner) for item in pod_troubles(pod, snapshot)]
    told = {item.component for item in found}
    found += [Trouble(part.component, f"waits for {part.waits}") for part in verdict.parts if part.waits and part.component not in told]
    seen: dict[tuple[str, str], Trouble] = {}
    for item in found:
        # Replicas fail alike: one of each kind says it.
        seen.setdefault((item.component, item.what.split(":")[0]), item)
    return list(seen.values())


def _warnings(snapshot: Snapshot, found: Sequence[Trouble]) -> list[str]:
    """What the cluster warned of, oldest first, as ``object: message``, without what the troubles say themselves."""
    names = {name for item in found[:TROUBLES] for name in (item.pod, item.about) if name}
    components = {item.component for item in found[:TROUBLES]}
    kinds = (*KINDS, "jobs", "replicasets", "claims", "services", "pods")
    events: list[tuple[Event, str]] = []
    for kind in kinds:
        for item in getattr(snapshot, kind):
            name = str(item["metadata"]["name"])
            if name in names or (kind != "pods" and component_of(item) in components) or not found:
                events += [(event, name) for event in snapshot.events.get(uid_of(item), ()) if event.warning]
    events.sort(key=lambda pair: pair[0].last)
    said = " ".join(item.what for item in found[:TROUBLES])
    return [f"{name}: {event.message}" for event, name in events if event.message not in said]
