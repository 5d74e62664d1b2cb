# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A correct inventory to bend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

TODO = """
name: todo
namespace: todo
secrets: [DATABASE_URL, POSTGRES_PASSWORD]
components:
  database:
    build: {context: docker/postgres}
    ports: {postgres: 5432}
    storage: {path: /var/lib/postgresql/data, size: 1Gi}
    probes:
      startup: {exec: {command: [pg_isready]}}
      liveness: {tcpSocket: {port: postgres}}
      readiness: {exec: {command: [pg_isready]}}
    secrets: [POSTGRES_PASSWORD]
    env: {POSTGRES_USER: todo}
  backend:
    build: {context: docker/backend, args: {DEBUG: false}}
    ports: {http: 8000, metrics: 9000}
    probes: {startup: /livez, liveness: /livez, readiness: /readyz}
    env: {LOG_LEVEL: info, WORKERS: 2, RATIO: 0.5, TRACE: true}
    files: {/etc/app/settings.ini: "a=1\\n"}
    secrets: [DATABASE_URL]
    depends_on: {database: {on_loss: unready}}
    replicas: 2
    resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 256Mi}}
    writable: [/var/cache/app]
    migrate: {command: [alembic, upgrade, head]}
    test: {command: [python, -c, pass]}
  frontend:
    image: ghcr.io/acme/web:1.2.3
    ports: {http: 3000}
    expose: {type: NodePort, node_port: 30080}
  mailer:
    kind: worker
    image: ghcr.io/acme/mailer@sha256:1111111111111111111111111111111111111111111111111111111111111111
    command: [mail, --loop]
"""


@pytest.fixture
def todo() -> dict[str, Any]:
    """The application of the tests, as an inventory has it."""
    return dict(yaml.safe_load(TODO))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the folders that the application is built from."""
    for name in ("postgres", "backend"):
        (tmp_path / "docker" / name).mkdir(parents=True)
        (tmp_path / "docker" / name / "Dockerfile").write_text("FROM scratch\n")
    return tmp_path
