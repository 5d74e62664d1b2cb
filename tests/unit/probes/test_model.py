# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A probe with its defaults, and where its port leads."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._probes.model import (
    KINDS,
    Exec,
    Grpc,
    HttpGet,
    PortError,
    Probe,
    TcpSocket,
    is_sidecar,
    probed_containers,
    probes_of,
    read_handlers,
    read_probe,
    resolve_port,
)
from hypothesis import given
from hypothesis import strategies as st

CONTAINER = {"ports": [{"containerPort": 1}, {"name": "http", "containerPort": 8080}, {"name": "http", "containerPort": 9}]}


def test_defaults() -> None:
    """pkg/apis/core/v1/defaults.go, SetDefaults_Probe."""
    assert read_probe("liveness", {}) == Probe("liveness", (), 0, 1, 10, 1, 3, None)


@pytest.mark.parametrize(
    ("field", "attribute", "default"),
    [
        ("initialDelaySeconds", "initial_delay", 0),
        ("timeoutSeconds", "timeout", 1),
        ("periodSeconds", "period", 10),
        ("successThreshold", "success_threshold", 1),
        ("failureThreshold", "failure_threshold", 3),
        ("terminationGracePeriodSeconds", "termination_grace", None),
    ],
)
def test_each_number(field: str, attribute: str, default: int | None) -> None:
    assert getattr(read_probe("startup", {field: 7}), attribute) == 7
    assert getattr(read_probe("startup", {field: None}), attribute) == default
    # Zero is absent, but for the grace period, of which zero is refused.
    assert getattr(read_probe("startup", {field: 0}), attribute) == (0 if default is None else default)


@pytest.mark.parametrize(
    ("raw", "handler"),
    [
        ({"httpGet": {"port": "http"}}, HttpGet("http")),
        ({"httpGet": {"port": 1, "path": "", "scheme": "", "host": None}}, HttpGet(1, "/", "HTTP", "")),
        (
            {
                "httpGet": {
                    "port": 1,
                    "path": "/a?b",
                    "scheme": "HTTPS",
                    "host": "h",
                    "httpHeaders": [{"name": "A", "value": "1"}, {"name": "A"}],
                }
            },
            HttpGet(1, "/a?b", "HTTPS", "h", (("A", "1"), ("A", ""))),
        ),
        ({"tcpSocket": {"port": "db"}}, TcpSocket("db")),
        ({"tcpSocket": {"port": 5, "host": "h"}}, TcpSocket(5, "h")),
        ({"grpc": {"port": 5}}, Grpc(5, "")),
        ({"grpc": {"port": 5, "service": "s"}}, Grpc(5, "s")),
        ({"exec": {"command": ["a", "b"]}}, Exec(("a", "b"))),
        ({"exec": {}}, Exec(())),
        ({}, None),
        ({"httpGet": None}, None),
    ],
)
def test_handlers(raw: dict[str, Any], handler: Any) -> None:
    assert read_handlers(raw) == ((handler,) if handler else ())
    assert read_probe("readiness", raw).handler == handler


def test_the_kubelet_runs_one_of_several() -> None:
    """pkg/kubelet/prober/prober.go, runProbe: exec, then HTTP, TCP, gRPC."""
    raw = {"grpc": {"port": 1}, "tcpSocket": {"port": 2}, "httpGet": {"port": 3}, "exec": {"command": ["a"]}}
    order = [Exec, HttpGet, TcpSocket, Grpc]
    for kind, name in zip(order, ("exec", "httpGet", "tcpSocket", "grpc"), strict=True):
        assert isinstance(read_probe("liveness", raw).handler, kind)
        del raw[name]


@pytest.mark.parametrize(("port", "number"), [(1, 1), (65535, 65535), ("http", 8080), ("8081", 8081), ("0080", 80)])
def test_ports(port: int | str, number: int) -> None:
    """pkg/probe/util.go, ResolveContainerPort: the first of a name counts, and digits as text at last."""
    assert resolve_port(port, CONTAINER) == number


@pytest.mark.parametrize(
    ("port", "text"),
    [
        (0, "invalid port number: 0"),
        (-1, "invalid port number: -1"),
        (65536, "invalid port number: 65536"),
        ("65536", "invalid port number: 65536"),
        ("", 'strconv.Atoi: parsing "": invalid syntax'),
        ("web", 'strconv.Atoi: parsing "web": invalid syntax'),
        ("²", 'strconv.Atoi: parsing "²": invalid syntax'),
        ("٨٠", 'strconv.Atoi: parsing "٨٠": invalid syntax'),
        ("9" * 5000, "value out of range"),
    ],
)
def test_ports_that_lead_nowhere(port: int | str, text: str) -> None:
    with pytest.raises(PortError) as caught:
        resolve_port(port, CONTAINER)
    assert text in str(caught.value)


def test_a_container_without_ports() -> None:
    assert resolve_port(80, {}) == 80
    with pytest.raises(PortError):
        resolve_port("http", {"ports": None})


@given(st.one_of(st.integers(), st.text(max_size=25)))
def test_any_port_is_a_number_or_an_error(port: int | str) -> None:
    try:
        assert 1 <= resolve_port(port, CONTAINER) <= 65535
    except PortError as error:
        assert str(error)  # noqa: PT017


def test_probes_of_a_container() -> None:
    container = {"readinessProbe": {"exec": {"command": ["a"]}}, "startupProbe": {"grpc": {"port": 1}}, "livenessProbe": None}
    assert [probe.kind for probe in probes_of(container)] == ["startup", "readiness"]
    assert list(probes_of({})) == []
    assert [probe.kind for probe in probes_of({f"{kind}Probe": {} for kind in reversed(KINDS)})] == list(KINDS)


def test_containers_whose_probes_run() -> None:
    sidecar, init = {"name": "s", "restartPolicy": "Always"}, {"name": "i"}
    assert is_sidecar(sidecar)
    assert not is_sidecar(init)
    assert not is_sidecar({"restartPolicy": "Never"})
    assert probed_containers({"initContainers": [init, sidecar], "containers": [{"name": "c"}]}) == [sidecar, {"name": "c"}]
    assert probed_containers({}) == []
