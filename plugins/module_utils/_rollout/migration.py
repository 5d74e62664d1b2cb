# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Are the migrations that Helm waits for on their way, or doomed? Pure: takes the objects as the API gives them."""

from __future__ import annotations

import json
from collections.abc import Set as AbstractSet
from dataclasses import replace

from ansible_collections.proven.webapp.plugins.module_utils._rollout.grace import tolerance_of
from ansible_collections.proven.webapp.plugins.module_utils._rollout.judge import judge, part_of
from ansible_collections.proven.webapp.plugins.module_utils._rollout.model import (
    Look,
    Now,
    Object,
    Snapshot,
    Tolerance,
    Verdict,
    annotations_of,
    component_of,
    labels_of,
    plural,
    uid_of,
)
from ansible_collections.proven.webapp.plugins.module_utils._rollout.workloads import (
    Owned,
    job_done,
    job_failure,
    job_look,
    job_tries,
    owned,
)

TRACK = "proven.webapp/track"
DEPENDS_ON = "proven.webapp/depends-on"
HOOK = "helm.sh/hook"
HELM = "Helm"


def judge_migrations(snapshot: Snapshot, now: Now = None, *, earlier: AbstractSet[str] = frozenset(), upgrade: bool = True) -> Verdict:
    """What Helm waits for.

    Never done: that is Helm's to say. Doomed are migrations, and what a migration waits for in vain. What is wrong with the others matters
    once Helm is through, and nothing at all of it where the migration comes before the new objects.

    :param earlier: uids of Jobs of earlier releases.
    :param upgrade: whether there was a release before.
    """
    jobs = waited_for(snapshot, earlier)
    applied = [job for job in jobs if ("post-upgrade" if upgrade else "post-install") in annotations_of(job).get(HOOK, "")]
    rest = judge(snapshot, now)
    # One that was scaled to nothing waits for nothing, and isn't there all the same.
    unready = set(rest.waiting) | {name for name, (ready, _desired) in rest.ready.items() if not ready}
    by_owner, parts, looks, vain = owned(snapshot.pods), [], list[Look](), set[str]()
    for job in jobs:
        missing = _needs(component_of(job), snapshot) & unready
        vain |= missing if job in applied else set()
        look = _look(job, sorted(missing), snapshot, by_owner, now)
        looks.append(look)
        part = part_of(job, None, look, snapshot, by_owner.get(uid_of(job), ()))
        parts.append(replace(part, name=f"migration of {component_of(job)}"))
    doomed = [trouble for look in looks for trouble in look.doomed] + [item for item in rest.doomed if item.component in vain]
    moments = [moment for look in looks for moment in look.again if now is None or moment > now] + ([rest.again] if rest.again else [])
    return Verdict(
        ready=rest.ready,
        waiting=(HELM,),
        doomed=tuple(doomed),
        # Before the migration, nobody waits for what runs.
        parts=(*(part if applied else replace(part, waits="") for part in rest.parts if rest.ready), *parts),
        again=min(moments, default=None),
        silent=True,
    )


def waited_for(snapshot: Snapshot, earlier: AbstractSet[str]) -> list[Object]:
    """The migrations that aren't done, without those of earlier releases."""
    return [job for job in snapshot.jobs if _is_migration(job) and uid_of(job) not in earlier and not job_done(job)]


def _is_migration(job: Object) -> bool:
    template = ((job.get("spec") or {}).get("template") or {}).get("metadata", {}).get("labels") or {}
    return "migrate" in (labels_of(job).get(TRACK), template.get(TRACK))


def _needs(component: str, snapshot: Snapshot) -> set[str]:
    """Components that one depends on."""
    needs: set[str] = set()
    for workload in (*snapshot.deployments, *snapshot.statefulsets):
        if component_of(workload) == component:
            needs |= set(json.loads(annotations_of(workload).get(DEPENDS_ON, "{}")))
    return needs


def _look(job: Object, missing: list[str], snapshot: Snapshot, by_owner: Owned, now: Now) -> Look:
    """What a migration waits for. A try that failed counts only once all that the component depends on is there."""
    look = job_look(job, snapshot, by_owner, now)
    if missing:
        look = replace(look, waits=f"{look.waits}, while {', '.join(missing)} comes up")
    (failed, last), tolerance = job_tries(job, by_owner), tolerance_of(job, Tolerance())[0]
    if look.doomed or missing or failed <= tolerance.restarts:
        return look
    what = f"the migration has failed {plural(failed, 'time')}, {tolerance.restarts} tolerated"
    return replace(look, doomed=(job_failure(job, what, last, snapshot),))
