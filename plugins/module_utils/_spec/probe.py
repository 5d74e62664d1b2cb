# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Probes: the short form and the whole of v1.Probe, validated as the API server would, and completed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._spec import rules
from ansible_collections.proven.webapp.plugins.module_utils._spec.model import Probes
from ansible_collections.proven.webapp.plugins.module_utils._spec.node import Node


def read_probes(node: Node, ports: Mapping[str, int] | None) -> Probes:
    """The three probes of a component.

    :param node: the ``probes`` key.
    :param ports: the component's ports by name; None where they are wrong themselves.
    """
    keys = node.keys(rules.PROBES, "{startup: /readyz, liveness: /livez, readiness: /readyz}")
    return Probes(**{name: _read_probe(keys[name], name, ports) for name in rules.PROBES})


def _read_probe(node: Node, name: str, ports: Mapping[str, int] | None) -> dict[str, Any] | None:
    """One probe as a complete v1.Probe, or None where there is none."""
    if not node.given:
        return None
    if isinstance(node.value, str):
        if ports is not None and not ports:
            node.fault("a path alone asks the component's first port, and it has none", "give it one under ports")
        handler = {"httpGet": {"path": node.text(rules.URL_PATH), "port": next(iter(ports or {}), "")}}
        return handler | _timings({}, name, "httpGet")
    keys = node.keys((*rules.HANDLERS, *rules.PROBE_TIMINGS), "a path such as /readyz, or a v1.Probe")
    if not isinstance(node.value, Mapping):
        return None
    given = [key for key in rules.HANDLERS if keys[key].given]
    if not given and any(keys[key].misspelt for key in rules.HANDLERS):
        return None
    if len(given) != 1:
        choices = ", ".join(rules.HANDLERS)
        node.fault(f"has {' and '.join(given)}" if given else "has no handler", f"give exactly one of {choices}")
        return None
    handler_name = given[0]
    handler = {handler_name: _read_handler(keys[handler_name], handler_name, ports)}
    return handler | _timings(_read_timings(keys, name), name, handler_name)


def _read_timings(keys: Mapping[str, Node], name: str) -> dict[str, int]:
    """The numbers that are given."""
    allowed = {
        "initialDelaySeconds": rules.DELAY_SECONDS,
        "successThreshold": rules.THRESHOLD,
        "failureThreshold": rules.THRESHOLD,
    }
    timings = {key: keys[key].integer(allowed.get(key, rules.SECONDS)) for key in rules.PROBE_TIMINGS if keys[key].given}
    if name != "readiness" and timings.get("successThreshold", 1) != 1:
        keys["successThreshold"].fault(f"must be 1 for {name}", "leave it out")
    if name == "readiness" and "terminationGracePeriodSeconds" in timings:
        keys["terminationGracePeriodSeconds"].fault("has no meaning for readiness, which stops nothing", "leave it out")
    return timings


def _timings(given: Mapping[str, int], name: str, handler: str) -> dict[str, int]:
    """The numbers, completed so that a try never outlasts the period unless the inventory says so."""
    timings = {**rules.PROBE_DEFAULTS[name], **(rules.EXEC_DEFAULTS.get(name, {}) if handler == "exec" else {}), **given}
    if "timeoutSeconds" not in given:
        timings["timeoutSeconds"] = min(timings["timeoutSeconds"], timings["periodSeconds"])
    return {key: timings[key] for key in rules.PROBE_TIMINGS if key in timings}


def _read_handler(node: Node, handler: str, ports: Mapping[str, int] | None) -> dict[str, Any]:
    """What the kubelet does."""
    keys = node.keys(rules.HANDLERS[handler])
    if not isinstance(node.value, Mapping):
        return {}
    found: dict[str, Any] = {}
    if handler == "exec":
        found["command"] = list(keys["command"].command())
        if keys["command"].absent or keys["command"].value in ([], ()):
            keys["command"].fault("is missing", "name the program to run")
        return found
    found["port"] = _read_port(keys["port"], ports, named=handler != "grpc")
    if handler == "httpGet":
        found["path"] = keys["path"].text(rules.URL_PATH) if keys["path"].given else "/"
        if keys["scheme"].given:
            found["scheme"] = keys["scheme"].choice(rules.SCHEMES, "HTTP")
        headers = [_read_header(item) for item in keys["httpHeaders"].items()]
        if headers:
            found["httpHeaders"] = headers
    if handler == "grpc" and keys["service"].given:
        found["service"] = keys["service"].text(rules.ANY)
    if "host" in keys and keys["host"].given:
        found["host"] = keys["host"].text(rules.ANY)
    return found


def _read_header(node: Node) -> dict[str, str]:
    keys = node.keys(rules.HTTP_HEADER, "{name: Accept, value: text/html}")
    return {"name": keys["name"].text(rules.ANY), "value": keys["value"].scalar()}


def _read_port(node: Node, ports: Mapping[str, int] | None, *, named: bool) -> str | int:
    """A port's number, or the name of one of the component's own."""
    if isinstance(node.value, str) and not node.value.strip().isdigit():
        name = str(node.value)
        if not named:
            node.fault("must be a number: gRPC probes know no port names", f"write {ports[name]}" if ports and name in ports else "")
        elif ports is not None and name not in ports:
            node.fault(f'the component has no port "{name}"', f"its ports: {', '.join(ports) or 'none'}")
        return name
    if node.misspelt and not node.given:
        return 1
    if not node.given:
        node.fault("is missing", f"name one of its ports ({', '.join(ports)})" if ports else "give a number")
        return 1
    return node.integer(rules.PORT)
