"""What is read from pods."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._verify import pods


def pod(name: str = "web-1", *, ready: bool = True, component: str = "web", **spec: Any) -> dict[str, Any]:
    container = {"name": "app", "ports": [{"name": "http", "containerPort": 8000}], **spec}
    return {
        "metadata": {"name": name, "labels": {"app.kubernetes.io/component": component}},
        "spec": {"containers": [container]},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True" if ready else "False"}]},
    }


def test_enough_ready_pods_are_no_problem() -> None:
    assert pods.pod_problems([pod("a"), pod("b")], {"web": 2}) == []


def test_a_missing_component_is_a_problem() -> None:
    assert pods.pod_problems([pod("a")], {"web": 1, "api": 1}) == ["api: 0 of 1 pods ready"]


def test_the_reason_is_said() -> None:
    bad = pod("b", ready=False)
    bad["status"]["containerStatuses"] = [{"name": "app", "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}}}]
    assert pods.pod_problems([pod("a"), bad], {"web": 2}) == ["web: 1 of 2 pods ready (b: app is waiting: CrashLoopBackOff back-off 10s)"]


@pytest.mark.parametrize("change", [{"metadata": {"name": "b", "deletionTimestamp": "now"}}, {"status": {"phase": "Succeeded"}}])
def test_pods_that_go_or_are_done_do_not_count(change: dict[str, Any]) -> None:
    assert not pods.is_current({**pod("b"), **change})


def test_named_ports_are_looked_up_in_the_same_container() -> None:
    container = pod()["spec"]["containers"][0]
    assert pods.port_number(container, "http") == 8000
    assert pods.port_number(container, "8080") == 8080
    assert pods.port_number(container, "metrics") is None


def test_http_probes_can_be_asked_again_and_others_can_not() -> None:
    one = pod(
        startupProbe={"exec": {"command": ["true"]}},
        livenessProbe={"httpGet": {"path": "livez", "port": "http", "scheme": "HTTPS"}},
        readinessProbe={"httpGet": {"port": 9000, "httpHeaders": [{"name": "X-A", "value": "b"}]}},
    )
    found = pods.replays(one)
    assert [(item.probe, item.target, item.path, item.headers) for item in found] == [
        ("liveness", "https:web-1:8000", "/livez", ()),
        ("readiness", "web-1:9000", "/", (("X-A", "b"),)),
    ]
    assert pods.probes_judged_by_kubelet(one) == 1


@pytest.mark.parametrize(
    ("status", "passes"), [(0, False), (199, False), (200, True), (302, True), (399, True), (400, False), (503, False)]
)
def test_what_passes_is_what_the_kubelet_lets_pass(status: int, passes: bool) -> None:
    assert pods.probe_passes(status) is passes
