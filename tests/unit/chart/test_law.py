# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The chart's own law: lint and schema."""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._spec.app import read_app
from ansible_collections.proven.webapp.plugins.module_utils._spec.digest import chart_digest
from ansible_collections.proven.webapp.plugins.module_utils._spec.values import chart_values

from .conftest import CHART, DIGEST, FULL, IMAGE, Render

Helm = Callable[..., subprocess.CompletedProcess[str]]

# where it is put (keys below the values), and what is put there
BAD: list[tuple[str, object]] = [
    ("zzz", 1),
    ("chartDigest", "abc"),
    ("components.Bad_Name", {"kind": "web", "image": IMAGE}),
    ("components.backend.zzz", 1),
    ("components.backend.kind", "cronjob"),
    ("components.backend.image", ""),
    ("components.backend.image", "ghcr.io/acme/api"),
    ("components.backend.image", "ghcr.io:5000/acme/api:latest"),
    ("components.backend.replicas", -1),
    ("components.backend.replicas", "2"),
    ("components.backend.command", "serve"),
    ("components.backend.ports", {"http": 8000}),
    ("components.backend.ports", [{"name": "HTTP", "port": 1}]),
    ("components.backend.ports", [{"name": "http", "port": 65536}]),
    ("components.backend.ports", []),
    ("components.backend.service.type", "ExternalName"),
    ("components.backend.service.nodePort", 80),
    ("components.backend.probes.ready", {}),
    ("components.backend.probes.startup", {"periodSeconds": 1}),
    ("components.backend.probes.startup", {"tcpSocket": {"port": 1}, "grpc": {"port": 1}}),
    ("components.backend.probes.startup", {"httpGet": {"port": "http", "pth": "/"}}),
    ("components.backend.env", {"A": 1}),
    ("components.backend.env", {"A-B": "1"}),
    ("components.backend.files", {"etc/x": "1"}),
    ("components.backend.secretName", "Bad_Name"),
    ("components.backend.secrets", {"PASSWORD": "hunter2"}),
    ("components.backend.dependsOn", {"database": "dead"}),
    ("components.backend.resources", {"limits": {"memory": "1GB"}}),
    ("components.backend.resources", {"limits": {"mem": "1Gi"}}),
    ("components.backend.migrate", {"command": []}),
    ("components.backend.terminationGraceSeconds", 3),
    ("components.backend.rollout", {"restartsTolerated": -1}),
    ("components.backend.rollout", {"readyWithin": "60"}),
    ("components.backend.rollout", {"restarts": 1}),
    ("components.backend.writable", ["tmp"]),
    ("components.database.storage", {"path": "/x"}),
    ("components.database.replicas", 2),
    ("components.mailer.service", {"type": "ClusterIP", "port": 1}),
]


@pytest.mark.parametrize("values", [{}, {"chartDigest": DIGEST, "components": FULL}], ids=["nothing", "everything"])
def test_lint(helm: Helm, values: dict[str, Any]) -> None:
    done = helm("lint", "--strict", str(CHART), values=values)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("path", "value"), BAD, ids=[f"{index}-{path}" for index, (path, _value) in enumerate(BAD)])
def test_schema_refuses(helm: Helm, path: str, value: object) -> None:
    values: dict[str, Any] = {"chartDigest": DIGEST, "components": copy.deepcopy(FULL)}
    *parents, last = path.split(".")
    place = values
    for key in parents:
        place = place[key]
    place[last] = value
    done = helm("template", "todo", str(CHART), values=values)
    assert done.returncode != 0
    assert "schema" in done.stderr, done.stderr


def test_schema_needs_no_network() -> None:
    schema = (CHART / "values.schema.json").read_text()
    assert all(line.split('"')[3].startswith("#/") for line in schema.splitlines() if '"$ref"' in line)


def test_everything_in_the_schema_is_closed() -> None:
    def walk(node: Any, path: str) -> None:
        if isinstance(node, dict):
            if "properties" in node and node.get("type") == "object":
                assert node.get("additionalProperties") is False, path
            for key, value in node.items():
                walk(value, f"{path}/{key}")
        elif isinstance(node, list):
            for index, value in enumerate(node):
                walk(value, f"{path}/{index}")

    walk(json.loads((CHART / "values.schema.json").read_text()), "")


def test_what_the_inventory_becomes_is_accepted(render: Render) -> None:
    app = read_app(
        {
            "name": "todo",
            "namespace": "todo",
            "secrets": ["A"],
            "components": {
                "backend": {
                    "image": "a/b:1",
                    "ports": {"http": "8000"},
                    "probes": {
                        "startup": "/x",
                        "liveness": {"grpc": {"port": 9, "service": "x"}},
                        "readiness": {"exec": {"command": ["a"]}},
                    },
                    "env": {"A_NUMBER": 1},
                    "files": {"/etc/x": "y"},
                    "secrets": ["A"],
                    "expose": {"type": "LoadBalancer", "port": 80},
                    "resources": {"limits": {"cpu": 0.5, "memory": "1e9"}},
                    "writable": ["/cache"],
                    "migrate": {"command": ["m"]},
                    "test": {"command": ["t"]},
                },
                "store": {"image": "a/b:1", "ports": {"db": 1}, "storage": {"path": "/data", "size": "1Gi"}, "replicas": 0},
                "worker": {"kind": "worker", "image": "a/b:1", "depends_on": {"store": {}}},
            },
        }
    )
    values = chart_values(app, images={}, secret_names={"backend": "s-1"}, chart_digest=chart_digest(CHART))
    assert render(values["components"])


def test_knows_no_application() -> None:
    for file in Path(CHART).rglob("*"):
        if file.is_file() and file.name != "README.md":
            words = file.read_text().lower()
            assert not [word for word in ("todo", "postgres", "alembic", "frontend", "fastapi") if word in words], file
