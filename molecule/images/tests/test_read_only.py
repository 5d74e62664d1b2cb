# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The whole application on root file systems that nobody can write to, without a single capability."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from ansible_collections.proven.webapp.molecule.support import FACTS, Cluster, Visitor, until

NETWORK = "proven-test-images"
LOCKED = ["--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges", f"--network={NETWORK}"]
PASSWORD = "only-for-this-test"
DATABASE_URL = f"postgresql://todo:{PASSWORD}@{NETWORK}-database:5432/todo"
DATABASE = ["--tmpfs=/var/lib/postgresql/data:uid=1001,gid=1001,mode=0700", "-e=POSTGRES_USER=todo", "-e=POSTGRES_DB=todo"]
ENVIRONMENT = {
    "database": [*DATABASE, f"-e=POSTGRES_PASSWORD={PASSWORD}"],
    "backend": [
        f"-e=DATABASE_URL={DATABASE_URL}",
        f"-e=AUTH_JWKS_URL=http://{NETWORK}-frontend:3000/api/auth/jwks",
        "-e=AUTH_ISSUER=http://todo-frontend:3000",
        "-e=AUTH_AUDIENCE=todo-backend",
    ],
    "frontend": [
        f"-e=BACKEND_URL=http://{NETWORK}-backend:8000",
        f"-e=DATABASE_URL={DATABASE_URL}",
        f"-e=BETTER_AUTH_SECRET={PASSWORD * 2}",
        "-e=AUTH_ISSUER=http://todo-frontend:3000",
        "-e=AUTH_AUDIENCE=todo-backend",
    ],
}


@pytest.fixture(scope="module")
def application(cluster: Cluster) -> Iterator[Cluster]:
    images = {name: image["ref"] for name, image in json.loads((FACTS / "images.json").read_text()).items()}
    containers = [f"{NETWORK}-{name}" for name in ENVIRONMENT]

    def remove() -> None:
        cluster.docker("rm", "--force", "--volumes", *containers, ok=False)
        cluster.docker("network", "rm", NETWORK, ok=False)

    remove()
    cluster.docker("network", "create", NETWORK)
    try:
        for name, environment in ENVIRONMENT.items():
            if name == "backend":
                # It waits for the database by itself.
                cluster.docker("run", "--rm", *LOCKED, *environment, images[name], "alembic", "upgrade", "head")
            cluster.docker("run", "--detach", "--name", f"{NETWORK}-{name}", *LOCKED, *environment, images[name])
        yield cluster
    finally:
        remove()


def url(cluster: Cluster, name: str, port: int) -> str:
    network = json.loads(cluster.docker("inspect", f"{NETWORK}-{name}"))[0]["NetworkSettings"]["Networks"][NETWORK]
    return f"http://{network['IPAddress']}:{port}"


def answers(address: str, path: str) -> bool:
    try:
        Visitor(address).ask(path)
    except OSError:
        return False
    return True


def test_it_starts_serves_and_stores(application: Cluster) -> None:
    backend, frontend = url(application, "backend", 8000), url(application, "frontend", 3000)
    assert until(lambda: answers(backend, "/readyz"), 30)
    assert until(lambda: answers(frontend, "/api/health/ready"), 30)
    visitor = Visitor(frontend).sign_up()
    assert "<html" in visitor.ask("/")
    assert visitor.ask("/api/todos", {"title": "written on a read-only system"})
    assert "written on a read-only system" in visitor.ask("/api/todos")


@pytest.mark.parametrize("name", list(ENVIRONMENT))
def test_its_log_tells_of_no_failed_write(application: Cluster, name: str) -> None:
    log = application.docker("logs", f"{NETWORK}-{name}", ok=False)
    assert "ead-only file system" not in log
    assert "EROFS" not in log
    assert json.loads(application.docker("inspect", f"{NETWORK}-{name}"))[0]["State"]["Running"]
