# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks of how traffic and readiness fit together."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.proven.webapp.plugins.module_utils._audit.checks import (
    CONTAINER,
    DESIGN,
    SERVICE,
    WORKLOAD,
    Fault,
    check,
    probe_check,
)
from ansible_collections.proven.webapp.plugins.module_utils._audit.model import Container, Service, Workload
from ansible_collections.proven.webapp.plugins.module_utils._probes.model import (
    READINESS,
    STARTUP,
    Exec,
    Grpc,
    HttpGet,
    PortError,
    Probe,
    resolve_port,
)

SECURE, PLAIN = "TLS", "plain text"
SECURE_WORDS = {"https", "tls", "ssl"}
PLAIN_WORDS = {"http", "h2c"}
SECURE_PROTOCOLS = {"https", "kubernetes.io/wss"}
PLAIN_PROTOCOLS = {"http", "kubernetes.io/h2c", "kubernetes.io/ws"}


def port_of(container: Container, probe: Probe) -> int | None:
    """The number that a probe asks; None for a command, and where it leads nowhere."""
    handler = probe.handler
    if handler is None or isinstance(handler, Exec):
        return None
    try:
        return resolve_port(handler.port, container.raw)
    except PortError:
        return None


def _suggested(port: int | str) -> dict[str, object]:
    return {"readinessProbe": {"httpGet": {"path": "/readyz", "port": port}, "periodSeconds": 5, "timeoutSeconds": 3}}


@check("PV113", CONTAINER)
def no_readiness(container: Container) -> Iterator[Fault]:
    if container.targets and READINESS not in container.probes:
        service, port, number = container.targets[0]
        given = port.get("targetPort")
        what = f"{service.subject} leads to its port {number}, and it has no readiness probe"
        yield Fault(what, _suggested(given if isinstance(given, str) else number))


@check("PV113", WORKLOAD)
def no_readiness_at_all(workload: Workload) -> Iterator[Fault]:
    """Where none of several containers declares the port: which one serves can't be told."""
    serving = [container for container in workload.running if container.targets]
    ported = [service for service in workload.services if service.ports]
    if ported and not serving and not any(READINESS in container.probes for container in workload.running):
        yield Fault(f"{ported[0].subject} leads to it, and none of its containers has a readiness probe")


@check("PV114", SERVICE)
def service_ignores_readiness(service: Service) -> Iterator[Fault]:
    if service.selector and service.subject.raw.get("publishNotReadyAddresses") and not service.headless:
        yield Fault("publishNotReadyAddresses is true, and the Service isn't headless", {"spec": {"publishNotReadyAddresses": False}})


@probe_check("PV115", DESIGN, READINESS)
def readiness_on_other_port(container: Container, probe: Probe) -> Iterator[Fault]:
    number = port_of(container, probe)
    targets = sorted({target for _service, _port, target in container.targets})
    if number is not None and targets and number not in targets:
        handler = {HttpGet: "httpGet", Grpc: "grpc"}.get(type(probe.handler), "tcpSocket")
        what = f"it asks port {number}; Services lead to {', '.join(map(str, targets))}"
        yield Fault(what, {handler: {"port": targets[0]}})


def spoken(container: Container, number: int) -> tuple[str, str] | None:
    """(what a port speaks, who says so), by its name or a Service's appProtocol; None where nobody says."""
    names = [item.get("name", "") for item in container.raw.get("ports", []) if item.get("containerPort") == number]
    for name in names:
        words = set(name.lower().split("-"))
        if words & SECURE_WORDS:
            return SECURE, f"its name is {name}"
        if words & PLAIN_WORDS:
            return PLAIN, f"its name is {name}"
    for service, port, target in container.targets:
        protocol = port.get("appProtocol", "").lower()
        if target == number and protocol in SECURE_PROTOCOLS:
            return SECURE, f"{service.subject} says appProtocol: {port['appProtocol']}"
        if target == number and protocol in PLAIN_PROTOCOLS:
            return PLAIN, f"{service.subject} says appProtocol: {port['appProtocol']}"
    return None


@probe_check("PV116", DESIGN)
def scheme_contradicts_port(container: Container, probe: Probe) -> Iterator[Fault]:
    handler, number = probe.handler, port_of(container, probe)
    told = spoken(container, number) if number is not None else None
    if told is None:
        return
    speaks, evidence = told
    if isinstance(handler, HttpGet):
        asked = SECURE if handler.scheme == "HTTPS" else PLAIN
        if asked != speaks:
            what = f"it asks port {number} by {handler.scheme}, which speaks {speaks}: {evidence}"
            yield Fault(what, {"httpGet": {"scheme": "HTTPS" if speaks == SECURE else "HTTP"}})
    elif isinstance(handler, Grpc) and speaks == SECURE:
        yield Fault(f"gRPC probes know no TLS, which port {number} speaks: {evidence}", {"tcpSocket": {"port": number}})


@check("PV117", CONTAINER)
def sidecar_start_unknown(container: Container) -> Iterator[Fault]:
    if container.sidecar and STARTUP not in container.probes and READINESS not in container.probes:
        corrected = {"startupProbe": {"httpGet": {"path": "/livez", "port": 8080}, "periodSeconds": 2, "failureThreshold": 30}}
        yield Fault("it has neither a startup nor a readiness probe", corrected)
