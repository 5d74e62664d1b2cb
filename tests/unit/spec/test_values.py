# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The values that the chart gets."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._spec.app import read_app
from ansible_collections.proven.webapp.plugins.module_utils._spec.digest import chart_digest
from ansible_collections.proven.webapp.plugins.module_utils._spec.values import chart_values

GOLDEN = """
chartDigest: sha256:x
components:
  backend:
    kind: web
    image: reg/backend@sha256:b
    replicas: 2
    terminationGraceSeconds: 30
    ports: [{name: http, port: 8000}, {name: metrics, port: 9000}]
    service: {type: ClusterIP, port: 8000}
    probes:
      startup: {httpGet: {path: /livez, port: http}, periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 60}
      liveness: {httpGet: {path: /livez, port: http}, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6}
      readiness: {httpGet: {path: /readyz, port: http}, periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 2}
    env: {LOG_LEVEL: info, WORKERS: "2", RATIO: "0.5", TRACE: "true"}
    files: {/etc/app/settings.ini: "a=1\\n"}
    secretName: todo-backend-1
    dependsOn: {database: unready}
    resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 256Mi}}
    writable: [/var/cache/app]
    migrate: {command: [alembic, upgrade, head], timeoutSeconds: 300}
    test: {command: [python, -c, pass], timeoutSeconds: 60}
  database:
    kind: web
    image: reg/database@sha256:d
    replicas: 1
    terminationGraceSeconds: 30
    ports: [{name: postgres, port: 5432}]
    service: {type: ClusterIP, port: 5432}
    probes:
      startup: {exec: {command: [pg_isready]}, periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 60}
      liveness: {tcpSocket: {port: postgres}, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6}
      readiness: {exec: {command: [pg_isready]}, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 2}
    env: {POSTGRES_USER: todo}
    secretName: todo-database-1
    storage: {path: /var/lib/postgresql/data, size: 1Gi}
  frontend:
    kind: web
    image: ghcr.io/acme/web:1.2.3
    replicas: 1
    terminationGraceSeconds: 30
    ports: [{name: http, port: 3000}]
    service: {type: NodePort, port: 3000, nodePort: 30080}
  mailer:
    kind: worker
    image: ghcr.io/acme/mailer@sha256:1111111111111111111111111111111111111111111111111111111111111111
    replicas: 1
    terminationGraceSeconds: 30
    command: [mail, --loop]
"""
IMAGES = {"backend": "reg/backend@sha256:b", "database": "reg/database@sha256:d"}
SECRETS = {"backend": "todo-backend-1", "database": "todo-database-1"}


def values(todo: dict[str, Any], **overrides: Any) -> dict[str, Any]:
    return chart_values(read_app(todo), **{"images": IMAGES, "secret_names": SECRETS, "chart_digest": "sha256:x", **overrides})


def test_golden(todo: dict[str, Any]) -> None:
    assert values(todo) == yaml.safe_load(GOLDEN)


def test_same_input_gives_the_same_text(todo: dict[str, Any]) -> None:
    names = list(todo["components"])
    first = json.dumps(values(todo))
    random.Random(1).shuffle(names)
    todo["components"] = {name: todo["components"][name] for name in names}
    assert json.dumps(values(todo)) == first


def test_main_port_stays_first(todo: dict[str, Any]) -> None:
    todo["components"]["backend"]["ports"] = {"web": 8000, "admin": 9000}
    assert [port["name"] for port in values(todo)["components"]["backend"]["ports"]] == ["web", "admin"]


def test_built_image_is_needed(todo: dict[str, Any]) -> None:
    with pytest.raises(ProvenError, match='No image is known for the component "backend"'):
        values(todo, images={})


def test_secret_is_needed(todo: dict[str, Any]) -> None:
    with pytest.raises(ProvenError, match='No Secret is known for the component "backend", which needs DATABASE_URL'):
        values(todo, secret_names={})


@pytest.mark.parametrize(
    ("rollout", "value"),
    [
        ({"restarts_tolerated": 0}, {"restartsTolerated": 0}),
        ({"ready_within": "90"}, {"readyWithin": 90}),
        ({"restarts_tolerated": 5, "ready_within": 10}, {"restartsTolerated": 5, "readyWithin": 10}),
        ({}, None),
        (None, None),
    ],
)
def test_of_the_rollout_only_what_is_said(todo: dict[str, Any], rollout: object, value: object) -> None:
    todo["components"]["backend"]["rollout"] = rollout
    assert values(todo)["components"]["backend"].get("rollout") == value


@pytest.mark.parametrize(("rollout", "share"), [({"strategy": "canary"}, 20), ({"strategy": "canary", "weight": 5}, 5), ({}, None)])
def test_a_route_knows_what_it_gives_to_canaries(todo: dict[str, Any], rollout: object, share: int | None) -> None:
    todo["components"]["frontend"] |= {"rollout": rollout, "route": {"parents": [{"name": "gateway"}], "timeouts": {"request": "10s"}}}
    route = {"parents": [{"name": "gateway"}], "timeouts": {"request": "10s"}}
    assert values(todo)["components"]["frontend"]["route"] == route | ({"canary": share} if share else {})


def test_secret_of_a_component_that_needs_none_is_left_out(todo: dict[str, Any]) -> None:
    assert "secretName" not in values(todo, secret_names={**SECRETS, "frontend": "x"})["components"]["frontend"]


def make_chart(folder: Path, template: str = "a: b\n") -> Path:
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("name: x\n")
    (folder / "templates" / "a.yaml").write_text(template)
    return folder


def test_digest_is_of_content_alone(tmp_path: Path) -> None:
    first, second = make_chart(tmp_path / "a"), make_chart(tmp_path / "b")
    (second / "README.md").write_text("words")
    assert chart_digest(first) == chart_digest(second)
    assert chart_digest(first).startswith("sha256:")


@pytest.mark.parametrize("change", ["content", "name", "more"])
def test_digest_changes_with_the_chart(tmp_path: Path, change: str) -> None:
    chart = make_chart(tmp_path / "a")
    before = chart_digest(chart)
    if change == "content":
        (chart / "templates" / "a.yaml").write_text("a: c\n")
    elif change == "name":
        (chart / "templates" / "a.yaml").rename(chart / "templates" / "b.yaml")
    else:
        (chart / "templates" / "c.yaml").write_text("")
    assert chart_digest(chart) != before


def test_digest_needs_a_chart(tmp_path: Path) -> None:
    with pytest.raises(ProvenError, match="no Helm chart"):
        chart_digest(tmp_path)
