# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Is a rollout done, on its way, or doomed? Pure: takes the objects as the API gives them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Object = Mapping[str, Any]

DOOM = frozenset(
    {"ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "CreateContainerConfigError", "CreateContainerError", "RunContainerError"}
)
"""Reasons for which a container waits that no waiting cures. ErrImagePull isn't one: it is the first try of a pull."""
RESTARTS_TOLERATED = 2
"""A container may fall over while what it needs comes up."""


@dataclass(frozen=True)
class Snapshot:
    """What the cluster holds of a release at one moment; each a list of objects of that kind."""

    deployments: Sequence[Object] = ()
    statefulsets: Sequence[Object] = ()
    replicasets: Sequence[Object] = ()
    pods: Sequence[Object] = ()


@dataclass(frozen=True)
class Trouble:
    """Why something doesn't get ready.

    :param component: which one.
    :param what: one sentence.
    :param pod: the pod that shows it; empty where there is none.
    :param container: the container that shows it.
    :param restarted: whether the log to look at is the one before the last restart.
    """

    component: str
    what: str
    pod: str = ""
    container: str = ""
    restarted: bool = False


@dataclass(frozen=True)
class Verdict:
    """The state of a rollout.

    :param ready: number of new pods that serve, and how many there shall be, by component.
    :param waiting: components that aren't done yet.
    :param doomed: what no waiting cures.
    """

    ready: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    waiting: tuple[str, ...] = ()
    doomed: tuple[Trouble, ...] = ()

    @property
    def done(self) -> bool:
        return not self.waiting and not self.doomed


def judge(snapshot: Snapshot) -> Verdict:
    """Decide from the workloads' own status and from the pods of their newest template alone."""
    ready: dict[str, tuple[int, int]] = {}
    waiting: list[str] = []
    doomed: list[Trouble] = []
    for workload in (*snapshot.deployments, *snapshot.statefulsets):
        name = component_of(workload)
        status = workload.get("status", {})
        desired = int(workload["spec"].get("replicas", 1))
        seen = status.get("observedGeneration", 0) >= workload["metadata"].get("generation", 0)
        updated, available = (int(status.get(key) or 0) for key in ("updatedReplicas", "availableReplicas"))
        ready[name] = (min(updated, available) if seen else 0, desired)
        if seen and updated == available == int(status.get("replicas") or 0) == desired:
            continue
        waiting.append(name)
        if seen:
            doomed += _failed_conditions(name, status)
        for pod in new_pods(workload, snapshot):
            doomed += [trouble for trouble in pod_troubles(pod) if _is_doom(pod, trouble)]
    return Verdict(ready, tuple(waiting), tuple(doomed))


def component_of(item: Object) -> str:
    """The component that an object belongs to."""
    metadata = item["metadata"]
    return str(metadata.get("labels", {}).get("app.kubernetes.io/component", metadata["name"]))


def new_pods(workload: Object, snapshot: Snapshot) -> Iterator[Object]:
    """The pods of a workload's newest template that aren't on their way out."""
    uid = workload["metadata"]["uid"]
    if "updateRevision" in workload.get("status", {}):
        owners = {uid}
        revision = workload["status"]["updateRevision"]
    else:
        key = "deployment.kubernetes.io/revision"
        wanted = workload["metadata"].get("annotations", {}).get(key)
        owners = {
            item["metadata"]["uid"]
            for item in snapshot.replicasets
            if uid in _owners(item) and item["metadata"].get("annotations", {}).get(key) == wanted
        }
        revision = None
    for pod in snapshot.pods:
        metadata = pod["metadata"]
        if not owners & _owners(pod) or metadata.get("deletionTimestamp"):
            continue
        if revision is None or metadata.get("labels", {}).get("controller-revision-hash") == revision:
            yield pod


def pod_troubles(pod: Object) -> Iterator[Trouble]:
    """What keeps a pod from being ready, worst first."""
    component, name, status = component_of(pod), pod["metadata"]["name"], pod.get("status", {})
    for container in (*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())):
        state = container.get("state", {})
        waiting = state.get("waiting", {}).get("reason", "")
        ended = state.get("terminated") or container.get("lastState", {}).get("terminated") or {}
        restarts = int(container.get("restartCount", 0))
        if waiting in DOOM | {"ErrImagePull"}:
            message = str(state["waiting"].get("message", "")).strip()
            yield Trouble(component, f"{waiting}: {message}" if message else waiting, name, container["name"])
        elif ended and ended.get("exitCode") != 0 and not container.get("ready"):
            reason = f"{ended.get('reason', 'Error')}, exit code {ended.get('exitCode')}"
            times = f", {restarts} restart{'s' if restarts != 1 else ''}" if restarts else ""
            yield Trouble(component, f"it ends by itself ({reason}{times})", name, container["name"], restarted="terminated" not in state)
        elif state.get("running") and not container.get("ready"):
            what = "runs, but its startup probe hasn't passed" if container.get("started") is False else "runs, but isn't ready"
            yield Trouble(component, what, name, container["name"])
    for condition in status.get("conditions", ()):
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            yield Trouble(component, f"no node takes it: {condition.get('message', condition.get('reason', ''))}", name)


def _is_doom(pod: Object, trouble: Trouble) -> bool:
    """Whether a pod's trouble is one that no waiting cures."""
    for container in pod.get("status", {}).get("containerStatuses", ()):
        if container["name"] != trouble.container:
            continue
        reason = container.get("state", {}).get("waiting", {}).get("reason", "")
        return reason in DOOM or (reason == "CrashLoopBackOff" and int(container.get("restartCount", 0)) > RESTARTS_TOLERATED)
    return False


def _failed_conditions(component: str, status: Object) -> Iterator[Trouble]:
    """What the Deployment's controller itself gave up on."""
    for condition in status.get("conditions", ()):
        stuck = (
            condition["type"] == "Progressing" and condition["status"] == "False" and condition.get("reason") == "ProgressDeadlineExceeded"
        )
        if stuck or (condition["type"] == "ReplicaFailure" and condition["status"] == "True"):
            yield Trouble(component, str(condition.get("message") or condition.get("reason")))


def _owners(item: Object) -> set[str]:
    return {owner["uid"] for owner in item["metadata"].get("ownerReferences", ())}
