# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The few questions that verification asks of a cluster's API."""

from __future__ import annotations

import json
import os
import time
from typing import Any

import urllib3
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._verify.pods import Replay
from kubernetes import client, config
from kubernetes.client.exceptions import ApiException

TIMEOUT = 10
POOL = 16


def _configuration(kubeconfig: str | None, context: str | None) -> client.Configuration:
    """From a kubeconfig, or from the variables that kubernetes.core and AWX use."""
    configuration = client.Configuration()
    host = os.environ.get("K8S_AUTH_HOST")
    if not kubeconfig and host:
        configuration.host = host
        configuration.api_key = {"authorization": f"Bearer {os.environ.get('K8S_AUTH_API_KEY', '')}"}
        configuration.ssl_ca_cert = os.environ.get("K8S_AUTH_SSL_CA_CERT")
        configuration.verify_ssl = os.environ.get("K8S_AUTH_VERIFY_SSL", "true").lower() not in ("false", "0", "no")
        return configuration
    try:
        config.load_kube_config(config_file=kubeconfig, context=context, client_configuration=configuration)
    except config.ConfigException as error:
        raise ProvenError(
            f"The kubeconfig can't be used: {error}", where=kubeconfig or "KUBECONFIG", fix="Name an existing file and context."
        ) from error
    return configuration


class Cluster:
    """Read-only access to a cluster.

    :raises ProvenError: when the cluster can't be reached or refuses.
    """

    def __init__(self, kubeconfig: str | None, context: str | None) -> None:
        configuration = _configuration(kubeconfig, context)
        configuration.connection_pool_maxsize = POOL
        configuration.retries = False
        self._api = client.ApiClient(configuration)

    def _get(self, path: str, query: list[tuple[str, str]] | None = None, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
        """(status, body), without following redirects: a probe's answer is the first one."""
        try:
            answer = self._api.call_api(
                path,
                "GET",
                query_params=query or [],
                header_params={"Accept": "*/*", **(headers or {})},
                auth_settings=["BearerToken"],
                _preload_content=False,
                _return_http_data_only=True,
                _request_timeout=TIMEOUT,
            )
            return answer.status, answer.data
        except ApiException as error:
            body = error.body or b""
            return error.status, body if isinstance(body, bytes) else str(body).encode()

    def pods(self, namespace: str, release: str) -> list[dict[str, Any]]:
        """The pods that carry the release's label, as the API gives them."""
        query = [("labelSelector", f"app.kubernetes.io/instance={release}")]
        try:
            status, body = self._get(f"/api/v1/namespaces/{namespace}/pods", query)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise ProvenError(
                f"The cluster does not answer: {error}", where=self._api.configuration.host, fix="Is it running? kubectl cluster-info"
            ) from error
        if status != 200:
            raise ProvenError(
                f"The cluster refuses to list pods: status {status}",
                where=f"namespace {namespace}",
                fix="Check the rights of the account in use.",
            )
        items: list[dict[str, Any]] = json.loads(body)["items"]
        return items

    def ask(self, namespace: str, replay: Replay) -> tuple[int, float, str]:
        """(status or 0, seconds, reason) of a probe asked through the pod proxy."""
        start = time.monotonic()
        try:
            status, body = self._get(
                f"/api/v1/namespaces/{namespace}/pods/{replay.target}/proxy{replay.path}", headers=dict(replay.headers)
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            return 0, time.monotonic() - start, str(error)
        reason = "" if 200 <= status < 400 else f"status {status}: {body[:200].decode('utf-8', 'replace')}"
        return status, time.monotonic() - start, reason
