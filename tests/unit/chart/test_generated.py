# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options in any combination: what the reader lets through renders, keeps to the restricted standard and passes the audit."""

from __future__ import annotations

from typing import Any

import yaml
from ansible_collections.proven.webapp.plugins.module_utils._audit.documents import Document
from ansible_collections.proven.webapp.plugins.module_utils._audit.engine import audit
from ansible_collections.proven.webapp.plugins.module_utils._spec.app import read_app
from ansible_collections.proven.webapp.plugins.module_utils._spec.faults import SpecError
from ansible_collections.proven.webapp.plugins.module_utils._spec.model import normal
from ansible_collections.proven.webapp.plugins.module_utils._spec.values import chart_values
from ansible_collections.proven.webapp.tests.matrix.applications import application, components
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import CHART, DIGEST

ALLOWED_VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
"""Of the restricted Pod Security Standard."""


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=components(), isolated=st.booleans())
def test_any_combination(helm: Any, found: dict[str, Any], isolated: bool) -> None:
    try:
        app = read_app(application(found, isolated))
    except SpecError:
        # Such as a budget for a single pod.
        return
    assert normal(read_app(normal(app))) == normal(app)
    values = chart_values_of(app)
    done = helm("template", "shop", str(CHART), "-n", "space", values=values)
    assert done.returncode == 0, done.stderr
    objects = [item for item in yaml.safe_load_all(done.stdout) if item]
    for item in objects:
        for pod in pods(item):
            restricted(pod)
    found_faults = audit([Document(item) for item in objects]).findings
    faults = [f"{one.rule.id} {one.place}: {one.what}" for one in found_faults if one.severity == "error"]
    assert faults == []


def chart_values_of(app: Any) -> dict[str, Any]:
    return chart_values(app, images={}, secret_names={name: f"shop-{name}-1" for name in app.components}, chart_digest=DIGEST)


def pods(item: dict[str, Any]) -> list[dict[str, Any]]:
    spec = item.get("spec", {})
    if item["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    return [spec["template"]["spec"]] if "template" in spec else [spec] if item["kind"] == "Pod" else []


def restricted(pod: dict[str, Any]) -> None:
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted"""
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not pod.keys() & {"hostNetwork", "hostPID", "hostIPC"}
    for volume in pod["volumes"]:
        assert volume.keys() - {"name"} <= ALLOWED_VOLUMES
    for container in (*pod.get("initContainers", []), *pod["containers"]):
        security = container["securityContext"]
        assert security["allowPrivilegeEscalation"] is False
        assert security["capabilities"]["drop"] == ["ALL"]
        assert set(security["capabilities"].get("add", [])) <= {"NET_BIND_SERVICE"}
        assert not any("hostPort" in port for port in container.get("ports", []))
