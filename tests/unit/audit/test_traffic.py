# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How Services, ports and readiness fit together."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from .conftest import broken, container, deployment, found, report, service, workload

NONE: dict[str, Any] = dict.fromkeys(("startup", "liveness", "readiness"))
NO_READINESS = "leads to its port 8080, and it has no readiness probe"


def test_readiness_is_needed_behind_a_service_alone() -> None:
    assert broken(deployment(readiness=None)) == []
    assert broken(deployment(readiness=None), service(selector={"app": "other"})) == []
    assert found(deployment(readiness=None), service()) == [("PV113", f"Service/shop {NO_READINESS}")]


@pytest.mark.parametrize("target", [8080, "http", None])
def test_a_service_leads_to_a_port(target: int | str | None) -> None:
    ports = [{"port": 8080, "targetPort": target}]
    (finding,) = report(deployment(readiness=None), service(ports=ports)).findings
    assert (finding.rule.id, finding.what) == ("PV113", f"Service/shop {NO_READINESS}")
    shown = yaml.safe_load(finding.corrected)["readinessProbe"]
    assert shown == {"httpGet": {"path": "/readyz", "port": target or 8080}, "periodSeconds": 5, "timeoutSeconds": 3}


def test_a_number_need_not_be_declared() -> None:
    ports = [{"port": 80, "targetPort": 9999}]
    assert found(deployment(readiness=None), service(ports=ports)) == [
        ("PV113", "Service/shop leads to its port 9999, and it has no readiness probe")
    ]
    assert broken(deployment(readiness=None), service(ports=[{"port": 80, "targetPort": "other"}])) == ["PV113"]


def test_only_the_container_that_gets_the_traffic() -> None:
    helper = container("helper", ports=[{"name": "metrics", "containerPort": 9000}], **NONE)
    assert broken(workload("Deployment", container(), helper), service()) == []
    ports = [{"port": 80, "targetPort": 9000}]
    assert found(workload("Deployment", container(), helper), service(ports=ports)) == [
        ("PV113", "Service/shop leads to its port 9000, and it has no readiness probe")
    ]


def test_which_of_several_gets_it_cannot_be_told() -> None:
    ports = [{"port": 80, "targetPort": 9999}]
    one, other = container("one", **NONE), container("other", **NONE)
    assert found(workload("Deployment", one, other), service(ports=ports)) == [
        ("PV113", "Service/shop leads to it, and none of its containers has a readiness probe")
    ]
    assert broken(workload("Deployment", container("one"), other), service(ports=ports)) == []
    assert broken(workload("Deployment", one, other), service(ports=[])) == []
    assert broken(workload("Deployment", container("one"), other), service()) == ["PV113"]


def test_a_sidecar_may_get_the_traffic() -> None:
    proxy = container("proxy", restartPolicy="Always", ports=[{"name": "proxy", "containerPort": 8443}], readiness=None)
    proxy["startupProbe"]["httpGet"]["port"] = proxy["livenessProbe"]["httpGet"]["port"] = 8443
    pod = {"initContainers": [proxy]}
    assert broken(deployment(pod=pod)) == []
    assert broken(deployment(pod=pod), service(ports=[{"port": 443, "targetPort": "proxy"}])) == ["PV113"]
    plain = {"initContainers": [{**container("init", **NONE), "ports": [{"name": "proxy", "containerPort": 8443}]}]}
    assert broken(deployment(pod=plain), service(ports=[{"port": 443, "targetPort": "proxy"}])) == []


def test_jobs_get_no_traffic() -> None:
    assert broken(workload("Job", container(readiness=None)), service()) == []


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, []),
        ({"publishNotReadyAddresses": False}, []),
        ({"publishNotReadyAddresses": True}, ["PV114"]),
        ({"publishNotReadyAddresses": True, "clusterIP": "None"}, []),
        ({"publishNotReadyAddresses": True, "clusterIP": "10.0.0.1"}, ["PV114"]),
        ({"publishNotReadyAddresses": True, "selector": None}, []),
        ({"publishNotReadyAddresses": True, "selector": {}}, []),
        ({"publishNotReadyAddresses": True, "type": "ExternalName"}, []),
    ],
)
def test_a_service_that_ignores_readiness(spec: dict[str, Any], expected: list[str]) -> None:
    assert broken(service(**spec)) == expected


PORTS = [{"name": "http", "containerPort": 8080}, {"name": "manage", "containerPort": 9000}]


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        ({"httpGet": {"path": "/", "port": "http"}}, []),
        ({"httpGet": {"path": "/", "port": 8080}}, []),
        ({"exec": {"command": ["a"]}, "periodSeconds": 10}, []),
        ({"httpGet": {"path": "/", "port": 9000}}, [{"httpGet": {"port": 8080}}]),
        ({"tcpSocket": {"port": "manage"}}, [{"tcpSocket": {"port": 8080}}]),
        ({"grpc": {"port": 9000}}, [{"grpc": {"port": 8080}}]),
    ],
)
def test_readiness_on_another_port(handler: dict[str, Any], expected: list[Any]) -> None:
    changed = deployment(ports=PORTS, readiness=handler, liveness={"failureThreshold": 5})
    assert broken(changed) == []
    findings = report(changed, service()).findings
    assert [finding.what for finding in findings] == ["it asks port 9000; Services lead to 8080" for _ in expected]
    assert [yaml.safe_load(finding.corrected)["readinessProbe"] for finding in findings] == expected
    assert broken(changed, service(), service("manage", ports=[{"port": 9000}])) == []


def test_liveness_may_ask_another_port() -> None:
    assert broken(deployment(ports=PORTS, liveness={"httpGet": {"path": "/", "port": 9000}}), service()) == []


def secured(name: str | None, handler: dict[str, Any], *others: Any) -> list[tuple[str, str]]:
    quiet: dict[str, Any] = {"startup": None, "liveness": None}
    return found(deployment(ports=[{"name": name, "containerPort": 8080}], readiness=handler, **quiet), *others)


HTTPS = {"httpGet": {"port": 8080, "scheme": "HTTPS"}}
HTTP = {"httpGet": {"port": 8080}}


@pytest.mark.parametrize(
    ("name", "handler", "expected"),
    [
        ("http", HTTP, ""),
        ("http", HTTPS, "it asks port 8080 by HTTPS, which speaks plain text: its name is http"),
        ("http-api", HTTPS, "it asks port 8080 by HTTPS, which speaks plain text: its name is http-api"),
        ("https", HTTPS, ""),
        ("https", HTTP, "it asks port 8080 by HTTP, which speaks TLS: its name is https"),
        ("web-tls", HTTP, "it asks port 8080 by HTTP, which speaks TLS: its name is web-tls"),
        ("web", HTTPS, ""),
        ("web", HTTP, ""),
        (None, HTTPS, ""),
        ("https", {"tcpSocket": {"port": 8080}}, ""),
        ("https", {"grpc": {"port": 8080}}, "gRPC probes know no TLS, which port 8080 speaks: its name is https"),
        ("http", {"grpc": {"port": 8080}}, ""),
        ("https", {"httpGet": {"port": 8081}}, ""),
        ("https", {"exec": {"command": ["a"]}, "periodSeconds": 10}, ""),
    ],
)
def test_scheme_and_name(name: str | None, handler: dict[str, Any], expected: str) -> None:
    assert secured(name, handler) == ([("PV116", expected)] if expected else [])


@pytest.mark.parametrize(
    ("protocol", "handler", "says"),
    [
        ("https", HTTP, "TLS"),
        ("HTTPS", HTTP, "TLS"),
        ("kubernetes.io/wss", HTTP, "TLS"),
        ("https", HTTPS, ""),
        ("http", HTTPS, "plain text"),
        ("kubernetes.io/h2c", HTTPS, "plain text"),
        ("kubernetes.io/ws", HTTPS, "plain text"),
        ("redis", HTTPS, ""),
        (None, HTTPS, ""),
    ],
)
def test_scheme_and_protocol_of_a_service(protocol: str | None, handler: dict[str, Any], says: str) -> None:
    ports = [{"port": 443, "targetPort": 8080, "appProtocol": protocol}]
    seen = secured(None, handler, service(ports=ports))
    scheme = handler["httpGet"].get("scheme", "HTTP")
    what = f"it asks port 8080 by {scheme}, which speaks {says}: Service/shop says appProtocol: {protocol}"
    assert seen == ([("PV116", what)] if says else [])
    # The port's own name is nearer than what a Service says of it.
    assert secured("https" if scheme == "HTTPS" else "http", handler, service(ports=ports)) == []


def test_protocols_of_other_ports_do_not_count() -> None:
    ports = [{"port": 443, "targetPort": 9000, "appProtocol": "https"}, {"port": 80, "targetPort": 8080}]
    assert secured(None, HTTP, service(ports=ports)) == []


def test_the_right_scheme_is_proposed() -> None:
    def proposed(name: str, handler: dict[str, Any]) -> Any:
        named = deployment(ports=[{"name": name, "containerPort": 8080}], readiness=handler, startup=None, liveness=None)
        (finding,) = report(named).findings
        return yaml.safe_load(finding.corrected)["readinessProbe"]

    assert proposed("https", HTTP) == {"httpGet": {"scheme": "HTTPS"}}
    assert proposed("http", HTTPS) == {"httpGet": {"scheme": "HTTP"}}
    assert proposed("https", {"grpc": {"port": 8080}}) == {"tcpSocket": {"port": 8080}}


@pytest.mark.parametrize(
    ("probes", "expected"),
    [
        (("startup", "liveness", "readiness"), []),
        (("startup",), []),
        (("readiness",), []),
        (("liveness",), ["PV117"]),
        ((), ["PV117"]),
    ],
)
def test_sidecars(probes: tuple[str, ...], expected: list[str]) -> None:
    declared: dict[str, Any] = {kind: {} if kind in probes else None for kind in ("startup", "liveness", "readiness")}
    helper = container("helper", **declared)
    assert broken(deployment(pod={"initContainers": [{**helper, "restartPolicy": "Always"}]})) == expected
    # As an ordinary container it is no sidecar.
    assert broken(workload("Deployment", container(), helper)) == []


def test_the_first_of_several_is_named() -> None:
    services = [service(name) for name in ("one", "two", "three")]
    assert found(deployment(readiness=None), *services) == [("PV113", f"Service/one {NO_READINESS}")]
    ports = [{"port": 80, "targetPort": 9999}]
    unclear = workload("Deployment", container("one", **NONE), container("other", **NONE))
    expected = [("PV113", "Service/a leads to it, and none of its containers has a readiness probe")]
    assert found(unclear, *(service(name, ports=ports) for name in ("a", "b", "c"))) == expected


def test_what_is_proposed() -> None:
    def proposed(*objects: Any) -> Any:
        (finding,) = report(*objects).findings
        return yaml.safe_load(finding.corrected)

    assert proposed(service(publishNotReadyAddresses=True)) == {"spec": {"publishNotReadyAddresses": False}}
    three = [{"port": number} for number in (8083, 8081, 8082)]
    other = deployment(readiness={"httpGet": {"path": "/", "port": 9000}})
    assert proposed(other, service(ports=three)) == {"readinessProbe": {"httpGet": {"port": 8081}}}
    sidecar = {**container("helper", **NONE), "restartPolicy": "Always"}
    startup = {"httpGet": {"path": "/livez", "port": 8080}, "periodSeconds": 2, "failureThreshold": 30}
    assert proposed(deployment(pod={"initContainers": [sidecar]})) == {"startupProbe": startup}
