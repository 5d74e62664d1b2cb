# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rules of the drills."""

from __future__ import annotations

from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import ERROR, WARNING, Rule

PROBES_GUIDE = "https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/"
LIFECYCLE = "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination"
WORKER = "k8s.io/kubernetes pkg/kubelet/prober/worker.go"
RESTARTS = "GitLab Runner chart, merge request 558: a database failed over, and liveness probes turned it into 2,300 restarts"

STAYS_READY = Rule(
    "PV301",
    "ready-without-its-dependency",
    ERROR,
    "It goes on saying that it is ready while a dependency that it can't do without is lost",
    "Users get errors from this pod, although another one, or a clear failure, could be there for them.",
    "Let readiness ask for the dependency, with a time limit below the probe's timeout; or declare on_loss: degraded if it can do without.",
    WORKER,
)
KILLED = Rule(
    "PV302",
    "killed-by-a-lost-dependency",
    ERROR,
    "The container is restarted while a dependency is lost",
    "A restart brings no dependency back. All replicas restart at once, again and again, and are cold when it returns.",
    "Let liveness ask for nothing but the process itself; bound each wait for the dependency, so that no pool or thread is used up by it.",
    RESTARTS,
)
LIVENESS_WAVERS = Rule(
    "PV303",
    "liveness-fails-with-a-dependency",
    WARNING,
    "The liveness probe fails while a dependency is lost, though not yet often enough for a restart",
    "A longer loss, or a busier pod, ends in restarts.",
    "As PV302: nothing that liveness asks for may wait for the dependency, or for a worker that does.",
    WORKER,
)
COMES_BACK_LATE = Rule(
    "PV304",
    "late-back-after-a-loss",
    ERROR,
    "The dependency is back, and the pod is not ready within what its readiness probe promises",
    "The outage goes on after its cause has gone, until someone restarts the pods.",
    "Bound the waits for new connections, drop broken ones, and try again soon: a back-off longer than the probe's period shows here.",
    WORKER,
)
CRASHES_COLD = Rule(
    "PV305",
    "crash-without-its-dependency",
    ERROR,
    "Started without its dependency, the container ends or is restarted",
    "After an outage pods wait out their back-off of up to five minutes, though all that they need is there.",
    "Start without it, say that you aren't ready, and try again inside the process; let the startup probe ask for the process alone.",
    PROBES_GUIDE,
)
COLD_NEVER_READY = Rule(
    "PV306",
    "not-ready-after-a-cold-start",
    ERROR,
    "Started without its dependency, it does not become ready once that is back",
    "Pods that were started during an outage are of no use after it.",
    "Connect when it is needed, not once at the start.",
    PROBES_GUIDE,
)
READY_COLD = Rule(
    "PV307",
    "ready-after-a-cold-start-without-its-dependency",
    ERROR,
    "Started without a dependency that it can't do without, it says that it is ready",
    "A rollout during an outage replaces pods that work by pods that don't.",
    "Be unready until the dependency has answered once.",
    PROBES_GUIDE,
)
NOT_DEGRADED = Rule(
    "PV308",
    "unready-though-degraded-was-promised",
    ERROR,
    "It stops being ready without a dependency that it was said to do without",
    "A partial failure becomes a whole one: every replica leaves the Service at once.",
    "Take the dependency out of readiness; or declare on_loss: unready.",
    PROBES_GUIDE,
)
DOES_NOT_ANSWER = Rule(
    "PV309",
    "no-answer-while-degraded",
    ERROR,
    "It stays ready without the dependency, but requests get no answer",
    "Users wait for something that doesn't come, from a pod that says it serves.",
    "Bound each wait for the dependency, and answer with what there is.",
    PROBES_GUIDE,
)
ANSWERS_BADLY = Rule(
    "PV310",
    "errors-while-degraded",
    WARNING,
    "It stays ready without the dependency, and answers with server errors",
    "Degraded should mean less, not errors; whether it does here is for you to say.",
    "Answer with what there is; or ask the drill for the paths that are promised to work.",
    PROBES_GUIDE,
)
LOSES_REQUESTS = Rule(
    "PV311",
    "requests-lost-at-sigterm",
    ERROR,
    "Requests are lost when the pod is told to end",
    "Each rollout, scale-down and node drain costs some users an error.",
    "Go on serving after SIGTERM until what is under way has ended; a preStop sleep covers those who haven't heard yet. "
    "Run the server as PID 1 (exec form), or the signal never reaches it.",
    LIFECYCLE,
)
ENDS_TOO_LATE = Rule(
    "PV312",
    "ends-at-the-end-of-its-grace",
    ERROR,
    "Told to end, it takes nearly the whole grace period, or is killed at its end",
    "What is under way then is cut off, and rollouts and drains take that long for each pod.",
    "Handle SIGTERM; give open requests and streams a limit well below terminationGracePeriodSeconds less the preStop hook.",
    LIFECYCLE,
)
CUTS_STREAMS = Rule(
    "PV313",
    "streams-cut-at-sigterm",
    WARNING,
    "Answers that go on for long are cut off in the middle when the pod is told to end",
    "Clients can't tell the end of the answer from its loss.",
    "End streams with a last piece when the shutdown begins, so that clients connect again elsewhere.",
    LIFECYCLE,
)
LIVE_MOVED = Rule(
    "PV320",
    "live-pods-moved-during-a-drill",
    WARNING,
    "A pod of the live release restarted or changed its readiness while the drill ran",
    "The clones get no traffic, but they share nodes and the dependency's capacity with the live pods; or it was something else.",
    "Look at the moment: if it is the drill's doing, run fewer clones at once, or give the nodes more room.",
    "probe_drill",
)
ROLLOUT_LOSES = Rule(
    "PV330",
    "requests-lost-during-a-change",
    ERROR,
    "Requests through the Service were lost",
    "Users saw errors while the application was changed.",
    "Readiness before traffic, a preStop sleep, a server that ends what it has begun, and maxUnavailable: 0.",
    LIFECYCLE,
)

DRILL_RULES: tuple[Rule, ...] = (
    STAYS_READY,
    KILLED,
    LIVENESS_WAVERS,
    COMES_BACK_LATE,
    CRASHES_COLD,
    COLD_NEVER_READY,
    READY_COLD,
    NOT_DEGRADED,
    DOES_NOT_ANSWER,
    ANSWERS_BADLY,
    LOSES_REQUESTS,
    ENDS_TOO_LATE,
    CUTS_STREAMS,
    LIVE_MOVED,
    ROLLOUT_LOSES,
)
