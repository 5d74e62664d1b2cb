# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Under which address a component that is exposed can be reached from this machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

EXPOSURE_ARGUMENTS: dict[str, dict[str, Any]] = {
    "port_map": {"type": "dict", "default": {}},
    "node_address": {"type": "str", "default": "127.0.0.1"},
}
"""Argument spec entries of whatever says where a release is reached; their documentation is the fragment `exposure`."""


def urls(exposed: Mapping[str, Mapping[str, Any]], port_map: Mapping[str, int], node_address: str) -> dict[str, str]:
    """Component to address; a load balancer that has no address yet is left out.

    :param exposed: component to ``{type, port, node_port, addresses}``, as the rollout module returns it.
    :param port_map: port of the node, as text, to the port of this machine that leads there; may be empty.
    :param node_address: where node ports are reached.
    """
    found = {}
    for component, how in exposed.items():
        if how["type"] == "NodePort":
            host, port = node_address, int(port_map.get(str(how["node_port"]), how["node_port"]))
        elif how["addresses"]:
            host, port = str(how["addresses"][0]), int(how["port"])
        else:
            continue
        scheme = "https" if port == 443 else "http"
        found[component] = f"{scheme}://{host}/" if port in (80, 443) else f"{scheme}://{host}:{port}/"
    return found
