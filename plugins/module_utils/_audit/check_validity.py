# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks of what the API server refuses and of what can never work."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._audit.checks import INIT, SUBJECT, VALIDITY, Fault, check, probe_check
from ansible_collections.proven.webapp.plugins.module_utils._audit.exceptions import ANNOTATION, read_annotation
from ansible_collections.proven.webapp.plugins.module_utils._audit.model import Container, Subject
from ansible_collections.proven.webapp.plugins.module_utils._audit.shown import handler_shown, probe_shown
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._probes.model import KINDS, LIVENESS, READINESS, STARTUP, Grpc, Probe

HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")
PORTED = ("httpGet", "tcpSocket", "grpc")
NOT_NEGATIVE = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")
MOST_PORT = 65535
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def raw_probe(container: Container, kind: str) -> Mapping[str, Any]:
    """A probe as it is declared, with the right types."""
    declared: Mapping[str, Any] = container.raw.get(f"{kind}Probe", {})
    return declared


def mistyped(container: Container, kind: str) -> bool:
    """Is something of a probe left out because of its type? Then that is told, and not that it is missing."""
    misfits = container.workload.subject.misfits
    return any(misfit.container == container.name and misfit.probe == kind and not misfit.unknown for misfit in misfits)


@check("PV101", SUBJECT)
def wrong_type(subject: Subject) -> Iterator[Fault]:
    for misfit in subject.misfits:
        if not misfit.unknown:
            yield Fault(f"{misfit.path} {misfit.text}", container=misfit.container, probe=misfit.probe)


@check("PV102", SUBJECT)
def unknown_field(subject: Subject) -> Iterator[Fault]:
    for misfit in subject.misfits:
        if misfit.unknown:
            yield Fault(f"{misfit.path} {misfit.text}", container=misfit.container, probe=misfit.probe)


@check("PV138", SUBJECT)
def exception_unreadable(subject: Subject) -> Iterator[Fault]:
    try:
        read_annotation(subject)
    except ProvenError as error:
        yield Fault(error.what, {"metadata": {"annotations": {ANNOTATION: "PV118: why that is right here"}}})


@probe_check("PV103", VALIDITY)
def not_one_handler(container: Container, probe: Probe) -> Iterator[Fault]:
    given = [name for name in HANDLERS if name in raw_probe(container, probe.kind)]
    if len(given) > 1:
        yield Fault(f"it has {' and '.join(given)}", handler_shown(raw_probe(container, probe.kind), given[0]))
    elif not given and not mistyped(container, probe.kind):
        yield Fault(f"it has none of {', '.join(HANDLERS)}", {"httpGet": {"path": "/livez", "port": 8080}})


@probe_check("PV104", VALIDITY)
def handler_incomplete(container: Container, probe: Probe) -> Iterator[Fault]:
    raw = raw_probe(container, probe.kind)
    for name in PORTED:
        if name in raw and "port" not in raw[name] and not mistyped(container, probe.kind):
            yield Fault(f"{name} has no port", {name: {**handler_shown(raw, name)[name], "port": 8080}})
    if "exec" in raw and not raw["exec"].get("command") and not mistyped(container, probe.kind):
        yield Fault("exec has no command", {"exec": {"command": ["/bin/check"]}})
    http = raw.get("httpGet", {})
    if http.get("scheme", "HTTP") not in ("HTTP", "HTTPS", ""):
        yield Fault(f"the scheme is {http['scheme']}", {"httpGet": {**handler_shown(raw, "httpGet")["httpGet"], "scheme": "HTTP"}})
    for header in http.get("httpHeaders", []):
        if not re.fullmatch(r"[-A-Za-z0-9]+", header.get("name", "")):
            yield Fault("a header's name is empty, or has other characters than letters, digits and hyphens")


def valid_port_name(name: str) -> bool:
    """IsValidPortName (k8s.io/apimachinery/pkg/util/validation)."""
    allowed = re.fullmatch(r"[-a-z0-9]{1,15}", name) and re.search(r"[a-z]", name)
    return bool(allowed) and "--" not in name and not name.startswith("-") and not name.endswith("-")


@probe_check("PV105", VALIDITY)
def port_invalid(container: Container, probe: Probe) -> Iterator[Fault]:
    raw = raw_probe(container, probe.kind)
    for name in PORTED:
        port = raw.get(name, {}).get("port")
        if isinstance(port, int) and not 1 <= port <= MOST_PORT:
            yield Fault(f"{name}'s port is {port}", {name: {**handler_shown(raw, name)[name], "port": 8080}})
        elif isinstance(port, str) and name != "grpc" and not valid_port_name(port):
            number = int(port) if port.isascii() and port.isdigit() and len(port) < 6 else 8080
            yield Fault(f'{name}\'s port is the text "{port}"', {name: {**handler_shown(raw, name)[name], "port": number}})


@probe_check("PV106", VALIDITY)
def port_name_unknown(container: Container, probe: Probe) -> Iterator[Fault]:
    raw = raw_probe(container, probe.kind)
    names = [item.get("name", "") for item in container.raw.get("ports", [])]
    for name in ("httpGet", "tcpSocket"):
        port = raw.get(name, {}).get("port")
        if isinstance(port, str) and valid_port_name(port) and port not in names:
            known = f"this container's ports are {', '.join(filter(None, names))}" if any(names) else "this container names no port"
            corrected = {"ports": [{"name": port, "containerPort": 8080}]}
            yield Fault(f"{name}'s port is {port}; {known}", corrected, whole=True)


@probe_check("PV107", VALIDITY)
def grpc_port_named(container: Container, probe: Probe) -> Iterator[Fault]:
    for handler in probe.handlers:
        if isinstance(handler, Grpc) and isinstance(handler.port, str):
            named = (item.get("containerPort") for item in container.raw.get("ports", []) if item.get("name") == handler.port)
            yield Fault(f'grpc\'s port is the text "{handler.port}"', {"grpc": {"port": next(named, None) or 8080}})


@probe_check("PV108", VALIDITY)
def number_out_of_range(container: Container, probe: Probe) -> Iterator[Fault]:
    raw = raw_probe(container, probe.kind)
    for name in NOT_NEGATIVE:
        if name in raw and raw[name] < 0:
            yield Fault(f"{name} is {raw[name]}", {name: 0})
    if probe.kind != READINESS and probe.termination_grace is not None and probe.termination_grace <= 0:
        yield Fault(f"terminationGracePeriodSeconds is {probe.termination_grace}", {"terminationGracePeriodSeconds": 1})


@probe_check("PV109", VALIDITY, LIVENESS, STARTUP)
def success_threshold(_container: Container, probe: Probe) -> Iterator[Fault]:
    if probe.success_threshold > 1:
        yield Fault(f"successThreshold is {probe.success_threshold}", {"successThreshold": 1})


@probe_check("PV110", VALIDITY, READINESS)
def readiness_grace(container: Container, probe: Probe) -> Iterator[Fault]:
    if probe.termination_grace is not None:
        corrected = probe_shown(raw_probe(container, READINESS), without="terminationGracePeriodSeconds")
        yield Fault(f"terminationGracePeriodSeconds is {probe.termination_grace}", corrected)


@check("PV111", INIT)
def probe_on_init_container(container: Container) -> Iterator[Fault]:
    given = [f"{kind}Probe" for kind in KINDS if f"{kind}Probe" in container.raw]
    if given:
        yield Fault(f"it has {' and '.join(given)}, and no restartPolicy: Always", {"restartPolicy": "Always"})


def own_host(container: Container, host: str) -> bool:
    """May this be the pod itself? On the node's network it has the node's loopback, and may listen there alone; a single pod there, such as
    those that the kubelet runs by itself, may name its node's address."""
    workload = container.workload
    if not workload.pod.get("hostNetwork"):
        return False
    return host in LOOPBACK or (workload.subject.kind == "Pod" and is_address(host))


def is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@probe_check("PV112", VALIDITY)
def other_host(container: Container, probe: Probe) -> Iterator[Fault]:
    raw = raw_probe(container, probe.kind)
    for name in ("httpGet", "tcpSocket"):
        host = raw.get(name, {}).get("host")
        if host and not own_host(container, host):
            shown = handler_shown(raw, name)[name]
            yield Fault(f"{name}'s host is {host}", {name: {key: value for key, value in shown.items() if key != "host"}})
