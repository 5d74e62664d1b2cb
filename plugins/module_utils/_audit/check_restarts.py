# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks of what makes a container restart."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ansible_collections.proven.webapp.plugins.module_utils._audit.check_traffic import port_of
from ansible_collections.proven.webapp.plugins.module_utils._audit.checks import CONTAINER, DESIGN, Fault, check, probe_check
from ansible_collections.proven.webapp.plugins.module_utils._audit.commands import client_in, other_host_in
from ansible_collections.proven.webapp.plugins.module_utils._audit.model import Container
from ansible_collections.proven.webapp.plugins.module_utils._audit.shown import path_shown
from ansible_collections.proven.webapp.plugins.module_utils._probes.model import (
    LIVENESS,
    READINESS,
    STARTUP,
    Exec,
    Grpc,
    HttpGet,
    Probe,
    TcpSocket,
)

_READY = re.compile(r"(?:^|[/_.-])(?:ready|readyz|readiness|readinessz)(?:$|[/_.-])", re.IGNORECASE)
_AGGREGATE = re.compile(
    # Spring Boot, Quarkus and MicroProfile put everything together there.
    r"/(?:actuator|manage|management|q)/health/?"
    r"|.*/health(?:z|check)?/(?:full|all|deep|db|database|redis|cache|dependencies|details?|external)/?"
    r"|.*/(?:deep|full)[-_/]?(?:health|check|healthcheck)z?/?"
    r"|.*/dependencies/?",
    re.IGNORECASE,
)


def question(container: Container, probe: Probe) -> tuple[object, ...] | None:
    """What a probe asks, so that two can be compared; None where it can't ask."""
    handler, number = probe.handler, port_of(container, probe)
    if isinstance(handler, Exec):
        return ("exec", handler.command) if handler.command else None
    if number is None:
        return None
    match handler:
        case HttpGet():
            return ("http", number, handler.path, handler.scheme, handler.host, frozenset(handler.headers))
        case TcpSocket():
            return ("tcp", number, handler.host)
        case Grpc():
            return ("grpc", number, handler.service)
    return None


def asked(container: Container, probe: Probe) -> str:
    """What a probe asks, in words."""
    match probe.handler:
        case HttpGet(path=path):
            return f"{path_shown(path)} on port {port_of(container, probe)}"
        case Exec(command=command):
            return f"the command {command[0]}"
    return f"port {port_of(container, probe)}"


@check("PV118", CONTAINER)
def liveness_equals_readiness(container: Container) -> Iterator[Fault]:
    liveness, readiness = container.sound(LIVENESS), container.sound(READINESS)
    if liveness and readiness:
        same = question(container, liveness)
        if same is not None and same == question(container, readiness):
            corrected = {"livenessProbe": {"httpGet": {"path": "/livez"}}} if isinstance(liveness.handler, HttpGet) else {}
            yield Fault(f"both ask {asked(container, liveness)}", corrected)


@probe_check("PV119", DESIGN, LIVENESS, STARTUP)
def restart_asks_elsewhere(container: Container, probe: Probe) -> Iterator[Fault]:
    if isinstance(probe.handler, Exec):
        host = other_host_in(probe.handler.command)
        if host:
            yield Fault(f"its command asks {host}", {"httpGet": {"path": "/livez", "port": _own_port(container)}, "exec": None})


@probe_check("PV120", DESIGN, LIVENESS)
def liveness_runs_client(container: Container, probe: Probe) -> Iterator[Fault]:
    if isinstance(probe.handler, Exec):
        client = client_in(probe.handler.command)
        # Another host is worse, and has a rule of its own.
        if client and not other_host_in(probe.handler.command):
            yield Fault(f"it runs {client}", {"tcpSocket": {"port": _own_port(container)}, "exec": None})


@probe_check("PV121", DESIGN, LIVENESS, STARTUP)
def restart_on_aggregate(_container: Container, probe: Probe) -> Iterator[Fault]:
    if isinstance(probe.handler, HttpGet):
        path = probe.handler.path.partition("?")[0]
        looks = "readiness" if _READY.search(path) else "an aggregated health" if _AGGREGATE.fullmatch(path) else ""
        if looks:
            yield Fault(f"it asks {path}, which looks like {looks}", {"httpGet": {"path": "/livez"}})


def _own_port(container: Container) -> int | str:
    """A port of the container, to show how it would be asked."""
    ports = container.raw.get("ports") or [{}]
    port: int | str = ports[0].get("name") or ports[0].get("containerPort") or 8080
    return port
