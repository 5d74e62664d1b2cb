# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the API server refuses, and what can never work."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.proven.webapp.plugins.module_utils._audit.check_validity import valid_port_name

from .conftest import LIVEZ, broken, container, deployment, found, report, workload

KINDS = ("startup", "liveness", "readiness")


def readiness(**handler: Any) -> list[tuple[str, str]]:
    return found(deployment(readiness=handler))


def proposed(**changes: Any) -> Any:
    (finding,) = report(deployment(**changes)).findings
    return yaml.safe_load(finding.corrected)


@pytest.mark.parametrize("kind", KINDS)
def test_of_each_probe(kind: str) -> None:
    """What is refused of one is refused of all."""
    for change, rule in (
        ({"httpGet": None}, "PV103"),
        ({"httpGet": {"path": "/"}}, "PV104"),
        ({"httpGet": {"port": 0}}, "PV105"),
        ({"httpGet": {"port": "nowhere"}}, "PV106"),
        ({"grpc": {"port": "http"}}, "PV107"),
        ({"initialDelaySeconds": -1}, "PV108"),
        ({"httpGet": {"port": "http", "host": "example"}}, "PV112"),
    ):
        assert broken(deployment(**{kind: change})) == [rule], change


def test_two_of_the_same_kind_are_told_together() -> None:
    handlers = {**LIVEZ, "tcpSocket": {"port": "http"}, "exec": {"command": ["a"]}}
    assert readiness(**handlers) == [("PV103", "it has exec and httpGet and tcpSocket")]
    assert readiness(httpGet=None) == [("PV103", "it has none of exec, httpGet, tcpSocket, grpc")]


def test_a_handler_without_anything() -> None:
    assert readiness(exec={}) == [("PV104", "exec has no command")]
    assert readiness(exec={"command": []}) == [("PV104", "exec has no command")]
    assert readiness(tcpSocket={}) == [("PV104", "tcpSocket has no port")]
    assert readiness(grpc={}) == [("PV104", "grpc has no port")]
    assert readiness(httpGet={}) == [("PV104", "httpGet has no port")]


def test_what_is_left_out_for_its_type_is_not_missing() -> None:
    assert broken(deployment(readiness={"httpGet": "no"})) == ["PV101"]
    assert broken(deployment(readiness={"httpGet": {"port": [80]}})) == ["PV101"]
    assert broken(deployment(readiness={"exec": {"command": "ls"}})) == ["PV101"]
    assert broken(deployment(readiness={"httpGet": {"port": [80]}}, liveness={"httpGet": {}})) == ["PV101", "PV104"]
    assert broken(deployment(readiness={"httpGet": 1}, liveness={"httpGet": None})) == ["PV101", "PV103"]
    assert broken(deployment(readiness={"exec": {"command": 1}}, liveness={"exec": {}})) == ["PV101", "PV104"]


@pytest.mark.parametrize(("scheme", "expected"), [("HTTP", []), ("", []), ("http", ["PV104"]), ("FTP", ["PV104"])])
def test_scheme(scheme: str, expected: list[str]) -> None:
    assert broken(deployment(readiness={"httpGet": {"port": "http", "scheme": scheme}})) == expected


def test_header_names() -> None:
    def headers(name: str) -> list[str]:
        return broken(deployment(readiness={"httpGet": {"port": "http", "httpHeaders": [{"name": name, "value": "x"}]}}))

    assert headers("X-Real-1") == []
    assert headers("") == ["PV104"]
    assert headers("a b") == ["PV104"]


@pytest.mark.parametrize(
    ("port", "expected"),
    [
        (1, []),
        (65535, []),
        (0, [("PV105", "httpGet's port is 0")]),
        (-1, [("PV105", "httpGet's port is -1")]),
        (65536, [("PV105", "httpGet's port is 65536")]),
        ("8080", [("PV105", 'httpGet\'s port is the text "8080"')]),
        ("Web", [("PV105", 'httpGet\'s port is the text "Web"')]),
        ("web", [("PV106", "httpGet's port is web; this container's ports are http, metrics")]),
        ("metrics", []),
    ],
)
def test_port(port: int | str, expected: list[tuple[str, str]]) -> None:
    ports = [{"name": "http", "containerPort": 8080}, {"name": "metrics", "containerPort": 9000}, {"containerPort": 7000}]
    assert found(deployment(ports=ports, readiness={"httpGet": {"port": port}})) == expected


def test_a_container_that_names_no_port() -> None:
    numbered = {"httpGet": {"path": "/livez", "port": 8080}}
    unnamed: dict[str, Any] = {"ports": [{"containerPort": 8080}], "startup": numbered, "liveness": numbered}
    expected = [("PV106", "tcpSocket's port is http; this container names no port")]
    assert found(deployment(**unnamed, readiness={"tcpSocket": {"port": "http"}})) == expected


def test_names_of_other_containers_do_not_count() -> None:
    other = container("other", ports=[{"name": "admin", "containerPort": 9000}], **dict.fromkeys(KINDS))
    mine = container(readiness={"httpGet": {"port": "admin"}})
    assert broken(workload("Deployment", mine, other)) == ["PV106"]


def test_grpc_port() -> None:
    assert readiness(grpc={"port": 65535}) == []
    assert readiness(grpc={"port": 65536}) == [("PV105", "grpc's port is 65536")]
    assert readiness(grpc={"port": "9000"}) == [("PV107", 'grpc\'s port is the text "9000"')]


@pytest.mark.parametrize(
    ("name", "valid"),
    [
        ("http", True),
        ("a", True),
        ("1a", True),
        ("a" * 15, True),
        ("a" * 16, False),
        ("", False),
        ("80", False),
        ("a--b", False),
        ("-a", False),
        ("a-", False),
        ("a-b", True),
        ("A", False),
        ("a_b", False),
    ],
)
def test_port_names(name: str, valid: bool) -> None:
    """k8s.io/apimachinery/pkg/util/validation, IsValidPortName."""
    assert valid_port_name(name) is valid


@pytest.mark.parametrize("field", ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"])
def test_negative(field: str) -> None:
    assert readiness(**{field: -1}) == [("PV108", f"{field} is -1")]
    assert not {"PV108"} & {rule for rule, _what in readiness(**{field: 0})}


def test_grace_of_a_probe() -> None:
    assert broken(deployment(liveness={"terminationGracePeriodSeconds": 1})) == []
    assert found(deployment(liveness={"terminationGracePeriodSeconds": 0})) == [("PV108", "terminationGracePeriodSeconds is 0")]
    assert broken(deployment(startup={"terminationGracePeriodSeconds": -1})) == ["PV108"]
    # Of readiness it is refused whatever it is.
    assert broken(deployment(readiness={"terminationGracePeriodSeconds": 0})) == ["PV110"]
    assert broken(deployment(readiness={"terminationGracePeriodSeconds": 5})) == ["PV110"]


@pytest.mark.parametrize(("kind", "threshold", "rules"), [(kind, n, []) for kind in KINDS for n in (0, 1)] + [("readiness", 2, [])])
def test_success_threshold(kind: str, threshold: int, rules: list[str]) -> None:
    assert broken(deployment(**{kind: {"successThreshold": threshold}})) == rules


@pytest.mark.parametrize("kind", ["startup", "liveness"])
def test_success_threshold_of_what_restarts(kind: str) -> None:
    assert found(deployment(**{kind: {"successThreshold": 2}})) == [("PV109", "successThreshold is 2")]


def test_init_containers() -> None:
    probed = container("prepare", liveness=None)
    assert found(deployment(pod={"initContainers": [probed]})) == [
        ("PV111", "it has startupProbe and readinessProbe, and no restartPolicy: Always")
    ]
    assert broken(deployment(pod={"initContainers": [{**probed, "restartPolicy": "Always"}]})) == []
    assert broken(deployment(pod={"initContainers": [container("prepare", **dict.fromkeys(KINDS))]})) == []


def test_host() -> None:
    there = {"httpGet": {"port": "http", "host": "127.0.0.1"}}
    assert readiness(**there) == [("PV112", "httpGet's host is 127.0.0.1")]
    assert readiness(tcpSocket={"port": "http", "host": "database"}) == [("PV112", "tcpSocket's host is database")]
    assert readiness(tcpSocket={"port": "http", "host": ""}) == []
    # On the node's network the node's loopback is the pod's.
    on_node = {"hostNetwork": True}
    assert broken(deployment(readiness=there, pod=on_node)) == []
    assert broken(deployment(readiness={"tcpSocket": {"port": "http", "host": "database"}}, pod=on_node)) == ["PV112"]


@pytest.mark.parametrize(("host", "rules"), [("10.0.0.7", []), ("fd00::7", []), ("node-7", ["PV112"])])
def test_a_pod_of_the_node_may_name_its_address(host: str, rules: list[str]) -> None:
    one = container(readiness={"httpGet": {"port": "http", "host": host}})
    assert broken(workload("Pod", one, pod={"hostNetwork": True})) == rules
    # Each of several is on another node.
    assert broken(workload("Deployment", one, pod={"hostNetwork": True})) == ["PV112"]
    assert broken(workload("Pod", one)) == ["PV112"]


def test_the_design_of_a_refused_probe_is_not_looked_at() -> None:
    assert broken(deployment(readiness={"timeoutSeconds": 9, "successThreshold": -1})) == ["PV108"]


@pytest.mark.parametrize("kind", ["Job", "CronJob"])
def test_jobs_are_exempt_from_all_but_validity(kind: str) -> None:
    bad = container(image="shop:latest", liveness={"failureThreshold": 1, "timeoutSeconds": 60}, readiness=None)
    assert broken(workload(kind, bad)) == []
    assert broken(workload(kind, container(liveness={"successThreshold": 2}))) == ["PV109"]
    assert broken(workload(kind, container(), pod={"initContainers": [container("prepare")]})) == ["PV111"]
    assert report(workload(kind, bad)).ending == 1


@pytest.mark.parametrize(("policy", "rules"), [("Never", []), ("OnFailure", []), ("Always", ["PV136"]), (None, ["PV136"])])
def test_pods_that_end_are_exempt(policy: str | None, rules: list[str]) -> None:
    assert broken(workload("Pod", container(image="shop"), pod={"restartPolicy": policy})) == rules


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Pod"])
def test_every_kind_of_workload(kind: str) -> None:
    assert broken(workload(kind)) == []
    assert broken(workload(kind, container(liveness={"failureThreshold": 2, "periodSeconds": 20}))) == ["PV125"]


def test_what_would_be_right() -> None:
    assert proposed(readiness={"httpGet": {"port": "8081"}}) == {"readinessProbe": {"httpGet": {"port": 8081}}}
    assert proposed(readiness={"httpGet": {"port": "18081"}}) == {"readinessProbe": {"httpGet": {"port": 18081}}}
    assert proposed(readiness={"grpc": {"port": "nowhere"}}) == {"readinessProbe": {"grpc": {"port": 8080}}}
    assert proposed(readiness={"httpGet": {"port": "123456"}}) == {"readinessProbe": {"httpGet": {"port": 8080}}}
    assert proposed(readiness={"httpGet": {"path": "/a", "port": 0}}) == {"readinessProbe": {"httpGet": {"path": "/a", "port": 8080}}}
    assert proposed(readiness={"grpc": {"port": "http"}}) == {"readinessProbe": {"grpc": {"port": 8080}}}
    ports = [{"name": "http", "containerPort": 7000}]
    assert proposed(readiness={"grpc": {"port": "http"}}, ports=ports) == {"readinessProbe": {"grpc": {"port": 7000}}}
    assert proposed(readiness={"httpGet": {"port": "web"}}) == {"ports": [{"name": "web", "containerPort": 8080}]}
    assert proposed(readiness={"periodSeconds": -3}) == {"readinessProbe": {"periodSeconds": 0}}
    assert proposed(liveness={"terminationGracePeriodSeconds": 0}) == {"livenessProbe": {"terminationGracePeriodSeconds": 1}}
    assert proposed(liveness={"successThreshold": 5}) == {"livenessProbe": {"successThreshold": 1}}
    assert proposed(readiness={"httpGet": {"path": "/a", "port": "http", "host": "x"}}) == {
        "readinessProbe": {"httpGet": {"path": "/a", "port": "http"}}
    }
    assert proposed(readiness={"exec": {}}) == {"readinessProbe": {"exec": {"command": ["/bin/check"]}}}
    assert proposed(readiness={"tcpSocket": {}}) == {"readinessProbe": {"tcpSocket": {"port": 8080}}}
    assert proposed(readiness={"httpGet": {"port": "http", "scheme": "X"}}) == {
        "readinessProbe": {"httpGet": {"port": "http", "scheme": "HTTP"}}
    }
    assert proposed(readiness={"httpGet": None}) == {"readinessProbe": {"httpGet": {"path": "/livez", "port": 8080}}}
    both = {"httpGet": {"port": "http"}, "tcpSocket": {"port": "http"}}
    assert proposed(readiness=both) == {"readinessProbe": {"httpGet": {"port": "http"}}}
    grace = {"terminationGracePeriodSeconds": 5}
    assert proposed(readiness={**grace, "httpGet": {"port": "http"}}) == {
        "readinessProbe": {"httpGet": {"port": "http"}, "periodSeconds": 5, "timeoutSeconds": 3}
    }


def test_secrets_are_not_shown() -> None:
    headers = [{"name": "Authorization", "value": "Bearer s3cret"}, {"name": "Host", "value": "shop"}]
    http = {"path": "/a?token=s3cret", "port": 0, "httpHeaders": headers}
    for change in (
        {"httpGet": http},
        {"exec": {"command": ["check", "s3cret"]}, "tcpSocket": {"port": 1}},
        {"exec": {"command": ["check", "s3cret"]}, "terminationGracePeriodSeconds": 5},
        {"httpGet": {**http, "port": "http"}, "terminationGracePeriodSeconds": 5},
        {"httpGet": {**http, "port": "http"}, "initialDelaySeconds": "s3cret"},
    ):
        made = report(deployment(readiness=change))
        assert made.findings
        assert "s3cret" not in str(made.as_dict("info"))
    assert "Host" in proposed(readiness={"httpGet": http})["readinessProbe"]["httpGet"]["httpHeaders"][1].values()
