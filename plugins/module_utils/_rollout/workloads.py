# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Is one workload done, on its way, or doomed? By kind; by the pods of its newest template alone. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.proven.webapp.plugins.module_utils._rollout import pods
from ansible_collections.proven.webapp.plugins.module_utils._rollout.creating import creation
from ansible_collections.proven.webapp.plugins.module_utils._rollout.model import (
    Look,
    Now,
    Object,
    Snapshot,
    Tolerance,
    Trouble,
    annotations_of,
    component_of,
    condition,
    labels_of,
    leaving,
    owners_of,
    plural,
    status_of,
    uid_of,
)

REVISION = "deployment.kubernetes.io/revision"
TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"
HASH = "controller-revision-hash"


@dataclass(frozen=True)
class Counts:
    """A workload's own status.

    :ivar total: pods of any template; updated: of the newest one.
    :ivar due: how many of the newest template there shall be.
    """

    desired: int
    total: int
    updated: int
    available: int
    due: int

    @property
    def done(self) -> bool:
        return self.updated >= self.due and self.available == self.total == self.desired

    @property
    def ready(self) -> int:
        return min(self.updated, self.available) if self.due == self.desired else self.available


def seen(workload: Object) -> bool:
    """Whether its controller has taken notice of what was applied."""
    return int(status_of(workload).get("observedGeneration") or 0) >= int(workload["metadata"].get("generation") or 0)


def counts(kind: str, workload: Object) -> Counts:
    spec, status = workload["spec"], status_of(workload)

    def number(key: str) -> int:
        return int(status.get(key) or 0)

    if kind == "daemonsets":
        desired = number("desiredNumberScheduled")
        due = 0 if (spec.get("updateStrategy") or {}).get("type") == "OnDelete" else desired
        return Counts(desired, number("currentNumberScheduled"), number("updatedNumberScheduled"), number("numberAvailable"), due)
    desired = due = int(spec.get("replicas", 1))
    if kind == "statefulsets":
        strategy = spec.get("updateStrategy") or {}
        partition = int((strategy.get("rollingUpdate") or {}).get("partition") or 0)
        due = 0 if strategy.get("type") == "OnDelete" else max(desired - partition, 0)
    return Counts(desired, number("replicas"), number("updatedReplicas"), number("availableReplicas"), due)


Owned = Mapping[str, Sequence[Object]]
"""uid of an owner → its pods."""


def owned(items: Sequence[Object]) -> dict[str, list[Object]]:
    found: dict[str, list[Object]] = {}
    for item in items:
        for owner in owners_of(item):
            found.setdefault(owner, []).append(item)
    return found


def newest_replicaset(workload: Object, snapshot: Snapshot) -> Object | None:
    """The one that a Deployment's revision names."""
    uid, wanted = uid_of(workload), annotations_of(workload).get(REVISION)
    found = (item for item in snapshot.replicasets if uid in owners_of(item) and annotations_of(item).get(REVISION) == wanted)
    return next(found, None)


def new_pods(kind: str, workload: Object, snapshot: Snapshot, by_owner: Owned) -> list[Object]:
    """The pods of a workload's newest template that aren't on their way out."""
    if kind == "deployments":
        replicaset = newest_replicaset(workload, snapshot)
        mine = by_owner.get(uid_of(replicaset), ()) if replicaset else ()
    elif kind == "statefulsets":
        revision = status_of(workload).get("updateRevision")
        mine = [pod for pod in by_owner.get(uid_of(workload), ()) if labels_of(pod).get(HASH) == revision]
    elif kind == "daemonsets":
        # The status doesn't name a revision; the template's generation is still told (pkg/controller/daemon/util/daemonset_util.go).
        generation = annotations_of(workload).get(TEMPLATE_GENERATION)
        mine = [pod for pod in by_owner.get(uid_of(workload), ()) if labels_of(pod).get("pod-template-generation") == generation]
    else:
        mine = by_owner.get(uid_of(workload), ())
    return [pod for pod in mine if not leaving(pod)]


def look(kind: str, workload: Object, snapshot: Snapshot, by_owner: Owned, tolerance: Tolerance, now: Now) -> Look:
    """What a Deployment, StatefulSet or DaemonSet that isn't done waits for."""
    if not seen(workload):
        return Look("its controller to take notice")
    component, count = component_of(workload), counts(kind, workload)
    mine = new_pods(kind, workload, snapshot, by_owner)
    active = [pod for pod in mine if status_of(pod).get("phase") not in ("Failed", "Succeeded")]
    looks = [pods.look(pod, snapshot, tolerance, now) for pod in active if not pods.ready(pod)]
    looks.sort(key=lambda item: not item.doomed)
    short = len(active) < count.due
    owner = newest_replicaset(workload, snapshot) if kind == "deployments" else workload
    if owner is not None and short:
        looks.insert(0, creation(owner, component, snapshot, active, now))
    doomed = [trouble for item in looks for trouble in item.doomed]
    doomed += [*_given_up(workload), *_failed(component, mine, tolerance)]
    words = [item.waits for item in looks if item.waits]
    if kind == "statefulsets" and short:
        words += _blocked(workload, snapshot, by_owner)
    return Look(
        waits=words[0] if words else _settling(workload, count, short=short),
        doomed=tuple(doomed),
        again=tuple(moment for item in looks for moment in item.again),
        grace=max((item.grace for item in looks), default=0.0),
        silent=any(item.silent for item in looks),
    )


def _blocked(workload: Object, snapshot: Snapshot, by_owner: Owned) -> Iterator[str]:
    """Old pods that are broken and stay: in order, none is replaced before all are ready (StatefulSets, "Forced rollback")."""
    if workload["spec"].get("podManagementPolicy") == "Parallel":
        return
    revision = status_of(workload).get("updateRevision")
    for pod in by_owner.get(uid_of(workload), ()):
        if labels_of(pod).get(HASH) != revision and not leaving(pod):
            name = pod["metadata"]["name"]
            for trouble in pods.pod_troubles(pod, snapshot):
                what = f"its old pod {name} to get ready, which is only replaced then ({trouble.what})"
                yield f"{what}. kubectl delete pod {name} lets it go on"


def _settling(workload: Object, count: Counts, *, short: bool) -> str:
    """All pods are well, and still it isn't done."""
    old = count.total - count.updated
    if short:
        return f"{plural(old, 'old pod')} to make room" if old > 0 else "its pods to be created"
    seconds = workload["spec"].get("minReadySeconds")
    if count.available < count.desired and seconds:
        return f"its pods to stay ready for {seconds} s"
    return f"{plural(old, 'old pod')} to leave" if old > 0 else "its status"


def _given_up(workload: Object) -> Iterator[Trouble]:
    """What the workload's own controller doesn't go on with."""
    component, name = component_of(workload), str(workload["metadata"]["name"])
    stuck = condition(workload, "Progressing", "False")
    if stuck is not None and stuck.get("reason") in ("ProgressDeadlineExceeded", "ReplicaSetCreateError"):
        yield Trouble(component, str(stuck.get("message") or stuck["reason"]), about=name)
    if workload["spec"].get("paused"):
        yield Trouble(component, f"it is paused: kubectl rollout resume deployment/{name} lets it go on", about=name)


def _failed(component: str, mine: Sequence[Object], tolerance: Tolerance) -> Iterator[Trouble]:
    """Pods that ended for good and are replaced one after the other."""
    ended = [pod for pod in mine if pods.failed(pod)]
    if len(ended) > tolerance.restarts:
        status = status_of(ended[-1])
        why = ": ".join(str(status[key]) for key in ("reason", "message") if status.get(key))
        yield Trouble(component, f"its pods fail one after the other. {why}".strip(), str(ended[-1]["metadata"]["name"]))


def job_tries(job: Object, by_owner: Owned) -> tuple[int, Object | None]:
    """How often a Job's pods have failed, and the last of them that is still there. The status follows a second later."""
    tries = [pod for pod in by_owner.get(uid_of(job), ()) if pods.failed(pod)]
    last = max(tries, key=lambda pod: str(pod["metadata"].get("creationTimestamp")), default=None)
    return max(int(status_of(job).get("failed") or 0), len(tries)), last


def job_failure(job: Object, what: str, last: Object | None, snapshot: Snapshot) -> Trouble:
    """What is wrong with a Job that has failed for good, by the last pod that it tried it with."""
    why = next(pods.pod_troubles(last, snapshot), None) if last else None
    if why is None:
        return Trouble(component_of(job), what, about=str(job["metadata"]["name"]))
    return Trouble(component_of(job), f"{what}. Its last try: {why.what}", why.pod, why.container, why.restarted)


def job_look(job: Object, snapshot: Snapshot, by_owner: Owned, now: Now) -> Look:
    """What a Job that isn't done waits for. It counts its failed tries itself."""
    component, (failed, last) = component_of(job), job_tries(job, by_owner)
    # FailureTarget comes as soon as it is decided, Failed when the last pod has gone (batch/v1, since 1.31).
    end = condition(job, "Failed") or condition(job, "FailureTarget")
    if end is not None:
        what = f"the Job {job['metadata']['name']} has failed. {end.get('reason', '')}: {end.get('message', '')}"
        return Look("its end", (job_failure(job, what, last, snapshot),))
    mine = by_owner.get(uid_of(job), ())
    active = [pod for pod in mine if not leaving(pod) and status_of(pod).get("phase") in ("Pending", "Running", "Unknown")]
    looks = [pods.look(pod, snapshot, None, now) for pod in active if not pods.ready(pod)]
    if not active:
        looks.append(creation(job, component, snapshot, mine, now))
    words = next((item.waits for item in looks if item.waits), "the end of its work" if active else "another try")
    # What the last try fell over may be nothing that the next one gets past.
    looks += [pods.look(last, snapshot, None, now)] if last else []
    return Look(
        waits=f"{words}, failed {plural(failed, 'time')} so far" if failed else words,
        doomed=tuple(trouble for item in looks for trouble in item.doomed),
        again=tuple(moment for item in looks for moment in item.again),
        grace=max((item.grace for item in looks), default=0.0),
        silent=any(item.silent for item in looks) or bool(status_of(job).get("ready")),
    )


def job_matters(job: Object) -> bool:
    """Helm has waited for its hooks, and a suspended Job for nobody; those of CronJobs and of drills come and go."""
    if "helm.sh/hook" in annotations_of(job) or "proven.webapp/drill" in labels_of(job):
        return False
    return not job["spec"].get("suspend") and not any(
        owner.get("kind") == "CronJob" for owner in job["metadata"].get("ownerReferences") or ()
    )


def job_done(job: Object) -> bool:
    return condition(job, "Complete") is not None
