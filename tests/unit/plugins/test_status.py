"""The table that `playbooks/status.yml` shows."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._probes.model import read_probe
from ansible_collections.proven.webapp.plugins.plugin_utils import status


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("localhost:5001/todo/backend@sha256:0123456789abcdef0123", "todo/backend@0123456789ab"),
        ("ghcr.io/acme/api:1.2", "acme/api:1.2"),
        ("nginx", "nginx"),
        ("acme/api", "acme/api"),
    ],
)
def test_an_image_in_short(image: str, expected: str) -> None:
    assert status.short_image(image) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"httpGet": {"path": "/readyz", "port": 80}}, "readiness /readyz"),
        ({"tcpSocket": {"port": "postgres"}}, "readiness tcp postgres"),
        ({"grpc": {"port": 9000}}, "readiness grpc 9000"),
        ({"exec": {"command": ["pg_isready", "-q"]}}, "readiness exec pg_isready"),
        ({}, "readiness nothing"),
    ],
)
def test_a_probe_in_short(raw: dict[str, Any], expected: str) -> None:
    assert status.short_probe(read_probe("readiness", raw)) == expected


def revision(number: int, verdict: str = "", state: str = "superseded") -> dict[str, Any]:
    return {"revision": number, "status": state, "verdict": verdict, "when": "2026-01-01T00:00:00Z"}


def test_the_last_verdict_and_the_one_to_go_back_to() -> None:
    line = status.verdict_line([revision(1, "proven"), revision(2), revision(3, "not_proven", "deployed")])
    assert line == "revision 3, deployed, not proven at 2026-01-01T00:00:00Z; before it 1 was proven"
    assert status.verdict_line([revision(1, "", "failed")]) == "revision 1, failed, nobody has proven it"
    assert status.verdict_line([]) == "not installed"


def test_a_component_s_row_counts_its_own_pods_alone() -> None:
    def labelled(component: str) -> dict[str, Any]:
        return {"name": "x", "labels": {"app.kubernetes.io/component": component}}

    container = {"name": "backend", "image": "a", "livenessProbe": {"tcpSocket": {"port": 1}}}
    workload = {
        "kind": "Deployment",
        "metadata": labelled("backend"),
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app.kubernetes.io/component": "backend"}},
            "template": {"metadata": labelled("backend"), "spec": {"containers": [container]}},
        },
        "status": {"readyReplicas": 1},
    }
    pods = [{"metadata": labelled(name), "status": {"containerStatuses": [{"restartCount": 3}]}} for name in ("backend", "frontend")]
    row = status.row(workload, pods)
    assert (row["ready"], row["wanted"], row["restarts"], row["probes"]) == (1, 2, 3, ["liveness tcp 1"])
    text = status.render("todo", [row], "revision 1", ["http://a/"], "anna")
    assert "backend    1/2    3" in text
    assert "at work anna" in text


def test_a_version_that_no_service_leads_to_waits() -> None:
    def workload(track: str) -> dict[str, Any]:
        labels = {"app.kubernetes.io/component": "backend", "proven.webapp/track": track}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "backend", "image": track}]}}
        return {"metadata": {"name": track, "labels": labels}, "spec": {"selector": {"matchLabels": labels}, "template": template}}

    service = {
        "metadata": {"name": "x", "labels": {"app.kubernetes.io/component": "backend"}},
        "spec": {"selector": {"app.kubernetes.io/component": "backend", "proven.webapp/track": "green"}},
    }
    rows = [status.row(workload(track), [], [service]) for track in ("blue", "green")]
    assert [row["waits"] for row in rows] == [True, False]
    assert "backend (waits)  0/1" in status.render("todo", rows, "revision 1", [], "")
    assert not status.row(workload("blue"), [], [])["waits"]
