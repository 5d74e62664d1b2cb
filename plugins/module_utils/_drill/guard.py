# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Everything a drill makes goes: when it is over, when it fails, and when nobody is left who could clear up.

All clones belong to one Job that runs no pod. Whoever deletes it deletes them. It has a deadline, and the cluster itself deletes it then:
a Job with activeDeadlineSeconds fails at that moment also without pods (k8s.io/kubernetes pkg/controller/job/job_controller.go,
pastActiveDeadline), and ttlSecondsAfterFinished: 0 removes it. While a drill lives, it writes a pulse there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._drill.clone import toolbox_container
from ansible_collections.proven.webapp.plugins.module_utils._drill.cluster import Cluster
from ansible_collections.proven.webapp.plugins.module_utils._drill.labels import DRILL, DRILL_OF
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

JOBS = ("apis/batch/v1", "jobs")
PODS = ("api/v1", "pods")
SUBJECTS, PULSE, EXPIRES = "proven.webapp/drill-subjects", "proven.webapp/drill-pulse", "proven.webapp/drill-expires"
PULSE_SECONDS = 3.0
SILENT_SECONDS = 10.0
GONE_SECONDS = 45.0
MARGIN = 60


@dataclass(frozen=True)
class Guard:
    """The Job that owns a drill's clones.

    :ivar owner: v1.OwnerReference to it.
    """

    run: str
    name: str
    owner: Mapping[str, Any]


def manifest(run: str, namespace: str, subjects: Iterable[str], image: str, deadline: int) -> dict[str, Any]:
    """A v1.Job that never has a pod.

    :param subjects: identities of the workloads that are drilled.
    :param deadline: seconds that the drill may take.
    """
    expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + deadline + MARGIN))
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": f"proven-drill-{run}",
            "namespace": namespace,
            "labels": {DRILL: run},
            "annotations": {SUBJECTS: ",".join(sorted(subjects)), PULSE: "0", EXPIRES: expires},
        },
        "spec": {
            "parallelism": 0,
            "completions": 1,
            "backoffLimit": 0,
            "activeDeadlineSeconds": deadline + MARGIN,
            "ttlSecondsAfterFinished": 0,
            "template": {
                "metadata": {"labels": {DRILL: run}},
                "spec": {
                    "restartPolicy": "Never",
                    "automountServiceAccountToken": False,
                    "containers": [toolbox_container(image, ["serve"])],
                },
            },
        },
    }


def begin(cluster: Cluster, run: str, subjects: Iterable[str], image: str, deadline: int) -> Guard:
    """Make the Job."""
    made = cluster.create(*JOBS, manifest(run, cluster.namespace, subjects, image, deadline))
    meta = made["metadata"]
    return Guard(run, meta["name"], {"apiVersion": "batch/v1", "kind": "Job", "name": meta["name"], "uid": meta["uid"]})


def beat(cluster: Cluster, guard: Guard, number: int) -> None:
    """Show that the drill lives."""
    cluster.patch(*JOBS, guard.name, {"metadata": {"annotations": {PULSE: str(number)}}})


def end(cluster: Cluster, run: str) -> None:
    """Delete all that a drill made, and wait until it is gone.

    :raises ProvenError: something stays.
    """
    deadline = time.monotonic() + GONE_SECONDS
    told: set[str] = set()
    while pods := cluster.items(*PODS, selector=f"{DRILL}={run}"):
        for name in (pod["metadata"]["name"] for pod in pods):
            if name not in told:
                # A second, not none: the object then stays until the containers have really ended.
                cluster.delete(*PODS, name, grace=1)
                told.add(name)
        if time.monotonic() > deadline:
            names = ", ".join(pod["metadata"]["name"] for pod in pods)
            fix = "the node may be away; they go with it, or by kubectl delete pod --force"
            raise ProvenError("Clones don't end.", where=f"{cluster.namespace}: {names}", fix=fix)
        time.sleep(0.5)
    for job in cluster.items(*JOBS, selector=f"{DRILL}={run}"):
        cluster.delete(*JOBS, job["metadata"]["name"])


def clear_leftovers(cluster: Cluster, subjects: Iterable[str], say: Callable[[str], None]) -> list[str]:
    """Remove what earlier drills of these workloads left.

    :returns: the runs whose things were removed.
    :raises ProvenError: one of them still lives.
    """
    mine = set(subjects)
    jobs = [job for job in cluster.items(*JOBS, selector=DRILL) if mine & set(_subjects(job))]
    if jobs:
        say("An earlier drill left something, or still runs: looking for its pulse")
        time.sleep(SILENT_SECONDS)
        for job in jobs:
            now = cluster.get(*JOBS, job["metadata"]["name"])
            if now and _pulse(now) != _pulse(job):
                fix = "wait for it, or stop it"
                raise ProvenError("Another drill of the same component runs.", where=f"job {job['metadata']['name']}", fix=fix)
    left = {job["metadata"]["labels"][DRILL] for job in jobs}
    left |= {
        pod["metadata"]["labels"][DRILL] for pod in cluster.items(*PODS, selector=DRILL) if pod["metadata"]["labels"].get(DRILL_OF) in mine
    }
    for run in sorted(left):
        say(f"Removing what drill {run} left")
        end(cluster, run)
    return sorted(left)


def _annotation(job: Mapping[str, Any], key: str) -> str:
    return str((job["metadata"].get("annotations") or {}).get(key, ""))


def _subjects(job: Mapping[str, Any]) -> list[str]:
    return _annotation(job, SUBJECTS).split(",")


def _pulse(job: Mapping[str, Any]) -> str:
    return _annotation(job, PULSE)
