# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Is a migration on its way, or doomed? Pure: takes the objects as the API gives them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._rollout.containers import registry_refuses
from ansible_collections.proven.webapp.plugins.module_utils._rollout.judge import DOOM, judge
from ansible_collections.proven.webapp.plugins.module_utils._rollout.model import (
    Object,
    Snapshot,
    annotations_of,
    component_of,
    condition,
    labels_of,
    status_of,
)

TRACK = "proven.webapp/track"
DEPENDS_ON = "proven.webapp/depends-on"
FAILURES_TOLERATED = 2
"""A migration may fall over while its database comes up."""


@dataclass(frozen=True)
class Migration:
    """One Job of the track `migrate`.

    :ivar job: its name.
    :ivar state: one line.
    :ivar doomed: what no waiting cures, or empty.
    """

    component: str
    job: str
    state: str
    doomed: str


def _is_migration(item: Object) -> bool:
    template = ((item.get("spec") or {}).get("template") or {}).get("metadata", {}).get("labels") or {}
    return "migrate" in (labels_of(item).get(TRACK), template.get(TRACK))


def _waits_for(component: str, snapshot: Snapshot) -> list[str]:
    """Components that it needs and that aren't all there yet."""
    verdict = judge(snapshot)
    # One that was scaled to nothing waits for nothing, and isn't there all the same.
    unready = set(verdict.waiting) | {name for name, (ready, _desired) in verdict.ready.items() if not ready}
    workloads = (*snapshot.deployments, *snapshot.statefulsets)
    needs: set[str] = set()
    for workload in workloads:
        if component_of(workload) == component:
            needs |= set(json.loads(annotations_of(workload).get(DEPENDS_ON, "{}")))
    return sorted(needs & unready)


@dataclass(frozen=True)
class _Waiting:
    """Why a container waits; empty where none does."""

    reason: str = ""
    message: str = ""
    image: str = ""

    @property
    def doomed(self) -> bool:
        return self.reason in DOOM or (self.reason == "ErrImagePull" and registry_refuses(self.message, [self.image]))


def _waiting(pods: Sequence[Object]) -> _Waiting:
    for pod in pods:
        for container in status_of(pod).get("containerStatuses") or ():
            waiting: dict[str, Any] = (container.get("state") or {}).get("waiting") or {}
            if waiting.get("reason"):
                return _Waiting(str(waiting["reason"]), str(waiting.get("message", "")), str(container.get("image", "")))
    return _Waiting()


def migrations(jobs: Sequence[Object], snapshot: Snapshot) -> Iterator[Migration]:
    """Those that haven't ended. A try that failed counts only once all that the component depends on is there."""
    for job in jobs:
        if not _is_migration(job) or condition(job, "Complete") or condition(job, "Failed"):
            continue
        name, component = str(job["metadata"]["name"]), component_of(job)
        failed = int(status_of(job).get("failed") or 0)
        pods = [pod for pod in snapshot.pods if labels_of(pod).get("batch.kubernetes.io/job-name") == name]
        waiting = _waiting(pods)
        missing = _waits_for(component, snapshot)
        doomed = ""
        if waiting.doomed:
            doomed = f"{waiting.reason}: {waiting.message}" if waiting.message else waiting.reason
        elif failed > FAILURES_TOLERATED and not missing:
            doomed = f"it failed {failed} times"
        state = f"failed {failed} time{'s' if failed != 1 else ''}, tried again" if failed else waiting.reason or "running"
        if missing:
            state += f", while {', '.join(missing)} comes up"
        yield Migration(component, name, state, doomed)
