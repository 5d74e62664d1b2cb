"""New pods that aren't ready: which of them waiting cures, and which it doesn't. Each case as the API shows it, at a second of its life."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._rollout.judge import judge
from ansible_collections.proven.webapp.plugins.module_utils._rollout.model import Snapshot, Tolerance

from .made import T0, at, ended, event, pod, probe, running, snapshot, status, unscheduled, waiting

PULL = 'failed to pull and unpack image "registry/app:1": failed to resolve reference "registry/app:1": '
KILLED = "Container backend failed startup probe, will be restarted"
CPU = "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."
INIT = {"name": "prepare", "image": "registry/app:1"}
STARTUP = {"startupProbe": probe(2, 10, timeoutSeconds=1)}
READY = {"type": "Ready", "status": "False", "lastTransitionTime": at(0)}


def init(state: Any, *, sidecar: bool = False, **more: Any) -> dict[str, Any]:
    spec = {**INIT, **({"restartPolicy": "Always"} if sidecar else {})}
    return {"spec": spec, "status": status(state, name="prepare", **more)}


@dataclass(frozen=True)
class Case:
    """:ivar doomed: a part of the reason; empty where it isn't doomed.
    :ivar waits: a part of what it waits for, where it isn't.
    """

    name: str
    pod: Any
    doomed: str = ""
    waits: str = ""
    now: float = 2
    tolerance: Tolerance = field(default_factory=Tolerance)
    more: dict[str, Any] = field(default_factory=dict)

    def snapshot(self) -> Snapshot:
        return snapshot(self.pod, **self.more)


def crash(state: Any, restarts: int, **more: Any) -> dict[str, Any]:
    return pod(state=state, restarts=restarts, **more)


BACK_OFF = waiting("CrashLoopBackOff", "back-off 10s restarting failed container")
FELL = {"lastState": ended(3, after=5)}

CASES = [
    # --- images
    Case("not found, at the first try", pod(state=waiting("ErrImagePull", PULL + "registry/app:1: not found")), "not found"),
    Case("manifest unknown (CRI-O)", pod(state=waiting("ErrImagePull", "reading manifest 1: manifest unknown")), "manifest unknown"),
    Case("unauthorized", pod(state=waiting("ErrImagePull", PULL + "unexpected status: 401 Unauthorized")), "401"),
    Case("denied", pod(state=waiting("ErrImagePull", PULL + "pull access denied, repository does not exist")), "denied"),
    Case("platform", pod(state=waiting("ErrImagePull", "no match for platform in manifest: not found")), "platform"),
    Case("no such host", pod(state=waiting("ErrImagePull", PULL + "dial tcp: lookup registry: no such host")), waits="its image"),
    Case("timeout", pod(state=waiting("ErrImagePull", PULL + "dial tcp 10.0.0.1:443: i/o timeout")), waits="its image"),
    Case("5xx", pod(state=waiting("ErrImagePull", PULL + "unexpected status: 503 Service Unavailable")), waits="its image"),
    Case("connection refused", pod(state=waiting("ErrImagePull", "connect: connection refused")), waits="its image"),
    Case("rate limit", pod(state=waiting("ErrImagePull", "429 Too Many Requests - toomanyrequests: denied: slow down")), waits="its image"),
    Case(
        "an image's name is no message",
        pod(
            state=waiting("ErrImagePull", 'failed to pull "registry/access-denied:1": something odd'),
            spec={"image": "registry/access-denied:1"},
        ),
        waits="its image",
    ),
    Case(
        "back-off alone says nothing", pod(state=waiting("ImagePullBackOff", 'Back-off pulling image "registry/app:1"')), waits="its image"
    ),
    Case(
        "back-off, and the event says why",
        pod(state=waiting("ImagePullBackOff", 'Back-off pulling image "registry/app:1"')),
        "not found",
        more={"events": [event("Failed", 'Failed to pull image "registry/app:1": registry/app:1: not found')]},
    ),
    Case(
        "back-off with its reason",
        pod(state=waiting("ImagePullBackOff", 'Back-off pulling image "registry/app:1": ErrImagePull: registry/app:1: not found')),
        "not found",
    ),
    Case(
        "the network twice",
        pod(state=waiting("ImagePullBackOff", "Back-off")),
        waits="its image",
        more={"events": [event("Failed", "Failed to pull image: i/o timeout", count=2)]},
    ),
    Case(
        "the network three times",
        pod(state=waiting("ImagePullBackOff", "Back-off")),
        "i/o timeout",
        more={"events": [event("Failed", "Failed to pull image: i/o timeout", count=3)]},
    ),
    Case("the network without events, soon", pod(state=waiting("ErrImagePull", "i/o timeout")), waits="its image", now=50),
    Case("the network without events, long", pod(state=waiting("ErrImagePull", "i/o timeout")), "i/o timeout", now=61),
    Case("invalid name", pod(state=waiting("InvalidImageName", "couldn't parse")), "InvalidImageName"),
    Case("never pulled", pod(state=waiting("ErrImageNeverPull", "not present")), "ErrImageNeverPull"),
    Case(
        "a pull at work",
        pod(state=waiting("ContainerCreating")),
        waits="the pull of its image",
        now=500,
        more={"events": [event("Pulling", "Pulling image")]},
    ),
    Case("nothing said yet", pod(state=waiting("ContainerCreating")), waits="its containers to be created", now=500),
    Case(
        "the event comes before the status: image",
        pod(state=waiting("ContainerCreating")),
        "not found",
        more={"events": [event("Pulling", ""), event("Failed", f'Failed to pull image "registry/app:1": {PULL}registry/app:1: not found')]},
    ),
    Case(
        "the event comes before the status: Secret",
        pod(state=waiting("ContainerCreating")),
        'secret "db" not found',
        now=3,
        more={"events": [event("Pulled", ""), event("Failed", 'Error: secret "db" not found')]},
    ),
    Case(
        "the event comes before the status: command",
        pod(state=waiting("ContainerCreating")),
        'exec: "x": no such file or directory',
        more={"events": [event("Failed", 'Error: OCI runtime create failed: exec: "x": no such file or directory')]},
    ),
    Case(
        "the event is over",
        pod(state=waiting("ContainerCreating")),
        waits="its containers",
        more={"events": [event("Failed", 'Error: secret "db" not found'), event("Pulled", "")]},
    ),
    # --- configuration
    Case("missing Secret", pod(state=waiting("CreateContainerConfigError", 'secret "db" not found')), 'secret "db" not found', now=2),
    Case(
        "a Secret may come a moment later",
        pod(state=waiting("CreateContainerConfigError", 'secret "db" not found')),
        waits="its configuration",
        now=1,
        more={"seen": 0},
    ),
    Case(
        "the kubelet's cache",
        pod(state=waiting("CreateContainerConfigError", "failed to sync secret cache: timed out waiting for the condition")),
        waits="its configuration",
        now=20,
    ),
    Case(
        "missing Secret in a volume, often",
        pod(state=waiting("ContainerCreating")),
        'secret "db" not found',
        more={"events": [event("FailedMount", 'MountVolume.SetUp failed for volume "s" : secret "db" not found', container="", count=3)]},
    ),
    Case(
        "missing Secret in a volume, once",
        pod(state=waiting("ContainerCreating")),
        waits="its volumes",
        more={"events": [event("FailedMount", 'MountVolume.SetUp failed for volume "s" : secret "db" not found', container="", count=1)]},
    ),
    Case(
        "a volume that another node still has",
        pod(state=waiting("ContainerCreating")),
        waits="its containers",
        more={"events": [event("FailedAttachVolume", "Multi-Attach error for volume", container="", count=9)]},
    ),
    Case(
        "a command that isn't there", pod(state=waiting("RunContainerError", 'exec: "x": executable file not found in $PATH')), "executable"
    ),
    Case(
        "a command that isn't there, as a start that failed",
        crash(ended(128, "StartError", message='exec: "x": executable file not found in $PATH'), 0),
        "executable file not found",
    ),
    Case("a slow runtime", pod(state=waiting("CreateContainerError", "context deadline exceeded")), waits="its node to start it"),
    Case(
        "a runtime that fails three times",
        pod(state=waiting("CreateContainerError", "context deadline exceeded")),
        "context deadline",
        more={"events": [event("Failed", "Error: context deadline exceeded", count=3)]},
    ),
    # --- ends
    Case("the first end", crash(ended(1), 0), waits="restart 1 of 2 tolerated"),
    Case("the second end", crash(ended(1), 1), waits="restart 2 of 2 tolerated"),
    Case("the third end", crash(ended(1), 2), "it ends by itself (Error, exit code 1, 2 restarts)"),
    Case("the third end, in back-off", crash(BACK_OFF, 2, **FELL), "exit code 3, 2 restarts"),
    Case("back-off within the tolerance", crash(BACK_OFF, 1, **FELL), waits="restart 2 of 2 tolerated"),
    Case("running again after the third end", crash(running(6), 3, **FELL), "exit code 3, 3 restarts"),
    Case(
        "ends before the watch began are forgiven while it runs",
        crash(running(6), 3, **FELL),
        waits="readiness",
        more={"since": T0 + 20},
        now=21,
    ),
    Case("but the next one isn't", crash(ended(1, after=30), 3), "exit code 1", more={"since": T0 + 20}, now=31),
    Case("no tolerance, the first end", crash(ended(1), 0), "exit code 1", tolerance=Tolerance(0)),
    Case("no tolerance, running again", crash(running(2), 1, **FELL), "exit code 3, 1 restart)", tolerance=Tolerance(0)),
    Case("no tolerance, before the watch", crash(running(2), 1, **FELL), "exit code 3", tolerance=Tolerance(0), more={"since": T0 + 20}),
    Case("an end without a fault is an end", crash(ended(0, "Completed"), 2), "Completed, exit code 0"),
    Case("more tolerance", crash(ended(1), 4), waits="restart 5 of 5", tolerance=Tolerance(5)),
    Case(
        "out of memory, named",
        crash(ended(137, "OOMKilled"), 2, spec={"resources": {"limits": {"memory": "64Mi"}}}),
        "more memory than its limit of 64Mi (OOMKilled, exit code 137, 2 restarts)",
    ),
    Case("out of memory once", crash(ended(137, "OOMKilled"), 0), waits="OOMKilled"),
    Case(
        "restarted for its liveness",
        crash(ended(137), 2),
        "its liveness probe has it restarted",
        more={"events": [event("Killing", "Container backend failed liveness probe, will be restarted")]},
    ),
    # --- init containers and sidecars
    Case(
        "an init container at work",
        pod(state=waiting("PodInitializing"), inits=[init(running())]),
        waits="its init container prepare",
        now=999,
    ),
    Case("an init container that ended well", pod(inits=[init(ended(0, "Completed"))]), waits="readiness"),
    Case("an init container that fails thrice", pod(state=waiting("PodInitializing"), inits=[init(ended(1), restarts=2)]), "exit code 1"),
    Case("an init container that fails once", pod(state=waiting("PodInitializing"), inits=[init(ended(1))]), waits="restart 1 of 2"),
    Case(
        "an init container's image",
        pod(state=waiting("PodInitializing"), inits=[init(waiting("ErrImagePull", "manifest unknown"))]),
        "manifest unknown",
    ),
    Case(
        "a sidecar that is ready isn't asked again",
        pod(state=running(95), inits=[init(running(), sidecar=True, ready=True)]),
        waits="readiness probe, 5 of 60 s used",
        now=100,
    ),
    Case("a sidecar that ends well is one that ends", pod(inits=[init(ended(0, "Completed"), sidecar=True, restarts=2)]), "Completed"),
    # --- probes
    Case("startup, within its budget", pod(spec=STARTUP, started=False), waits="startup probe, 20 of 21 s used", now=20),
    Case("startup, over", pod(spec=STARTUP, started=False), "startup probe hasn't passed within the 21 s", now=22.6),
    Case(
        "startup, of a start that takes 40 s",
        pod(spec={"startupProbe": probe(2, 30)}, started=False),
        waits="startup probe, 40 of 61 s used",
        now=40,
    ),
    Case(
        "startup, over by the kubelet's count, about to be ended",
        pod(spec=STARTUP, started=False),
        "startup probe hasn't passed within the 21 s that it has: Startup probe failed: HTTP 503",
        now=19,
        more={"events": [event("Unhealthy", "Startup probe failed: HTTP 503"), event("Killing", KILLED, last=19)]},
    ),
    Case(
        "startup, over by the kubelet's count, restarted",
        pod(spec=STARTUP, started=False, restarts=1, state=running(20), lastState=ended(143, after=20)),
        "startup probe hasn't passed",
        now=21,
        more={"events": [event("Killing", KILLED, last=19)], "since": T0 + 1},
    ),
    Case(
        "startup, over before the watch began, runs again",
        pod(spec=STARTUP, started=False, restarts=1, state=running(20), lastState=ended(143, after=20)),
        waits="startup probe, 11 of 21 s used",
        now=31,
        more={"events": [event("Killing", KILLED, last=19)], "since": T0 + 30},
    ),
    Case("ready, within 60 s", pod(spec={"readinessProbe": probe()}, started=True), waits="readiness probe, 59 of 60 s used", now=59),
    Case("ready, never", pod(spec={"readinessProbe": probe()}, started=True), "isn't ready within the 60 s", now=62),
    Case("ready, said otherwise", pod(spec={"readinessProbe": probe()}), "within the 20 s", now=22, tolerance=Tolerance(ready_within=20)),
    Case(
        "a readiness probe that takes longer by its own numbers has that",
        pod(spec={"readinessProbe": probe(30, initialDelaySeconds=80)}, started=True),
        waits="109 of 111 s used",
        now=109,
    ),
    Case("ready, after a startup that was quick", pod(spec={**STARTUP, "readinessProbe": probe()}, started=True), "the 21 s", now=24),
    Case(
        "ready, right after a startup that took all it had",
        pod(spec={**STARTUP, "readinessProbe": probe(10)}, started=True),
        waits="readiness probe",
        now=25,
        more={"seen": 20},
    ),
    Case(
        "ready, a period after a startup that took all it had",
        pod(spec={**STARTUP, "readinessProbe": probe(10)}, started=True),
        "isn't ready within the 31 s",
        now=33,
        more={"seen": 20},
    ),
    Case(
        "was ready until a moment ago",
        pod(spec={"readinessProbe": probe()}, started=True, conditions=[{**READY, "lastTransitionTime": at(100)}]),
        waits="readiness probe, 10 of 60 s used",
        now=110,
    ),
    Case("time is no reason while nobody knows the time", pod(spec=STARTUP, started=False), waits="startup probe", now=-1),
    # --- scheduling
    Case("no room, at first", unscheduled(CPU), waits="1 Insufficient cpu", now=4),
    Case("no room", unscheduled(CPU), "no node takes it: 0/1 nodes are available: 1 Insufficient cpu.", now=5),
    Case("no room, but nodes are added", unscheduled(CPU), waits="a node", now=60, more={"autoscaler": True}),
    Case(
        "no room, and a node is on its way",
        unscheduled(CPU),
        waits="a node",
        now=60,
        more={"events": [event("TriggeredScaleUp", "pod triggered scale-up")]},
    ),
    Case(
        "no room, and no node will come",
        unscheduled(CPU),
        "Insufficient cpu",
        now=31,
        more={"events": [event("NotTriggerScaleUp", "max node group size reached")], "autoscaler": True},
    ),
    Case(
        "no room, and the autoscaler may think again",
        unscheduled(CPU),
        waits="a node",
        now=20,
        more={"events": [event("NotTriggerScaleUp", "")]},
    ),
    Case("no room after an old pod has gone", unscheduled(CPU), waits="a node", now=60, more={"pod_gone": T0 + 58}),
    Case(
        "a selector that fits no node",
        unscheduled("0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."),
        "affinity",
        now=6,
    ),
    Case("a node that is lost", unscheduled("1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }"), waits="a node", now=60),
    Case("a node that is cordoned", unscheduled("0/1 nodes are available: 1 node(s) were unschedulable."), waits="a node", now=60),
    Case("a claim that isn't bound yet", unscheduled("pod has unbound immediate PersistentVolumeClaims."), waits="a node", now=60),
    Case(
        "a claim that isn't there",
        unscheduled('0/1 nodes are available: persistentvolumeclaim "data" not found.'),
        '"data" not found',
        now=6,
    ),
    Case("gated", unscheduled("", "SchedulingGated"), waits="its scheduling gates", now=60),
    # --- nodes
    Case("on a lost node", pod(phase="Unknown", state=ended(1), restarts=9), waits="its node, which is lost"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_pod(case: Case) -> None:
    verdict = judge(case.snapshot(), None if case.now < 0 else T0 + case.now, case.tolerance)
    whats = [trouble.what for trouble in verdict.doomed]
    if case.doomed:
        assert len(whats) == 1, whats
        assert case.doomed in whats[0]
        assert verdict.doomed[0].pod == "p"
    else:
        assert not whats
        assert verdict.waiting == ("backend",)
        assert case.waits in verdict.parts[0].waits
        assert case.waits


def test_no_room_while_an_old_pod_leaves_it() -> None:
    old = pod(owner="old", name="o", leaving=True)
    assert not judge(snapshot(unscheduled(CPU), old), T0 + 60).doomed
    # Whatever leaves can't help where no node fits at all.
    assert judge(snapshot(unscheduled("1 node(s) didn't match Pod's node affinity/selector."), old), T0 + 60).doomed


@pytest.mark.parametrize("made", [{"owner": "old"}, {"leaving": True}], ids=["of the old template", "on its way out"])
def test_pods_that_do_not_count(made: Any) -> None:
    verdict = judge(snapshot(pod(state=waiting("InvalidImageName"), **made), pod(name="q")), T0 + 2)
    assert not verdict.doomed
    assert verdict.waiting


def test_the_log_before_the_restart_is_meant_where_it_runs_again() -> None:
    (trouble,) = judge(snapshot(crash(running(6), 3, **FELL)), T0 + 7).doomed
    assert (trouble.container, trouble.restarted) == ("backend", True)


def test_the_next_look_is_due_when_a_budget_ends() -> None:
    assert judge(snapshot(pod(spec=STARTUP, started=False)), T0 + 5).again == T0 + 22.5
    assert judge(snapshot(pod(spec=STARTUP, started=False)), T0 + 5).grace == 21


def test_pods_that_fail_for_good_are_counted() -> None:
    gone = [pod(name=f"p{number}", phase="Failed") for number in range(3)]
    for item in gone:
        item["status"] |= {"reason": "UnexpectedAdmissionError", "message": "no device"}
    assert "UnexpectedAdmissionError: no device" in judge(snapshot(*gone, pod()), T0).doomed[0].what
    assert not judge(snapshot(*gone[:2], pod()), T0).doomed
    for item in gone:
        item["status"]["conditions"].append({"type": "DisruptionTarget", "status": "True"})
    assert not judge(snapshot(*gone, pod()), T0).doomed
