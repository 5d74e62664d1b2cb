"""Addresses of exposed components."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._exposure import urls


def how(kind: str, port: int = 3000, node_port: int | None = None, addresses: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"type": kind, "port": port, "node_port": node_port, "addresses": list(addresses)}


@pytest.mark.parametrize(
    ("exposed", "port_map", "expected"),
    [
        (how("NodePort", node_port=30080), {"30080": 8080}, {"web": "http://10.0.0.1:8080/"}),
        (how("NodePort", node_port=30080), {}, {"web": "http://10.0.0.1:30080/"}),
        (how("LoadBalancer", port=80, addresses=("203.0.113.7",)), {}, {"web": "http://203.0.113.7/"}),
        (how("LoadBalancer", port=443, addresses=("lb.example.org",)), {}, {"web": "https://lb.example.org/"}),
        (how("LoadBalancer", port=80), {}, {}),
    ],
)
def test_urls(exposed: dict[str, Any], port_map: dict[str, int], expected: dict[str, str]) -> None:
    assert urls({"web": exposed}, port_map, "10.0.0.1") == expected
