# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Single questions to the API server about a release."""

from __future__ import annotations

import json

from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._evidence.collect import secret_values
from ansible_collections.proven.webapp.plugins.module_utils._preview.masking import Masker
from ansible_collections.proven.webapp.plugins.module_utils._release import claim
from ansible_collections.proven.webapp.plugins.module_utils._rollout.model import Object, Trouble
from ansible_collections.proven.webapp.plugins.module_utils._rollout.streams import Place

METADATA = {"Accept": "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json"}
METADATA_LIST = {"Accept": "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json"}


class Cluster:
    """The objects of one release.

    :param kubeconfig: path; None is kubectl's own default.
    :param context: name of the context; None is the current one.
    :raises ProvenError: the kubeconfig can't be used, or the client library isn't there.
    """

    def __init__(self, kubeconfig: str | None, context: str | None, namespace: str, release: str) -> None:
        self._api = Api(kubeconfig, context)
        self.namespace, self.release = namespace, release
        self.place = Place(self._api, namespace, f"app.kubernetes.io/instance={release}")
        self._masker: Masker | None = None

    def jobs(self) -> list[Object]:
        """The release's Jobs."""
        return self._api.items(f"/apis/batch/v1/namespaces/{self.namespace}/jobs", {"labelSelector": self.place.selector})

    def end_job(self, name: str) -> None:
        """Have a Job fail at its deadline, which is now: its pods' logs stay, where a removed Job takes them along."""
        path = f"/apis/batch/v1/namespaces/{self.namespace}/jobs/{name}"
        self._api.request("PATCH", path, {"spec": {"activeDeadlineSeconds": 1}}, content_type="application/merge-patch+json")

    def autoscaler(self) -> bool:
        """Whether something adds nodes: the status that the cluster autoscaler keeps, or a node that Karpenter made."""
        try:
            status, _body = self._api.get("/api/v1/namespaces/kube-system/configmaps/cluster-autoscaler-status", headers=METADATA)
            if status == 200:
                return True
            status, body = self._api.get("/api/v1/nodes", {"labelSelector": "karpenter.sh/nodepool", "limit": "1"}, METADATA_LIST)
        except ProvenError:
            return False
        return status == 200 and bool(json.loads(body).get("items"))

    def masked(self, text: str) -> str:
        """What an application has said, without its secrets. Where they can't be known, it goes by names and forms alone."""
        if self._masker is None:
            try:
                self._masker = Masker(secret_values(claim.Place(self._api, self.release, self.namespace)))
            except ProvenError:
                self._masker = Masker()
        return self._masker.text(text)

    def logs(self, trouble: Trouble, lines: int) -> list[str]:
        """Last lines that a container printed, before its last restart too; empty where it never ran."""
        if not trouble.container:
            return []
        before, now = (self._log(trouble, lines, previous=previous) for previous in (True, False))
        if not before or before == now:
            return now
        # What it fell over is in the log before; the one after it may have only begun.
        few = lines // 2
        return [*before[-(lines - min(few, len(now))) :], *now[-few:]] if trouble.restarted else now or before

    def _log(self, trouble: Trouble, lines: int, *, previous: bool) -> list[str]:
        query = {"container": trouble.container, "tailLines": str(lines), "previous": json.dumps(previous)}
        try:
            printed = self._api.text(f"/api/v1/namespaces/{self.namespace}/pods/{trouble.pod}/log", query)
            return self.masked(printed).splitlines()
        except ProvenError:
            return []
