# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A chart of given objects, released and looked at on a real cluster."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.proven.webapp.molecule.support import Cluster
from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.plugins.module_utils._preview.helm import Helm
from ansible_collections.proven.webapp.plugins.module_utils._preview.run import Preview, Request, preview
from ansible_collections.proven.webapp.plugins.module_utils._release import claim
from ansible_collections.proven.webapp.plugins.module_utils._spec.digest import chart_digest

RELEASE = "seen"


@dataclass(frozen=True)
class Lab:
    """A namespace, and a chart in a folder.

    :ivar folder: of the chart.
    """

    cluster: Cluster
    namespace: str
    folder: Path

    def chart(self, objects: tuple[dict[str, Any], ...]) -> dict[str, Any]:
        """Write the chart; the values that belong to it."""
        (self.folder / "templates").mkdir(parents=True, exist_ok=True)
        (self.folder / "Chart.yaml").write_text(yaml.safe_dump({"apiVersion": "v2", "name": "seen", "version": "0.1.0"}))
        (self.folder / "templates/all.yaml").write_text(yaml.safe_dump_all(objects))
        return {"chartDigest": chart_digest(self.folder)}

    def release(self, objects: tuple[dict[str, Any], ...]) -> None:
        """By helm itself."""
        values = self.chart(objects)
        base = ["--kubeconfig", self.cluster.kubeconfig, "--kube-context", self.cluster.context, "--namespace", self.namespace]
        command = [self.cluster.tools["helm"], "upgrade", "--install", RELEASE, str(self.folder), "--values", "-", *base]
        done = subprocess.run(command, input=json.dumps(values), capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr

    def preview(self, objects: tuple[dict[str, Any], ...], **options: Any) -> Preview:
        values = self.chart(objects)
        place = claim.Place(Api(self.cluster.kubeconfig, self.cluster.context), RELEASE, self.namespace)
        helm = Helm(self.cluster.tools["helm"], self.cluster.kubeconfig, self.cluster.context)
        return preview(Request(place, helm, str(self.folder), values, **options))

    def get(self, *words: str) -> Any:
        return self.cluster.get(*words, "-n", self.namespace)

    def versions(self) -> dict[str, str]:
        """What there is → what changes when somebody writes to it. What controllers write of pods' progress isn't meant."""
        kinds = (
            "deployments,statefulsets,jobs,services,configmaps,secrets,persistentvolumeclaims,serviceaccounts,resourcequotas,limitranges"
        )
        return {
            f"{one['kind']}/{one['metadata']['name']}": f"{one['metadata']['uid']} {one['metadata'].get('generation')}"
            for one in self.get(kinds)
        }
