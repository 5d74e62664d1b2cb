# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Raw requests to a cluster's API: the client library's models cost more than the request."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

# At the top, although it may be missing: Ansible loads action plugins once and forks for each task, so that the half second is spent once.
try:
    from kubernetes import client, config
except ImportError:
    client = None

POOL = 16


class Unreachable(ProvenError):
    """The API server does not answer."""


class Api:
    """A connection to a cluster's API server, usable from several threads.

    :param kubeconfig: path; without it the variables K8S_AUTH_HOST and so on, as AWX sets them, or else kubectl's default.
    :param context: name of the context; None is the current one.
    :param pool: how many connections are kept for threads that ask at the same time.
    :raises ProvenError: the kubeconfig can't be used, or the client library isn't there.
    """

    TIMEOUT = (5, 20)
    """Seconds to connect and to answer."""

    def __init__(self, kubeconfig: str | None, context: str | None, *, pool: int = POOL) -> None:
        if client is None:
            raise ProvenError("The Python library kubernetes isn't there.", fix="pip install kubernetes")
        configuration = client.Configuration()
        host = os.environ.get("K8S_AUTH_HOST")
        if host and not kubeconfig:
            configuration.host = host
            configuration.api_key = {"authorization": f"Bearer {os.environ.get('K8S_AUTH_API_KEY', '')}"}
            configuration.ssl_ca_cert = os.environ.get("K8S_AUTH_SSL_CA_CERT")
            configuration.verify_ssl = os.environ.get("K8S_AUTH_VERIFY_SSL", "true").lower() not in ("false", "0", "no")
        else:
            try:
                config.load_kube_config(config_file=kubeconfig or None, context=context or None, client_configuration=configuration)
            except (OSError, config.ConfigException) as error:
                raise ProvenError(
                    f"The kubeconfig can't be used: {error}",
                    where=kubeconfig or "kubectl's default",
                    fix="give the path and context of a cluster",
                ) from error
        configuration.connection_pool_maxsize = pool
        self.host = str(configuration.host)
        self._headers = {"Accept": "*/*"}
        token = next((item["value"] for item in configuration.auth_settings().values() if item["in"] == "header" and item["value"]), None)
        if token:
            self._headers["authorization"] = str(token)
        # Its pool, with the certificates: how ApiClient is called changes between the library's versions.
        # Streams (exec, port-forward) take it whole.
        self.client: Any = client.ApiClient(configuration)
        self._pool = self.client.rest_client.pool_manager

    @property
    def headers(self) -> dict[str, str]:
        """What every request carries: the user's own credential. Never to be shown."""
        return dict(self._headers)

    def open(self, path: str, headers: Sequence[tuple[str, str]], timeout: float) -> Any:
        """The answer to a GET before its body is read, as urllib3 gives it: for probes, whose answers are read in part.

        :param path: with its query.
        :param headers: all that is sent besides the user's credential; names may repeat.
        :param timeout: seconds to connect, and to the answer's beginning.
        :raises urllib3.exceptions.HTTPError: whatever went wrong on the way.
        """
        from urllib3 import HTTPHeaderDict, Timeout

        sent = HTTPHeaderDict()
        for name, value in headers:
            sent.add(name, value)
        if "authorization" in self._headers:
            sent["authorization"] = self._headers["authorization"]
        wait = Timeout(connect=self.TIMEOUT[0], read=timeout)
        url = f"{self.host}{path}"
        return self._pool.request("GET", url, headers=sent, timeout=wait, retries=False, redirect=False, preload_content=False)

    def get(self, path: str, query: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        """(status, body) of whatever answer.

        :raises Unreachable: when there is none.
        """
        return self.request("GET", path, query=query, headers=headers)

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> tuple[int, bytes]:
        """(status, body) of whatever answer.

        :param body: sent as JSON.
        :param content_type: of the body; patches have types of their own.
        :raises Unreachable: when there is no answer.
        """
        from urllib3 import Timeout
        from urllib3.exceptions import HTTPError

        url = f"{self.host}{path}?{urlencode(query)}" if query else f"{self.host}{path}"
        connect, read = self.TIMEOUT
        sent = {**self._headers, **(headers or {}), **({} if body is None else {"Content-Type": content_type})}
        try:
            # Neither retried nor redirected: what is wanted is the first answer.
            answer: Any = self._pool.request(
                method,
                url,
                body=None if body is None else json.dumps(body).encode(),
                headers=sent,
                timeout=Timeout(connect=connect, read=read),
                retries=False,
                redirect=False,
            )
        except (HTTPError, OSError) as error:
            raise Unreachable(
                f"The cluster doesn't answer: {error}", where=self.host, fix="check that it runs and that the kubeconfig is its own"
            ) from error
        return int(answer.status), bytes(answer.data)

    def text(self, path: str, query: Mapping[str, str] | None = None) -> str:
        """The body of a good answer.

        :raises ProvenError: of any other.
        """
        status, body = self.get(path, query)
        if status != 200:
            raise ProvenError(f"The cluster refuses: status {status}", where=path, fix="check the rights of the kubeconfig's user")
        return body.decode("utf-8", errors="replace")

    def items(self, path: str, query: Mapping[str, str] | None = None) -> list[Any]:
        """The objects of a list, as the API gives them."""
        return list(json.loads(self.text(path, query))["items"])
