# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Is a rollout done, on its way, or doomed? Pure: takes the objects as the API gives them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ansible_collections.proven.webapp.plugins.module_utils._rollout import workloads
from ansible_collections.proven.webapp.plugins.module_utils._rollout.around import claim_look, scaler_notes, selected, service_look
from ansible_collections.proven.webapp.plugins.module_utils._rollout.grace import tolerance_of
from ansible_collections.proven.webapp.plugins.module_utils._rollout.model import (
    Look,
    Now,
    Object,
    Part,
    Snapshot,
    Tolerance,
    Trouble,
    Verdict,
    component_of,
    over,
    status_of,
    uid_of,
)
from ansible_collections.proven.webapp.plugins.module_utils._rollout.workloads import Owned

__all__ = ["component_of", "judge"]

NOTHING = "the release"
NOTHING_SECONDS = 5.0
"""What objects get to turn up after whoever applied them has ended."""
KINDS = ("deployments", "statefulsets", "daemonsets")


def judge(snapshot: Snapshot, now: Now = None, tolerance: Tolerance | None = None) -> Verdict:
    """Decide from the workloads' own status and from the pods of their newest template alone.

    :param now: by the cluster's clock; without it time decides nothing.
    :param tolerance: for workloads that don't say it.
    """
    default = tolerance or Tolerance()
    by_owner = workloads.owned(snapshot.pods)
    found: list[tuple[Object, Part, Look]] = []
    ready: dict[str, tuple[int, int]] = {}
    warnings = []
    for kind in KINDS:
        for workload in getattr(snapshot, kind):
            granted, warning = tolerance_of(workload, default)
            warnings += [warning] if warning else []
            count, component = workloads.counts(kind, workload), component_of(workload)
            noticed = workloads.seen(workload)
            part = (count.ready if noticed else 0, count.desired)
            # Two colours of a component are counted together.
            before = ready.get(component, (0, 0))
            ready[component] = (before[0] + part[0], before[1] + part[1])
            done = noticed and count.done
            seen = Look() if done else workloads.look(kind, workload, snapshot, by_owner, granted, now)
            mine = () if done else workloads.new_pods(kind, workload, snapshot, by_owner)
            found.append((workload, part_of(workload, part, seen, snapshot, mine), seen))
    for job in filter(workloads.job_matters, snapshot.jobs):
        done = workloads.job_done(job)
        seen = Look() if done else workloads.job_look(job, snapshot, by_owner, now)
        succeeded = (int(status_of(job).get("succeeded") or 0), int(job["spec"].get("completions") or 1))
        found.append((job, part_of(job, succeeded, seen, snapshot, () if done else by_owner.get(uid_of(job), ())), seen))
    if not found:
        return _nothing(snapshot, now)
    found += _around(snapshot, by_owner, now)
    looks = [look for _item, _said, look in found]
    moments = [moment for look in looks for moment in look.again if now is None or moment > now]
    return Verdict(
        ready=ready,
        waiting=tuple(dict.fromkeys(part.component for _item, part, _look in found if part.waits)),
        doomed=tuple(trouble for look in looks for trouble in look.doomed),
        parts=tuple(part for _item, part, _look in found),
        warnings=tuple(warnings),
        notes=tuple(scaler_notes(snapshot.scalers)),
        again=min(moments, default=None),
        grace=max((look.grace for look in looks), default=0.0),
        silent=any(look.silent for look in looks),
    )


def part_of(item: Object, ready: tuple[int, int] | None, look: Look, snapshot: Snapshot, pods: Sequence[Object] = ()) -> Part:
    """For a person to read.

    :param pods: whose warnings are its own.
    """
    events = [event for about in (item, *pods) for event in snapshot.about(about)] if look.waits else []
    last = max((event for event in events if event.warning), key=lambda event: event.last, default=None)
    return Part(str(item["metadata"]["name"]), component_of(item), ready, look.waits, f"{last.reason}: {last.message}" if last else "")


def _around(snapshot: Snapshot, by_owner: Owned, now: Now) -> Iterator[tuple[Object, Part, Look]]:
    """Claims and Services that aren't as they shall be; the others say nothing."""
    for claim in snapshot.claims:
        look = claim_look(claim, snapshot, now)
        if look.waits:
            yield claim, part_of(claim, None, look, snapshot), look
    serving = {uid_of(item): (kind, item) for kind in KINDS for item in getattr(snapshot, kind) if workloads.counts(kind, item).desired}
    for service in snapshot.services:
        behind = selected(service, [item for _kind, item in serving.values()])
        kinds = [serving[uid_of(item)] for item in behind]
        if not behind or not all(workloads.seen(item) and workloads.counts(kind, item).done for kind, item in kinds):
            continue
        pods = [pod for kind, item in kinds for pod in workloads.new_pods(kind, item, snapshot, by_owner)]
        look = service_look(service, snapshot, pods, now)
        if look.waits:
            yield service, part_of(service, None, look, snapshot), look


def _nothing(snapshot: Snapshot, now: Now) -> Verdict:
    due = snapshot.since + NOTHING_SECONDS
    what = "there is nothing of it: no Deployment, StatefulSet, DaemonSet or Job carries its label app.kubernetes.io/instance"
    doomed = (Trouble(NOTHING, what),) if over(due, now) else ()
    return Verdict(waiting=(NOTHING,), doomed=doomed, parts=(Part(NOTHING, NOTHING, None, "its objects"),), again=due)
