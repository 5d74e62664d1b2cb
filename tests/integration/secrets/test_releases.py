# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a changed secret does to a release: pods restart only where a key that they use changed, the way back brings the old Secret back,
and Secrets that no release needs go. On a real cluster, with an application of two components that do nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.proven.webapp.molecule.support import Cluster, Run, ansible_playbook
from ansible_collections.proven.webapp.tests.integration.toolbox import deliver_toolbox

pytestmark = pytest.mark.slow  # four releases

NAMESPACE = "it-secrets"
HOSTS = {"all": {"hosts": {"localhost": {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}}}}
IDLE = {
    "kind": "worker",
    "command": ["python3", "-c", "import time; time.sleep(86400)"],
    "probes": {probe: {"exec": {"command": ["true"]}, "periodSeconds": 5} for probe in ("startup", "liveness", "readiness")},
    "replicas": 1,
}
VALUES = {"SHARED": "s3ntinel-shared", "OWN": "s3ntinel-own"}


@pytest.fixture(scope="module")
def image(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An image with Python in the cluster's registry."""
    return deliver_toolbox(cluster, tmp_path_factory.mktemp("toolbox"))


class Site:
    """The application, in a namespace of its own."""

    def __init__(self, cluster: Cluster, folder: Path, image: str) -> None:
        self.cluster, self.folder, self.image = cluster, folder, image

    def run(self, playbook: str, values: dict[str, str], *words: str, **more: Any) -> Run:
        variables = {
            "webapp_name": "it",
            "webapp_namespace": NAMESPACE,
            "webapp_components": {
                "one": {**IDLE, "image": self.image, "secrets": ["SHARED"]},
                "two": {**IDLE, "image": self.image, "secrets": ["SHARED", "OWN"]},
            },
            "webapp_secrets": values,
            "cluster_provider": "existing",
            "cluster_kubeconfig": self.cluster.kubeconfig,
            "cluster_context": self.cluster.context,
            "cluster_push_registry": self.cluster.registry["push"],
            "verify_report_dir": str(self.folder / "artifacts"),
            "release_artifacts_dir": str(self.folder / "artifacts"),
            "secrets_collect_min_age": 0,
            **more,
        }
        (self.folder / "group_vars").mkdir(exist_ok=True)
        (self.folder / "hosts.yml").write_text(yaml.safe_dump(HOSTS))
        (self.folder / "group_vars/all.yml").write_text(yaml.safe_dump(variables))
        done = ansible_playbook(playbook, self.folder, *words).succeeded()
        assert "s3ntinel" not in done.output
        return done

    def _pods(self) -> dict[str, dict[str, Any]]:
        """Component → its pod that stays."""
        found = self.cluster.get("pods", "-n", NAMESPACE, "-l", "app.kubernetes.io/instance=it")
        stay = [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]
        return {pod["metadata"]["labels"]["app.kubernetes.io/component"]: pod for pod in stay}

    def pods(self) -> dict[str, tuple[str, str]]:
        """Component → (uid, name of the Secret) of its pod."""
        found = {}
        for component, pod in self._pods().items():
            sources = pod["spec"]["containers"][0].get("envFrom") or []
            names = [source["secretRef"]["name"] for source in sources if "secretRef" in source]
            found[component] = (pod["metadata"]["uid"], names[0])
        return found

    def secrets(self) -> set[str]:
        found = self.cluster.get("secrets", "-n", NAMESPACE, "-l", "app.kubernetes.io/managed-by=proven.webapp")
        return {secret["metadata"]["name"] for secret in found}

    def environment(self, component: str, key: str) -> str:
        pod = self._pods()[component]["metadata"]["name"]
        return self.cluster.kubectl("exec", "-n", NAMESPACE, pod, "--", "printenv", key).strip()


@pytest.fixture
def site(cluster: Cluster, image: str, tmp_path: Path) -> Iterator[Site]:
    cluster.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found")
    yield Site(cluster, tmp_path, image)
    cluster.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=false")


def test_from_one_value_to_another_and_back(site: Site) -> None:
    site.run("playbooks/deploy.yml", VALUES)
    first = site.pods()
    assert site.secrets() == {name for _uid, name in first.values()}
    assert site.environment("two", "OWN") == "s3ntinel-own"

    # A value that never gets into a release; and one that does
    site.run("playbooks/secrets.yml", {**VALUES, "OWN": "s3ntinel-never"})
    (never,) = site.secrets() - {name for _uid, name in first.values()}
    assert site.pods() == first
    site.run("playbooks/deploy.yml", {**VALUES, "OWN": "s3ntinel-new"})
    second = site.pods()
    assert second["one"] == first["one"], "a component that uses none of what changed goes on"
    assert second["two"][0] != first["two"][0]
    assert second["two"][1] != first["two"][1]
    assert site.environment("two", "OWN") == "s3ntinel-new"

    assert never not in site.secrets(), "what no release needs is gone"
    assert first["two"][1] in site.secrets(), "what a revision can be gone back to with stays"

    site.run("playbooks/rollback.yml", {**VALUES, "OWN": "s3ntinel-new"}, "-e", "rollback_revision=1")
    third = site.pods()
    assert third["one"] == first["one"]
    assert third["two"][1] == first["two"][1]
    assert site.environment("two", "OWN") == "s3ntinel-own"
