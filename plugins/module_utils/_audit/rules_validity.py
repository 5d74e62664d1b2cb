# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rules that say: the API server refuses it, or the probe can never work."""

from __future__ import annotations

from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import ERROR, Rule

_VALIDATION = "kubernetes/pkg/apis/core/validation/validation.go"
_REFUSED = "The API server refuses the object: nothing is deployed, and what ran before goes on running."
_NEVER_COUNTS = (
    "The kubelet can't even ask. As readiness or startup the container is never ready; as liveness it passes for healthy for ever, and the "
    "only sign is an event."
)

VALIDITY_RULES = (
    Rule(
        id="PV101",
        name="wrong-type",
        severity=ERROR,
        title="A field has the wrong type",
        why=_REFUSED,
        fix="Write the type that the field has; numbers without quotes, text that looks like a number or a truth value in quotes.",
        source="k8s.io/api/core/v1/types.go",
    ),
    Rule(
        id="PV102",
        name="unknown-field",
        severity=ERROR,
        title="A probe has a field that there isn't",
        why="A strict client refuses the object; a lenient one drops the field silently, and the probe runs with the default instead.",
        fix="Correct the name; upper and lower case count.",
        source="https://kubernetes.io/docs/reference/using-api/api-concepts/#setting-the-field-validation-level",
    ),
    Rule(
        id="PV103",
        name="not-one-handler",
        severity=ERROR,
        title="A probe has no handler, or more than one",
        why=_REFUSED,
        fix="Give exactly one of httpGet, tcpSocket, grpc and exec.",
        source=f"{_VALIDATION}, validateHandler",
    ),
    Rule(
        id="PV104",
        name="handler-incomplete",
        severity=ERROR,
        title="A probe's handler lacks what it needs",
        why=_REFUSED,
        fix="Give httpGet, tcpSocket and grpc a port, exec a command, and httpGet a scheme of HTTP or HTTPS if any.",
        source=f"{_VALIDATION}, validateHTTPGetAction, validateExecAction, validateGRPCAction",
    ),
    Rule(
        id="PV105",
        name="port-invalid",
        severity=ERROR,
        title="A probe's port is no port",
        why=_REFUSED,
        fix="Give a number from 1 to 65535, without quotes, or the name of one of the container's ports.",
        source=f"{_VALIDATION}, ValidatePortNumOrName; k8s.io/apimachinery/pkg/util/validation, IsValidPortName",
    ),
    Rule(
        id="PV106",
        name="port-name-unknown",
        severity=ERROR,
        title="A probe's port name isn't one of the container's",
        why=_NEVER_COUNTS,
        fix="Name the port in the same container's ports, or give the number; names of other containers' ports don't count.",
        source="kubernetes/pkg/probe/util.go, ResolveContainerPort; kubernetes/pkg/kubelet/prober/worker.go, doProbe",
    ),
    Rule(
        id="PV107",
        name="grpc-port-named",
        severity=ERROR,
        title="A gRPC probe's port is a name",
        why=_REFUSED,
        fix="Give the number: gRPC probes know no port names.",
        source="k8s.io/api/core/v1/types.go, GRPCAction",
    ),
    Rule(
        id="PV108",
        name="number-out-of-range",
        severity=ERROR,
        title="A probe's number is outside of what is allowed",
        why=_REFUSED,
        fix="Times and thresholds must not be negative, and a probe's terminationGracePeriodSeconds is 1 or more.",
        source=f"{_VALIDATION}, validateProbe",
    ),
    Rule(
        id="PV109",
        name="success-threshold",
        severity=ERROR,
        title="A liveness or startup probe wants more than one success",
        why=_REFUSED,
        fix="Leave successThreshold out: only readiness may have another than 1.",
        source=f"{_VALIDATION}, validateLivenessProbe, validateStartupProbe",
    ),
    Rule(
        id="PV110",
        name="readiness-grace",
        severity=ERROR,
        title="A readiness probe has a termination grace period",
        why=_REFUSED,
        fix="Leave terminationGracePeriodSeconds out: a failing readiness probe ends nothing.",
        source=f"{_VALIDATION}, validateReadinessProbe",
    ),
    Rule(
        id="PV111",
        name="probe-on-init-container",
        severity=ERROR,
        title="An init container that has to end has a probe",
        why=_REFUSED,
        fix="Leave the probe out, or make it a sidecar by restartPolicy: Always if it is meant to run beside the others.",
        source=f"{_VALIDATION}, validateInitContainers",
    ),
    Rule(
        id="PV112",
        name="other-host",
        severity=ERROR,
        title="A probe asks another host than its own pod",
        why=(
            "The kubelet asks from the node: 127.0.0.1 is the node itself, and any other name is the same for all pods. The answer says "
            "nothing about this pod, and one fault there takes down every replica at once."
        ),
        fix="Leave host out. A virtual host's name goes into httpHeaders as Host.",
        source="kubernetes/pkg/probe/http/request.go, NewRequestForHTTPGetAction; kubernetes/pkg/kubelet/prober/prober.go, runProbe",
    ),
    Rule(
        id="PV138",
        name="exception-unreadable",
        severity=ERROR,
        title="An exception on the object can't be read",
        why="The exception isn't applied: what it was meant for is reported, or what it was not meant for might pass unseen.",
        fix='Write proven.webapp/audit-ignore: "PV118: why that is right here; PV120: why that is, too", each with a reason in words.',
        source="this collection",
    ),
)
