# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which dependencies a component has, and by which names it calls them. Pure: no Secret and no environment variable is looked at."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._drill.model import DEGRADED, UNREADY, Dependency
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

ANNOTATION = "proven.webapp/depends-on"
COMPONENT, INSTANCE = "app.kubernetes.io/component", "app.kubernetes.io/instance"
KEYS = ("host", "port", "ports", "aliases", "on_loss")
CLUSTER_DOMAIN = "cluster.local"


@dataclass(frozen=True)
class Found:
    """:ivar not_shown: dependencies that can't be drilled, each with the reason."""

    dependencies: tuple[Dependency, ...] = ()
    not_shown: tuple[str, ...] = ()


def find_dependencies(
    workload: Mapping[str, Any], given: Mapping[str, Mapping[str, Any]], services: Sequence[Mapping[str, Any]], own_ports: Sequence[int]
) -> Found:
    """What is declared on the workload, completed and corrected by what is given.

    A dependency without a host is a component of the same release: its Service has the name and the ports.

    :param given: dependency → {host, port or ports, aliases, on_loss}, each of them optional.
    :param services: of the namespace.
    :param own_ports: that the pod's containers declare: a proxy can't listen there as well.
    :raises ProvenError: what is given makes no sense.
    """
    declared = _declared(workload)
    found: list[Dependency] = []
    not_shown: list[str] = []
    for name in dict.fromkeys([*declared, *given]):
        raw = given.get(name) or {}
        where = f"depends_on.{name}"
        if unknown := set(raw) - set(KEYS):
            raise ProvenError(f"unknown: {', '.join(sorted(unknown))}", where=where, fix=f"known are {', '.join(KEYS)}")
        on_loss = str(raw.get("on_loss") or declared.get(name) or UNREADY)
        if on_loss not in (UNREADY, DEGRADED):
            raise ProvenError(f"on_loss is {on_loss}", where=where, fix=f"say {UNREADY} or {DEGRADED}")
        hosts, ports = _address(raw, name, workload, services, where)
        reason = _obstacle(hosts, ports, own_ports)
        if reason:
            not_shown.append(f"{name}: {reason}")
        else:
            found.append(Dependency(name, hosts, ports, on_loss))
    return Found(tuple(found), tuple(not_shown))


def _declared(workload: Mapping[str, Any]) -> dict[str, str]:
    """Dependency → on_loss, of the workload's annotation.

    :raises ProvenError: it isn't the JSON that our chart writes.
    """
    text = (workload["metadata"].get("annotations") or {}).get(ANNOTATION)
    if not text:
        return {}
    try:
        raw = json.loads(text)
        return {str(name): str(value.get("on_loss", UNREADY) if isinstance(value, Mapping) else value) for name, value in raw.items()}
    except (ValueError, AttributeError) as error:
        where = f"annotation {ANNOTATION} of {workload['metadata']['name']}"
        raise ProvenError("This is no map of dependencies.", where=where, fix='write JSON such as {"database": "unready"}') from error


def _address(
    raw: Mapping[str, Any], name: str, workload: Mapping[str, Any], services: Sequence[Mapping[str, Any]], where: str
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """(names, ports); empty where they aren't known."""
    namespace = str(workload["metadata"].get("namespace", ""))
    host = str(raw.get("host") or "")
    service = _service(host, namespace, services) if host else _of_component(name, workload, services)
    numbers = raw.get("ports") or ([raw["port"]] if raw.get("port") else [])
    try:
        ports = tuple(int(port) for port in numbers)
    except (TypeError, ValueError) as error:
        raise ProvenError(f"no port: {numbers}", where=where, fix="give a number") from error
    if service is not None:
        host = host or str(service["metadata"]["name"])
        ports = ports or tuple(int(port["port"]) for port in service["spec"].get("ports") or [] if port.get("protocol", "TCP") == "TCP")
    aliases = tuple(str(alias) for alias in raw.get("aliases") or ())
    names = _names(host, namespace, service is not None) if host else ()
    return tuple(dict.fromkeys((*names, *aliases))), ports


def _names(host: str, namespace: str, of_service: bool) -> tuple[str, ...]:
    """The host first, then whatever else it may be called by."""
    if not of_service:
        return (host,)
    service = host.split(".")[0]
    return (host, service, f"{service}.{namespace}", f"{service}.{namespace}.svc", f"{service}.{namespace}.svc.{CLUSTER_DOMAIN}")


def _service(host: str, namespace: str, services: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The Service of this namespace that a host name stands for."""
    name, _dot, rest = host.rstrip(".").partition(".")
    if rest not in ("", namespace, f"{namespace}.svc", f"{namespace}.svc.{CLUSTER_DOMAIN}"):
        return None
    return next((item for item in services if item["metadata"]["name"] == name), None)


def _of_component(name: str, workload: Mapping[str, Any], services: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The Service of another component of the same release: one with an address of its own before a headless one."""
    release = (workload["metadata"].get("labels") or {}).get(INSTANCE)
    own = [
        item
        for item in services
        if (labels := item["metadata"].get("labels") or {}).get(COMPONENT) == name and release and labels.get(INSTANCE) == release
    ]
    own.sort(key=lambda item: (item["spec"].get("clusterIP") == "None", len(item["metadata"]["name"])))
    return next(iter(own), None)


def _obstacle(hosts: Sequence[str], ports: Sequence[int], own_ports: Sequence[int]) -> str:
    """Why a dependency can't be lost in a clone; empty where it can."""
    if not hosts:
        return "its host isn't known: no component of the release has that name, and none was given"
    if not ports:
        return "its port isn't known: give one"
    for host in hosts[:1]:
        try:
            ipaddress.ip_address(host)
        except ValueError:
            continue
        return f"{host} is an address: nothing looks its name up, so nothing can be put before it"
    taken = sorted(set(ports) & set(own_ports))
    if taken:
        return f"the application listens on port {taken[0]} itself, where the proxy would have to"
    return ""
