# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads a release's objects from the API server."""

from __future__ import annotations

import json
from collections.abc import Mapping

from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._rollout.judge import Object, Snapshot, Trouble


class Cluster:
    """The objects of one release.

    :param kubeconfig: path; None is kubectl's own default.
    :param context: name of the context; None is the current one.
    :raises ProvenError: the kubeconfig can't be used, or the client library isn't there.
    """

    def __init__(self, kubeconfig: str | None, context: str | None, namespace: str, release: str) -> None:
        self._api = Api(kubeconfig, context)
        self._namespace = namespace
        self._selector = f"app.kubernetes.io/instance={release}"

    def snapshot(self) -> Snapshot:
        """What there is of the release now."""
        return Snapshot(
            deployments=self._list("apis/apps/v1", "deployments"),
            statefulsets=self._list("apis/apps/v1", "statefulsets"),
            replicasets=self._list("apis/apps/v1", "replicasets"),
            pods=self.pods(),
        )

    def pods(self) -> list[Object]:
        """The release's pods of every track."""
        return self._list("api/v1", "pods")

    def jobs(self) -> list[Object]:
        """The release's Jobs."""
        return self._list("apis/batch/v1", "jobs")

    def end_job(self, name: str) -> None:
        """Have a Job fail at its deadline, which is now: its pods' logs stay, where a removed Job takes them along."""
        path = f"/apis/batch/v1/namespaces/{self._namespace}/jobs/{name}"
        self._api.request("PATCH", path, {"spec": {"activeDeadlineSeconds": 1}}, content_type="application/merge-patch+json")

    def services(self) -> list[Object]:
        """The release's Services."""
        return self._list("api/v1", "services")

    def warnings(self) -> list[str]:
        """Warnings of the namespace, oldest first, as ``object: message``."""
        events = self._list("api/v1", "events", selector={"fieldSelector": "type=Warning", "limit": "200"})
        events = sorted(events, key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or ""))
        return [f"{event['involvedObject'].get('name')}: {event.get('message', '')}" for event in events]

    def log(self, trouble: Trouble, lines: int) -> list[str]:
        """Last lines that a container printed; empty where it never ran."""
        query = {"container": trouble.container, "tailLines": str(lines), "previous": json.dumps(trouble.restarted)}
        try:
            return self._api.text(f"/api/v1/namespaces/{self._namespace}/pods/{trouble.pod}/log", query).splitlines()
        except ProvenError:
            return []

    def _list(self, group: str, kind: str, selector: Mapping[str, str] | None = None) -> list[Object]:
        return self._api.items(f"/{group}/namespaces/{self._namespace}/{kind}", selector or {"labelSelector": self._selector})
