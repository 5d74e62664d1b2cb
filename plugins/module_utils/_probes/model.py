# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A probe as the kubelet sees it: read from a manifest, with the API server's defaults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

STARTUP, LIVENESS, READINESS = "startup", "liveness", "readiness"
KINDS = (STARTUP, LIVENESS, READINESS)


@dataclass(frozen=True)
class HttpGet:
    """:ivar port: number or name, as declared; see `resolve_port`.
    :ivar path: as declared, query included; `/` when empty.
    :ivar scheme: HTTP or HTTPS.
    :ivar host: empty stands for the pod's address.
    :ivar headers: (name, value), in order; names may repeat.
    """

    port: int | str
    path: str = "/"
    scheme: str = "HTTP"
    host: str = ""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class TcpSocket:
    """:ivar host: empty stands for the pod's address."""

    port: int | str
    host: str = ""


@dataclass(frozen=True)
class Grpc:
    """:ivar port: a number; a name is refused by the API server, and kept here for the audit to tell.
    :ivar service: empty asks for the server as a whole.
    """

    port: int | str
    service: str = ""


@dataclass(frozen=True)
class Exec:
    command: tuple[str, ...]


Handler: TypeAlias = "HttpGet | TcpSocket | Grpc | Exec"


@dataclass(frozen=True)
class Probe:
    """One declared probe with its defaults (pkg/apis/core/v1/defaults.go, SetDefaults_Probe).

    :ivar kind: startup, liveness or readiness.
    :ivar handlers: what it declares to do; the API server accepts exactly one.
    :ivar termination_grace: seconds, or None for the pod's.

    All times are whole seconds.
    """

    kind: str
    handlers: tuple[Handler, ...]
    initial_delay: int = 0
    timeout: int = 1
    period: int = 10
    success_threshold: int = 1
    failure_threshold: int = 3
    termination_grace: int | None = None

    @cached_property
    def handler(self) -> Handler | None:
        """The one that the kubelet would run: exec before HTTP, TCP and gRPC (pkg/kubelet/prober/prober.go, runProbe)."""
        return next((handler for kind in (Exec, HttpGet, TcpSocket, Grpc) for handler in self.handlers if isinstance(handler, kind)), None)


LONGEST_PORT = 18
"""Digits; Go's int takes as many whatever they are, and refuses more than 19."""


class PortError(ValueError):
    """A probe's port leads nowhere; the text is the kubelet's own."""


def resolve_port(port: int | str, container: Mapping[str, Any]) -> int:
    """The number of a probe's port (pkg/probe/util.go, ResolveContainerPort).

    :param container: v1.Container; a name is looked up among its own ports alone.
    :raises PortError: no such name, or no valid number.
    """
    if isinstance(port, str):
        named = next((item.get("containerPort") for item in container.get("ports") or [] if item.get("name") == port), None)
        if named is None and not (port.isascii() and port.isdigit()):
            raise PortError(f'strconv.Atoi: parsing "{port}": invalid syntax')
        if named is None and len(port) > LONGEST_PORT:
            raise PortError(f'strconv.Atoi: parsing "{port}": value out of range')
        number = int(named if named is not None else port)
    else:
        number = port
    if not 0 < number < 65536:
        raise PortError(f"invalid port number: {number}")
    return number


def read_handlers(raw: Mapping[str, Any]) -> tuple[Handler, ...]:
    """What a v1.Probe declares to do; fields of a wrong type are left to the caller's own checks."""
    found: list[Handler] = []
    http = raw.get("httpGet")
    if isinstance(http, Mapping):
        headers = tuple((str(item.get("name", "")), str(item.get("value", ""))) for item in http.get("httpHeaders") or [])
        found.append(
            HttpGet(
                port=http.get("port", 0),
                path=http.get("path") or "/",
                scheme=http.get("scheme") or "HTTP",
                host=http.get("host") or "",
                headers=headers,
            )
        )
    tcp = raw.get("tcpSocket")
    if isinstance(tcp, Mapping):
        found.append(TcpSocket(port=tcp.get("port", 0), host=tcp.get("host") or ""))
    grpc = raw.get("grpc")
    if isinstance(grpc, Mapping):
        found.append(Grpc(port=grpc.get("port", 0), service=grpc.get("service") or ""))
    command = raw.get("exec")
    if isinstance(command, Mapping):
        found.append(Exec(command=tuple(str(word) for word in command.get("command") or [])))
    return tuple(found)


def read_probe(kind: str, raw: Mapping[str, Any]) -> Probe:
    """A v1.Probe with its defaults: 0 and absent are the same for timeout, period and thresholds.

    :param kind: startup, liveness or readiness.
    """
    return Probe(
        kind=kind,
        handlers=read_handlers(raw),
        initial_delay=int(raw.get("initialDelaySeconds") or 0),
        timeout=int(raw.get("timeoutSeconds") or 1),
        period=int(raw.get("periodSeconds") or 10),
        success_threshold=int(raw.get("successThreshold") or 1),
        failure_threshold=int(raw.get("failureThreshold") or 3),
        termination_grace=raw.get("terminationGracePeriodSeconds"),
    )


def probes_of(container: Mapping[str, Any]) -> Iterator[Probe]:
    """The probes that a v1.Container declares, in the order startup, liveness, readiness."""
    for kind in KINDS:
        raw = container.get(f"{kind}Probe")
        if isinstance(raw, Mapping):
            yield read_probe(kind, raw)


def is_sidecar(container: Mapping[str, Any]) -> bool:
    """Does an init container run beside the others? Those alone among the init containers may have probes."""
    return container.get("restartPolicy") == "Always"


def probed_containers(pod_spec: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The containers of a v1.PodSpec whose probes the kubelet runs: sidecars first, as they start."""
    sidecars = [container for container in pod_spec.get("initContainers") or [] if is_sidecar(container)]
    return [*sidecars, *(pod_spec.get("containers") or [])]
