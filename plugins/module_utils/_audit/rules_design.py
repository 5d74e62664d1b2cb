# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rules that say: it deploys, and harms in operation."""

from __future__ import annotations

from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import ERROR, INFO, WARNING, Rule

_PROBES_DOC = "https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/"
_WORKER = "kubernetes/pkg/kubelet/prober/worker.go"
_GITLAB = "https://gitlab.com/gitlab-org/charts/gitlab-runner/-/merge_requests/558"
_RESTART_LOOP = (
    "When what it asks for is away, every replica is restarted, again and again, although none of them is broken. A short outage elsewhere "
    "becomes a long one here."
)

TRAFFIC_RULES = (
    Rule(
        id="PV113",
        name="no-readiness",
        severity=ERROR,
        title="A container that a Service leads to has no readiness probe",
        why="It gets requests as soon as its process runs, before it listens: each start, each rollout and each restart loses requests.",
        fix="Add a readiness probe that passes once the container can serve.",
        source=f"{_PROBES_DOC}; {_WORKER}, newWorker",
    ),
    Rule(
        id="PV114",
        name="service-ignores-readiness",
        severity=ERROR,
        title="A Service sends traffic to pods that aren't ready",
        why="publishNotReadyAddresses makes every readiness probe behind it meaningless: pods get requests while they start and fail.",
        fix="Leave publishNotReadyAddresses out, or keep it to a headless Service by which the pods of a cluster find each other.",
        source="k8s.io/endpointslice/utils.go, podToEndpoint",
    ),
    Rule(
        id="PV115",
        name="readiness-on-other-port",
        severity=WARNING,
        title="Readiness asks a port that no Service leads to",
        why="A management port may answer while the one that carries the traffic doesn't: the pod is called ready and loses requests.",
        fix="Ask the port that the traffic goes to.",
        source=_PROBES_DOC,
    ),
    Rule(
        id="PV116",
        name="scheme-contradicts-port",
        severity=WARNING,
        title="A probe speaks HTTPS to a plain port, or HTTP to one of TLS",
        why="A plain server answers a TLS handshake with an error, and a TLS server answers plain HTTP with 400: the probe can't pass.",
        fix="Give the scheme that the port speaks, or correct the port's name or appProtocol.",
        source="kubernetes/pkg/probe/http/http.go, DoHTTPProbe",
    ),
    Rule(
        id="PV117",
        name="sidecar-start-unknown",
        severity=WARNING,
        title="A sidecar has neither a startup nor a readiness probe",
        why=(
            "The containers after it start as soon as its process runs, whether or not it works yet; and the pod counts as ready whatever "
            "becomes of it."
        ),
        fix="Add a startup probe if others need it to start, a readiness probe if it takes part in serving.",
        source="https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/",
    ),
)

RESTART_RULES = (
    Rule(
        id="PV118",
        name="liveness-equals-readiness",
        severity=WARNING,
        title="Liveness and readiness ask the same question",
        why=f"Whatever makes the container unready also has it restarted, so it can't just wait. {_RESTART_LOOP}",
        fix="Let liveness ask whether the process itself works, and readiness whether it can serve.",
        source=f"{_PROBES_DOC}; {_GITLAB}",
    ),
    Rule(
        id="PV119",
        name="restart-asks-elsewhere",
        severity=ERROR,
        title="A liveness or startup probe's command asks another host",
        why=_RESTART_LOOP,
        fix="Ask the container itself; dependencies belong to readiness.",
        source=f"{_PROBES_DOC}; {_GITLAB}",
    ),
    Rule(
        id="PV120",
        name="liveness-runs-client",
        severity=WARNING,
        title="Liveness runs a client program",
        why=(
            "Each try starts a process and a connection, which fail just when the container is short of memory, processes or connections: "
            "load becomes restarts. An image without that program errs for ever, which never counts."
        ),
        fix="Use httpGet, tcpSocket or grpc: the kubelet asks without starting anything.",
        source="kubernetes/pkg/probe/exec/exec.go; https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/",
    ),
    Rule(
        id="PV121",
        name="restart-on-aggregate",
        severity=WARNING,
        title="A liveness or startup probe's path looks like readiness, or like the health of everything together",
        why=_RESTART_LOOP,
        fix="Ask a path that answers for the process alone, such as /livez.",
        source="https://docs.spring.io/spring-boot/reference/actuator/endpoints.html#actuator.endpoints.kubernetes-probes",
    ),
)

TIMING_RULES = (
    Rule(
        id="PV122",
        name="timeout-over-period",
        severity=WARNING,
        title="A probe may take longer than its period",
        why="Tries don't overlap: a slow answer makes the next try late, and failures are noticed later than the numbers promise.",
        fix="Make timeoutSeconds at most periodSeconds.",
        source=f"{_WORKER}, run",
    ),
    Rule(
        id="PV123",
        name="timeout-short",
        severity=WARNING,
        title="A probe gives less than 2 seconds to answer",
        why=(
            "A pause of the garbage collector, a throttled CPU or a busy node takes a second now and then: the container is called broken "
            "under load, when it is needed most. 1 second is the default."
        ),
        fix="Give timeoutSeconds of 2 or more; a startup probe's tries may be short, they only begin again.",
        source="kubernetes/pkg/apis/core/v1/defaults.go, SetDefaults_Probe",
    ),
    Rule(
        id="PV124",
        name="killed-before-drained",
        severity=WARNING,
        title="Liveness decides no later than readiness",
        why=(
            "A container that stops answering is killed before it is taken out of the Service: requests go on coming until then, and it "
            "has no chance to recover in peace."
        ),
        fix="Give liveness more time than readiness: a longer period, or a higher failureThreshold.",
        source=f"{_PROBES_DOC}; {_WORKER}, doProbe",
    ),
    Rule(
        id="PV125",
        name="liveness-impatient",
        severity=WARNING,
        title="Liveness kills after fewer than 3 failures",
        why="One or two lost answers are noise; a restart for noise loses what was in flight and comes back cold.",
        fix="Give failureThreshold of 3 or more; 3 is the default.",
        source="kubernetes/pkg/apis/core/v1/defaults.go, SetDefaults_Probe",
    ),
    Rule(
        id="PV126",
        name="delay-for-startup",
        severity=WARNING,
        title="A long initial delay stands in for a startup probe",
        why="A slower start than foreseen is killed, again and again; a quicker one isn't watched meanwhile, after each restart anew.",
        fix="Add a startup probe with room for the slowest start, and leave initialDelaySeconds out.",
        source=f"{_PROBES_DOC}; {_WORKER}, doProbe",
    ),
    Rule(
        id="PV127",
        name="startup-budget-short",
        severity=WARNING,
        title="A startup probe leaves less than 30 seconds to start",
        why="A busy node or a cold cache is slower than a developer's machine: the container is killed while it starts, each time anew.",
        fix="Raise failureThreshold: a container that is up sooner isn't held back by it.",
        source=f"{_PROBES_DOC}; {_WORKER}, doProbe",
    ),
    Rule(
        id="PV128",
        name="startup-budget-over-deadline",
        severity=WARNING,
        title="A startup probe leaves more time than the rollout has",
        why="The rollout is reported as failed while its containers may still be starting as they are allowed to.",
        fix="Raise progressDeadlineSeconds above the startup budget, or lower the budget.",
        source="https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#progress-deadline-seconds",
    ),
    Rule(
        id="PV129",
        name="exec-often",
        severity=WARNING,
        title="A command is run as a probe more often than every 10 seconds",
        why="Each try starts a process in the container, at its CPU and memory limits; with many pods a node is busy with nothing else.",
        fix="Use httpGet, tcpSocket or grpc, or a periodSeconds of 10 or more.",
        source="https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#define-a-liveness-command",
    ),
)

AVAILABILITY_RULES = (
    Rule(
        id="PV130",
        name="grace-too-short",
        severity=WARNING,
        title="Too little time is left to finish requests at the end",
        why="preStop is part of the grace period; what isn't finished when that is over is killed, with the requests that it was serving.",
        fix="Make terminationGracePeriodSeconds at least preStop + the longest request, and 10 seconds more than preStop.",
        source="https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination",
    ),
    Rule(
        id="PV131",
        name="probe-grace-over-pod",
        severity=WARNING,
        title="A probe's grace period is longer than the pod's",
        why="A container that hangs is given more time than one that is asked to end in good order: it stays broken for longer.",
        fix="Make the probe's terminationGracePeriodSeconds at most the pod's, or leave it out.",
        source="kubernetes/pkg/kubelet/kuberuntime/kuberuntime_container.go, setTerminationGracePeriod",
    ),
    Rule(
        id="PV132",
        name="rollout-takes-all",
        severity=WARNING,
        title="A rollout may take away all pods at once",
        why="Between the last old pod and the first new one that is ready, the Service leads nowhere.",
        fix="Use RollingUpdate with maxUnavailable: 0 and maxSurge: 1.",
        source="kubernetes/pkg/controller/deployment/util/deployment_util.go, ResolveFenceposts",
    ),
    Rule(
        id="PV133",
        name="single-replica",
        severity=INFO,
        title="One pod carries all the traffic of a Service",
        why="When its node is drained or lost, or its container restarts, nobody serves until another one is ready.",
        fix="Run two or more replicas, or accept the gap and say so.",
        source="https://kubernetes.io/docs/concepts/workloads/pods/disruptions/",
    ),
    Rule(
        id="PV134",
        name="budget-blocks-drains",
        severity=ERROR,
        title="A PodDisruptionBudget allows no pod to be evicted, ever",
        why="No node that runs one of its pods can be drained: upgrades of the cluster stop there until somebody deletes the budget.",
        fix="Use maxUnavailable: 1, with two replicas or more.",
        source="kubernetes/pkg/controller/disruption/disruption.go, getExpectedPodCount",
    ),
    Rule(
        id="PV135",
        name="budget-protects-nothing",
        severity=WARNING,
        title="A PodDisruptionBudget allows all pods to be evicted at once",
        why="It looks like protection and is none: draining several nodes takes all pods away together.",
        fix="Use maxUnavailable: 1.",
        source="kubernetes/pkg/controller/disruption/disruption.go, getExpectedPodCount",
    ),
    Rule(
        id="PV136",
        name="image-latest",
        severity=WARNING,
        title="The image is whatever is the latest",
        why="What was proven isn't what runs after the next start, two pods of one release may differ, and a rollback brings nothing back.",
        fix="Name the image by digest: name@sha256:…",
        source="https://kubernetes.io/docs/concepts/containers/images/#image-names",
    ),
    Rule(
        id="PV137",
        name="image-by-tag",
        severity=INFO,
        title="The image is named by a tag alone",
        why="A tag can be moved to another image: what was proven need not be what runs.",
        fix="Name the image by digest: name@sha256:…",
        source="https://kubernetes.io/docs/concepts/containers/images/#image-names",
    ),
)
