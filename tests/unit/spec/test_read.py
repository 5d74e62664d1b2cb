# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a correct inventory becomes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._spec.app import read_app
from ansible_collections.proven.webapp.plugins.module_utils._spec.model import Dependency, normal
from ansible_collections.proven.webapp.plugins.module_utils._spec.node import quantity


def test_reads_what_is_given(todo: dict[str, Any], project: Path) -> None:
    app = read_app(todo, project_dir=project, variables=["webapp_name", "webapp_namespace", "webapp_components", "webapp_secrets"])
    backend = app.components["backend"]
    assert (app.name, app.namespace, list(app.components)) == ("todo", "todo", ["database", "backend", "frontend", "mailer"])
    assert {name: port.port for name, port in backend.ports.items()} == {"http": 8000, "metrics": 9000}
    assert backend.env == {"LOG_LEVEL": "info", "WORKERS": "2", "RATIO": "0.5", "TRACE": "true"}
    assert backend.depends_on == {"database": Dependency(on_loss="unready")}
    assert backend.build is not None
    assert backend.build.args == {"DEBUG": "false"}
    assert backend.migrate is not None
    assert backend.migrate.timeout_seconds == 300


def test_normal_form_is_valid_input_again_and_plain_json(todo: dict[str, Any]) -> None:
    once = normal(read_app(todo))
    assert json.loads(json.dumps(once)) == once
    assert normal(read_app(once)) == once


def test_short_probe_asks_the_first_port(todo: dict[str, Any]) -> None:
    probes = read_app(todo).components["backend"].probes
    assert probes.readiness == {
        "httpGet": {"path": "/readyz", "port": "http"},
        "periodSeconds": 5,
        "timeoutSeconds": 3,
        "failureThreshold": 2,
    }


def test_probe_defaults_fit_together(todo: dict[str, Any]) -> None:
    for component in read_app(todo).components.values():
        for probe in (component.probes.startup, component.probes.liveness, component.probes.readiness):
            assert probe is None or probe["timeoutSeconds"] <= probe["periodSeconds"]
        if component.probes.liveness and component.probes.readiness:
            assert worst_case(component.probes.liveness) > worst_case(component.probes.readiness)


def worst_case(probe: Any) -> int:
    """Seconds until a probe has decided."""
    period, timeout = probe["periodSeconds"], probe["timeoutSeconds"]
    return int(period + (probe["failureThreshold"] - 1) * max(period, timeout) + timeout)


def test_given_period_shorter_than_the_default_timeout_shortens_it(todo: dict[str, Any]) -> None:
    todo["components"]["backend"]["probes"] = {"readiness": {"httpGet": {"port": 8000}, "periodSeconds": 1}}
    probe = read_app(todo).components["backend"].probes.readiness
    assert probe is not None
    assert probe["timeoutSeconds"] == 1
    assert probe["httpGet"] == {"port": 8000, "path": "/"}


def test_whole_probe_is_kept(todo: dict[str, Any]) -> None:
    probe = {
        "httpGet": {"port": "metrics", "path": "/x", "scheme": "HTTPS", "host": "a", "httpHeaders": [{"name": "A", "value": "b"}]},
        "initialDelaySeconds": 1,
        "periodSeconds": 20,
        "timeoutSeconds": 3,
        "successThreshold": 1,
        "failureThreshold": 4,
        "terminationGracePeriodSeconds": 9,
    }
    todo["components"]["backend"]["probes"] = {"liveness": probe, "readiness": {"grpc": {"port": 9000, "service": "x"}}}
    probes = read_app(todo).components["backend"].probes
    assert probes.liveness == probe
    assert probes.readiness is not None
    assert probes.readiness["grpc"] == {"port": 9000, "service": "x"}


@pytest.mark.parametrize("value", ["8000", " 8000 ", 8000, 8000.0])
def test_numbers_of_a_survey_are_texts(todo: dict[str, Any], value: object) -> None:
    todo["components"]["backend"]["ports"]["http"] = value
    todo["components"]["backend"]["replicas"] = "3"
    backend = read_app(todo).components["backend"]
    assert (backend.ports["http"].port, backend.replicas) == (8000, 3)


@pytest.mark.parametrize("key", ["command", "env", "probes", "storage", "migrate", "depends_on", "resources"])
def test_key_with_nothing_behind_it_counts_as_left_out(todo: dict[str, Any], key: str) -> None:
    todo["components"]["frontend"][key] = None
    read_app(todo)


@pytest.mark.parametrize(
    ("text", "number"),
    [("1", 1), ("0.5", 0.5), ("500m", 0.5), ("1Ki", 1024), ("1k", 1000), ("2Gi", 2 * 2**30), ("1e3", 1000), ("1E", 10**18)],
)
def test_quantity(text: str, number: float) -> None:
    assert quantity(text) == number


@pytest.mark.parametrize("text", ["", "1GB", "Gi", "1 Gi", "-1", "1,5", "0x1"])
def test_no_quantity(text: str) -> None:
    assert quantity(text) is None
