# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A database that isn't the release's own, as Neon's or a company's would be: no component, a URL among the secrets, a named external."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.proven.webapp.molecule.support import Cluster
from ansible_collections.proven.webapp.tests.integration.load.site import Site

# The application is installed once more.
pytestmark = pytest.mark.slow

ELSEWHERE = "byo-database"
PASSWORD = "plain-test-password-of-elsewhere"
URL = f"postgresql://todo:{PASSWORD}@company.{ELSEWHERE}:5432/todo"
LABELS = {"app": "company"}


@pytest.fixture
def site(cluster: Cluster, tmp_path: Path) -> Iterator[Site]:
    """And a database in another namespace."""
    made = Site(cluster, "byo-without-database", tmp_path)
    env = {"POSTGRES_USER": "todo", "POSTGRES_DB": "todo", "POSTGRES_PASSWORD": PASSWORD}
    container = {
        "name": "database",
        "image": made.components()["database"]["image"],
        "env": [{"name": name, "value": value} for name, value in env.items()],
        "volumeMounts": [{"name": "data", "mountPath": "/var/lib/postgresql/data"}, {"name": "tmp", "mountPath": "/tmp"}],
    }
    pod = {
        "securityContext": {"runAsUser": 1001, "runAsGroup": 1001, "fsGroup": 1001},
        "containers": [container],
        "volumes": [{"name": "data", "emptyDir": {}}, {"name": "tmp", "emptyDir": {}}],
    }
    meta = {"name": "company", "namespace": ELSEWHERE, "labels": LABELS}
    objects = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": ELSEWHERE}},
        {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": {"selector": LABELS, "ports": [{"port": 5432}]}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": pod},
    ]
    try:
        cluster.kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
        yield made
    finally:
        for namespace in (ELSEWHERE, made.namespace):
            cluster.kubectl("delete", "namespace", namespace, "--ignore-not-found", "--wait=false")


def test_it_is_released_and_proven_on_a_database_elsewhere(site: Site) -> None:
    components = site.components()
    del components["database"]
    for name in ("backend", "frontend"):
        component = components[name]
        component["depends_on"] = {one: of for one, of in component["depends_on"].items() if one != "database"}
        network = component.setdefault("network", {})
        network["allow_to"] = [*(one for one in network.get("allow_to", ()) if one != "web"), "company"]
    external = {"company": {"namespace": ELSEWHERE, "pods": LABELS, "ports": [5432]}}
    changes = {"vault_database_url": URL, "webapp_network": {"isolate": True, "externals": external}}
    run = site.run("site.yml", components, "-e", json.dumps(changes))
    assert "up and proven" in run.succeeded().output
    assert not site.get("statefulsets")
    asked = "SELECT version_num FROM alembic_version"
    found = site.cluster.kubectl(
        "exec", "-n", ELSEWHERE, "company", "--", "psql", "-h", "/tmp", "-U", "todo", "-tAc", asked, "todo", ok=False
    )
    assert found.strip().isdigit(), found
