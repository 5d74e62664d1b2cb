# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whatever is in a manifest, the audit gives findings or a clear error, and its outputs hold."""

from __future__ import annotations

import contextlib
import json
import re
from typing import Any
from xml.etree import ElementTree

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._audit.documents import Document, read_text
from ansible_collections.proven.webapp.plugins.module_utils._audit.engine import audit
from ansible_collections.proven.webapp.plugins.module_utils._audit.output_junit import junit
from ansible_collections.proven.webapp.plugins.module_utils._audit.output_sarif import sarif
from ansible_collections.proven.webapp.plugins.module_utils._audit.output_text import Text
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import budget, container, deployment, scaler, service, workload

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
WORDS = st.sampled_from(
    re.findall(
        r"\w+",
        """httpGet tcpSocket grpc exec port path host scheme command httpHeaders name value service periodSeconds timeoutSeconds
        failureThreshold successThreshold initialDelaySeconds terminationGracePeriodSeconds containers initContainers metadata spec
        template labels annotations selector matchLabels ports containerPort targetPort image restartPolicy lifecycle preStop sleep
        seconds minAvailable maxUnavailable strategy rollingUpdate replicas items kind apiVersion ownerReferences controller""",
    )
)
KEYS = WORDS | st.text(max_size=5) | st.integers() | st.booleans() | st.none()
JUNK = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=12)
PATHS: tuple[tuple[Any, ...], ...] = (
    (),
    ("metadata",),
    ("metadata", "annotations"),
    ("metadata", "ownerReferences"),
    ("spec",),
    ("spec", "replicas"),
    ("spec", "strategy"),
    ("spec", "template"),
    ("spec", "template", "metadata"),
    ("spec", "template", "spec"),
    ("spec", "template", "spec", "initContainers"),
    ("spec", "template", "spec", "containers"),
    ("spec", "template", "spec", "containers", 0),
    ("spec", "template", "spec", "containers", 0, "ports"),
    ("spec", "template", "spec", "containers", 0, "lifecycle"),
)
FIELDS = ("httpGet", "tcpSocket", "grpc", "exec", "periodSeconds", "timeoutSeconds", "failureThreshold", "terminationGracePeriodSeconds")


def judged(*objects: Any) -> None:
    """Everything is shown in every form, and each form can be read back."""
    report = audit([Document(item, "f.yaml", 1) for item in objects])
    json.dumps(report.as_dict("info"))
    json.dumps(sarif(report))
    ElementTree.fromstring(junit(report, "info"))
    assert Text(80, colour=False).render(report, "info")


def with_junk(manifest: Any, path: tuple[Any, ...], junk: Any) -> Any:
    if not path:
        return junk
    place = manifest
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = junk
    return manifest


@pytest.mark.parametrize("kind", ["startup", "liveness", "readiness"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(junk=JUNK)
def test_junk_as_a_probe(kind: str, junk: Any) -> None:
    judged(workload("Deployment", {**container(), f"{kind}Probe": junk}), service())


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(probes=st.lists(st.dictionaries(st.sampled_from(FIELDS), JUNK, max_size=4), min_size=3, max_size=3))
def test_junk_in_probes(probes: list[dict[str, Any]]) -> None:
    startup, liveness, readiness = probes
    judged(
        workload("Deployment", {**container(), "startupProbe": startup, "livenessProbe": liveness, "readinessProbe": readiness}), service()
    )


@pytest.mark.parametrize("path", PATHS, ids=lambda path: ".".join(map(str, path)) or "all")
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(junk=JUNK)
def test_junk_anywhere(path: tuple[Any, ...], junk: Any) -> None:
    judged(with_junk(deployment(), path, junk), service(), budget(maxUnavailable=1))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(junk=JUNK, which=st.sampled_from([service, budget, lambda: scaler(2)]))
def test_junk_around(junk: Any, which: Any) -> None:
    judged(deployment(), with_junk(which(), ("spec",), junk))
    judged(deployment(), with_junk(which(), ("metadata",), junk))


@settings(max_examples=300, deadline=None)
@given(text=st.text(alphabet="ab:-[]{}&*!|>#%@`\"'?,\n \t0", max_size=60) | st.text(max_size=30))
def test_junk_as_text(text: str) -> None:
    with contextlib.suppress(ProvenError):
        audit(read_text(text))
