# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An application of somebody else: inventories that are given, released by site.yml into a namespace of their own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.proven.webapp.molecule.support import Cluster, Run, ansible_playbook
from ansible_collections.proven.webapp.tests.integration.whole import HOSTS


@dataclass(frozen=True)
class Site:
    """:ivar folder: of the inventory and of what runs leave."""

    cluster: Cluster
    namespace: str
    folder: Path

    def place(self) -> dict[str, Any]:
        """Variables that say where it goes."""
        return {
            "webapp_namespace": self.namespace,
            "cluster_provider": "existing",
            "cluster_kubeconfig": self.cluster.kubeconfig,
            "cluster_context": self.cluster.context,
            "cluster_push_registry": self.cluster.registry["push"],
            "verify_kubelet_metrics": True,
            "verify_exec": True,
            "verify_report_dir": str(self.folder / "artifacts"),
            "release_artifacts_dir": str(self.folder / "artifacts"),
        }

    def run(self, variables: dict[str, Any], playbook: str = "site.yml", *arguments: str) -> Run:
        """Run a playbook with the inventory's variables."""
        found = {**self.place(), **variables}
        (self.folder / "group_vars/all").mkdir(parents=True, exist_ok=True)
        (self.folder / "hosts.yml").write_text(yaml.safe_dump(HOSTS))
        (self.folder / "group_vars/all/all.yml").write_text(yaml.safe_dump(found))
        return ansible_playbook(playbook, self.folder, *arguments)

    def get(self, *words: str) -> Any:
        return self.cluster.get(*words, "-n", self.namespace)

    def kubectl(self, *words: str, ok: bool = True) -> str:
        return self.cluster.kubectl("-n", self.namespace, *words, ok=ok)

    def asks(self, service: str, path: str = "") -> str:
        """What a Service says, through the API server."""
        return self.cluster.kubectl("get", "--raw", f"/api/v1/namespaces/{self.namespace}/services/{service}/proxy/{path}")

    def remove(self) -> None:
        self.cluster.kubectl("delete", "namespace", self.namespace, "--ignore-not-found", "--wait=false")
