# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The shipped application as plain manifests: database, migration and Secrets too, applied by nothing but kubectl, and proven."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ansible_collections.proven.webapp.molecule.support import Cluster, disguises, plain_secrets, variables
from ansible_collections.proven.webapp.tests.integration.load.site import COMPONENTS, Site

# All of it is installed once more.
pytestmark = pytest.mark.slow


@pytest.fixture
def site(cluster: Cluster, tmp_path: Path) -> Iterator[Site]:
    made = Site(cluster, "byo-todo-plain", tmp_path)
    yield made
    cluster.kubectl("delete", "namespace", made.namespace, "--ignore-not-found", "--wait=false")


def test_it_is_proven_from_nothing_but_manifests(site: Site, tmp_path: Path) -> None:
    components, folder = site.components(), tmp_path / "manifests"
    site.run("playbooks/render.yml", components, "-e", f"render_dest={folder}").succeeded()
    files = {path: path.read_text() for path in folder.rglob("*.yaml")}
    text = "".join(files.values())
    assert [secret for secret in disguises(plain_secrets(variables()).values()) if secret in text] == []
    kinds = [item["kind"] for content in files.values() for item in yaml.safe_load_all(content) if item]
    assert "Secret" not in kinds
    assert {"Namespace", "StatefulSet", "Deployment", "Job", "NetworkPolicy", "PodDisruptionBudget"} <= set(kinds)

    site.run("playbooks/secrets.yml", components).succeeded()
    # The order of a person who knows nothing of it: what needs the database first.
    for name in sorted(COMPONENTS):
        site.cluster.kubectl("apply", "-k", str(folder / name))
    for name in ("statefulset/todo-database", "deployment/todo-backend", "deployment/todo-frontend"):
        site.kubectl("rollout", "status", name, "--timeout=150s")
    assert "up and proven" in site.run("playbooks/verify.yml", components).succeeded().output
    # Applied again, its migration doesn't run again.
    assert "job.batch/todo-backend-migrate" in site.cluster.kubectl("apply", "-k", str(folder))
    (job,) = site.get("jobs", "-l", "app.kubernetes.io/component=backend")
    assert job["status"]["succeeded"] == 1
