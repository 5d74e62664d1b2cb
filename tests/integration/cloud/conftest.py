# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Stand-ins of the clouds' APIs that give out the tests' real cluster, so that all of site.yml runs for real behind them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible_collections.proven.webapp.molecule.support import Cluster, Run, ansible_playbook, disguises
from ansible_collections.proven.webapp.tests.integration.whole import HOSTS, web
from ansible_collections.proven.webapp.tests.unit.cloud.standin.aks import Aks
from ansible_collections.proven.webapp.tests.unit.cloud.standin.clouds import Cloud, Real
from ansible_collections.proven.webapp.tests.unit.cloud.standin.doks import Doks
from ansible_collections.proven.webapp.tests.unit.cloud.standin.gke import Gke
from ansible_collections.proven.webapp.tests.unit.cloud.standin.server import StandIn

from .account import logged_in

ACCOUNT = f"proven-cloud-it-{os.getpid()}"
PASSWORD = b"the password of this test's vault"
PREFIXES = ("ANSIBLE_", "MOLECULE_", "DIGITALOCEAN", "DO_API", "GOOGLE", "GCP", "GCE", "CLOUDSDK", "AZURE", "PYTHONPATH")
NODE_PORTS = {"doks": 31081, "gke": 31082, "aks": 31083}


@pytest.fixture(scope="session")
def token(cluster: Cluster) -> Iterator[str]:
    """What the real cluster takes from somebody who logs in by a cloud's token."""
    with logged_in(cluster, ACCOUNT) as token:
        yield token


@dataclass
class Place:
    """A cloud's stand-in, and an inventory for it.

    :ivar variables: of the inventory, besides those that every run has.
    """

    cloud: Cloud
    cluster: Cluster
    folder: Path
    variables: dict[str, Any] = field(default_factory=dict)

    @property
    def namespace(self) -> str:
        return f"cloud-it-{self.cloud.provider}"

    @property
    def kubeconfig(self) -> Path:
        return self.folder / "state/prod/kubeconfig"

    def run(self, playbook: str, *arguments: str, vaulted: bool = True, env: dict[str, str] | None = None) -> Run:
        """:param vaulted: the credentials are in the vault; else they have to be in `env`."""
        inventory = self._inventory(vaulted)
        clean = {name: "" for name in os.environ if name.startswith(PREFIXES[2:-1])}
        ours = {**self.cloud.address, "REQUESTS_CA_BUNDLE": str(self.cloud.server.ca), "XDG_STATE_HOME": str(self.folder / "xdg")}
        secret = ("--vault-password-file", str(self.folder / "password")) if vaulted else ()
        return ansible_playbook(playbook, inventory, *secret, *arguments, env={**clean, **ours, **(env or {})})

    def _inventory(self, vaulted: bool) -> Path:
        folder = self.folder / "inventory"
        group = folder / "group_vars/all"
        group.mkdir(parents=True, exist_ok=True)
        (self.folder / "password").write_bytes(PASSWORD)
        (folder / "hosts.yml").write_text(yaml.safe_dump(HOSTS))
        settings: dict[str, Any] = {
            "webapp_name": "cloud",
            "webapp_namespace": self.namespace,
            "webapp_components": {"web": web(self.folder / "web", NODE_PORTS[self.cloud.provider])},
            "webapp_secrets": {},
            "cluster_provider": self.cloud.provider,
            "cluster_name": "prod",
            "cluster_state_dir": str(self.folder / "state"),
            "cluster_push_registry": self.cluster.registry["push"],
            "cluster_resource_group": self.cloud.arguments.get("resource_group", ""),
            "verify_report_dir": str(self.folder / "artifacts"),
            "release_artifacts_dir": str(self.folder / "artifacts"),
            **self.variables,
        }
        vault = group / "vault.yml"
        vault.unlink(missing_ok=True)
        if vaulted:
            settings["cluster_credentials"] = {name: f"{{{{ vault_{name} }}}}" for name in self.cloud.credentials}
            settings["cluster_project"] = self.cloud.arguments.get("project", "")
            secrets = {f"vault_{name}": value for name, value in self.cloud.credentials.items()}
            vault.write_bytes(VaultLib([("default", VaultSecret(PASSWORD))]).encrypt(yaml.safe_dump(secrets)))
        (group / "all.yml").write_text(yaml.safe_dump(settings))
        return folder

    def shown(self, text: str) -> list[str]:
        """The secrets that a text shows, in whatever form."""
        return [form for form in disguises(self.cloud.secrets) if form in text]

    def mode(self) -> int:
        return stat.S_IMODE(self.kubeconfig.stat().st_mode)


@pytest.fixture(params=[Doks, Gke, Aks], ids=lambda kind: kind.provider)
def place(request: pytest.FixtureRequest, cluster: Cluster, token: str, tmp_path: Path) -> Iterator[Place]:
    server = StandIn(tmp_path)
    cloud = request.param(server, Real.of(cluster.kubeconfig, token))
    made = Place(cloud, cluster, tmp_path)
    yield made
    server.close()
    cluster.kubectl("delete", "namespace", made.namespace, "--ignore-not-found", "--timeout=150s")
