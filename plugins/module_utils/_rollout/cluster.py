# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads a release's objects from the API server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._rollout.judge import Object, Snapshot, Trouble


class Cluster:
    """The objects of one release.

    :param kubeconfig: path; None is kubectl's own default.
    :param context: name of the context; None is the current one.
    :raises ProvenError: the kubeconfig can't be used, or the client library isn't there.
    """

    TIMEOUT = (5, 20)
    """Seconds to connect and to answer."""

    def __init__(self, kubeconfig: str | None, context: str | None, namespace: str, release: str) -> None:
        try:
            from kubernetes import config
        except ImportError as error:
            raise ProvenError("The Python library kubernetes isn't there.", fix="pip install kubernetes") from error
        try:
            self._api = config.new_client_from_config(config_file=kubeconfig or None, context=context or None)
        except (OSError, config.ConfigException) as error:
            raise ProvenError(
                f"The kubeconfig can't be used: {error}",
                where=kubeconfig or "kubectl's default",
                fix="give the path and context of a cluster",
            ) from error
        self._api.configuration.retries = 1
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
            return self._get(f"/api/v1/namespaces/{self._namespace}/pods/{trouble.pod}/log", query).splitlines()
        except ProvenError:
            return []

    def _list(self, group: str, kind: str, selector: Mapping[str, str] | None = None) -> list[Object]:
        query = selector or {"labelSelector": self._selector}
        items = json.loads(self._get(f"/{group}/namespaces/{self._namespace}/{kind}", query))["items"]
        return list(items)

    def _get(self, path: str, query: Mapping[str, str]) -> str:
        """A raw GET: the client's models cost more than the request."""
        from kubernetes.client.exceptions import ApiException
        from urllib3.exceptions import HTTPError

        try:
            response: Any = self._api.call_api(
                path,
                "GET",
                query_params=list(query.items()),
                header_params={"Accept": "application/json, */*"},
                auth_settings=["BearerToken"],
                _preload_content=False,
                _return_http_data_only=True,
                _request_timeout=self.TIMEOUT,
            )
        except ApiException as error:
            raise ProvenError(
                f"The cluster refuses: {error.status} {error.reason}", where=path, fix="check the rights of the kubeconfig's user"
            ) from error
        except HTTPError as error:
            raise ProvenError(
                f"The cluster doesn't answer: {error}",
                where=self._api.configuration.host,
                fix="check that it runs and that the kubeconfig is its own",
            ) from error
        return bytes(response.data).decode("utf-8", errors="replace")
