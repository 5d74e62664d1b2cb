# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who may talk to whom: from names to the rules of NetworkPolicies. Pure.

A component that says something under `network`, and every one where `webapp_network.isolate` is true, may talk to those that it depends
on or names, to its own kind and to DNS, and may be talked to by those that depend on or name it. All else is refused.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._spec.component import unknown
from ansible_collections.proven.webapp.plugins.module_utils._spec.model import App, Component
from ansible_collections.proven.webapp.plugins.module_utils._spec.node import Node
from ansible_collections.proven.webapp.plugins.module_utils._spec.options import ANYWHERE
from ansible_collections.proven.webapp.plugins.module_utils._spec.steps import COMPONENT

INSTANCE = "app.kubernetes.io/instance"
NAMESPACE = "kubernetes.io/metadata.name"
TRAFFIC = "proven.webapp/traffic"
"""Label of the pods that send requests: _traffic.pod."""
DNS: dict[str, Any] = {
    # A cache on the node has an address of its own: 169.254.20.10, NodeLocal DNSCache's default.
    "to": [{"namespaceSelector": {}}, {"ipBlock": {"cidr": "169.254.0.0/16"}}],
    # 5353: what OpenShift's DNS listens on behind its Service
    "ports": [{"port": port, "protocol": protocol} for port in (53, 5353) for protocol in ("UDP", "TCP")],
}
API_SERVER_PORTS = (443, 6443)

Rules = dict[str, list[dict[str, Any]]]


def check_network(components: Mapping[str, Component], nodes: Mapping[str, Node], network: Mapping[str, Any], node: Node) -> None:
    """Every name is somebody's."""
    externals: Mapping[str, Any] = network.get("externals", {})
    for name, external in externals.items():
        item = node.child("externals").child(name)
        if name in components or name == ANYWHERE:
            item.fault("is the name of a component" if name in components else "is a word with a meaning of its own", "choose another")
        for index, cidr in enumerate(external.get("cidrs", [])):
            if not _is_cidr(cidr):
                item.child("cidrs").child(index).fault(f'"{cidr}" is no range of addresses', "write one such as 10.0.0.0/8 or 192.0.2.7/32")
        if "pods" in external and "cidrs" in external:
            item.child("pods").fault("has no meaning with cidrs", "name the namespace of the pods instead")
    known = (*components, *externals, ANYWHERE)
    for name, component in components.items():
        for side, names in component.options.get("network", {}).items():
            for index, other in enumerate(names):
                if other and other not in known:
                    here = nodes[name].child("network").child(side).child(index)
                    unknown(here, other, known, "component or external", "webapp_components and webapp_network.externals")


def _is_cidr(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True


def network_rules(app: App) -> dict[str, Rules]:
    """Component → ``{ingress, egress}`` of its NetworkPolicy; those that have none aren't there."""
    network = app.options.get("network", {})
    every = bool(network.get("isolate"))
    edges = _edges(app)
    found: dict[str, Rules] = {}
    for name, component in app.components.items():
        if every or "network" in component.options:
            named: Mapping[str, list[str]] = component.options.get("network", {})
            outside = {side: [one for one in names if one not in app.components] for side, names in named.items()}
            sources = [*(one for one, other in edges if other == name), *outside.get("allow_from", [])]
            targets = [*(other for one, other in edges if one == name), *outside.get("allow_to", [])]
            found[name] = {
                "ingress": [*_ours("from", app, [name, *sources]), *_others("from", network, sources), *_reached(component)],
                "egress": [DNS, *_ours("to", app, [name, *targets]), *_others("to", network, targets), *_api_server(component)],
            }
    return found


def _edges(app: App) -> list[tuple[str, str]]:
    """(who talks, to whom), of components; in a settled order."""
    found = set()
    for name, component in app.components.items():
        named = component.options.get("network", {})
        found |= {(name, other) for other in (*component.depends_on, *named.get("allow_to", []))}
        found |= {(other, name) for other in named.get("allow_from", [])}
    return sorted((one, other) for one, other in found if one in app.components and other in app.components)


def _ours(side: str, app: App, names: list[str]) -> list[dict[str, Any]]:
    """Pods of the application itself."""
    selector = {"key": COMPONENT, "operator": "In", "values": sorted({name for name in names if name in app.components})}
    return [{side: [{"podSelector": {"matchLabels": {INSTANCE: app.name}, "matchExpressions": [selector]}}]}]


def _others(side: str, network: Mapping[str, Any], names: list[str]) -> list[dict[str, Any]]:
    if ANYWHERE in names:
        return [{}]
    found = []
    for name in names:
        external = network.get("externals", {}).get(name)
        if external is None:
            continue
        peers: list[dict[str, Any]] = [{"ipBlock": {"cidr": cidr}} for cidr in external.get("cidrs", [])]
        if "namespace" in external:
            pods = {"podSelector": {"matchLabels": external["pods"]}} if "pods" in external else {}
            peers.append({"namespaceSelector": {"matchLabels": {NAMESPACE: external["namespace"]}}, **pods})
        ports = {"ports": [{"port": port} for port in external["ports"]]} if "ports" in external else {}
        found.append({side: peers, **ports})
    return found


def _api_server(component: Component) -> list[dict[str, Any]]:
    """Whoever has a token wants to use it; the API server's addresses aren't known here, but its ports are."""
    wanted = component.options.get("service_account", {}).get("token")
    return [{"ports": [{"port": port} for port in API_SERVER_PORTS]}] if wanted else []


def _reached(component: Component) -> list[dict[str, Any]]:
    """Ports that are there for others: the main one of what is exposed, and the one that is scraped."""
    found: list[dict[str, Any]] = []
    if component.ports and component.kind == "web":
        # Whoever counts requests while a new version comes
        anybody = {} if component.reached else {"from": [{"podSelector": {"matchExpressions": [{"key": TRAFFIC, "operator": "Exists"}]}}]}
        found.append({**anybody, "ports": [{"port": next(iter(component.ports))}]})
    scraped = component.options.get("monitoring", {}).get("port")
    if scraped is not None:
        found.append({"from": [{"namespaceSelector": {}}], "ports": [{"port": scraped}]})
    return found
