# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Raw requests to a cluster's API: the client library's import and its models cost more than the requests."""

from __future__ import annotations

import json
import os
import ssl
import tempfile
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from ansible_collections.proven.webapp.plugins.module_utils import _environment
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._kubeconfig import Access, load_kubeconfig

# At the top, although it may be missing: Ansible loads action plugins once and forks for each task, so that its import is paid for once.
try:
    import urllib3
except ImportError:
    urllib3 = None  # type: ignore[assignment,unused-ignore]

KUBECONFIG_ARGUMENTS: dict[str, dict[str, Any]] = {"kubeconfig": {"type": "path"}, "context": {"type": "str"}}
"""Argument spec entries of whatever asks a cluster; their documentation is the fragment `kubeconfig`."""
POOL = 16


class Unreachable(ProvenError):
    """The API server does not answer."""


class Api:
    """A connection to a cluster's API server, usable from several threads.

    :param kubeconfig: path; without it the variables K8S_AUTH_HOST and so on, as AWX sets them, or else kubectl's default.
    :param context: name of the context; None is the current one.
    :param pool: how many connections are kept for threads that ask at the same time.
    :param timeout: seconds to connect and to answer.
    :raises ProvenError: the kubeconfig can't be used, or a library isn't there.
    """

    TIMEOUT = (5.0, 20.0)

    def __init__(self, kubeconfig: str | None, context: str | None, *, pool: int = POOL, timeout: tuple[float, float] = TIMEOUT) -> None:
        if urllib3 is None:
            raise ProvenError("The Python library urllib3 isn't there.", fix="pip install urllib3")
        access = _access(kubeconfig, context)
        self.host = access.server
        self.tls = _tls(access)
        self.server_name = access.server_name
        self.proxy = access.proxy or _environments_proxy(access.server)
        self._timeout = timeout
        self._headers = {"Accept": "*/*"}
        if access.token:
            self._headers["authorization"] = f"Bearer {access.token}"
        settings: dict[str, Any] = {"maxsize": pool, "ssl_context": self.tls}
        if access.server_name:
            settings["server_hostname"] = access.server_name
        self._pool: Any = urllib3.ProxyManager(self.proxy, **settings) if self.proxy else urllib3.PoolManager(**settings)

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
        wait = Timeout(connect=self._timeout[0], read=timeout)
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
        connect, read = self._timeout
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

    def document(self, path: str) -> tuple[int, dict[str, Any]]:
        """(status, body) of an answer that is a JSON object; of any other, its text as `message`.

        :raises Unreachable: when there is no answer.
        """
        status, body = self.get(path)
        try:
            parsed = json.loads(body or b"{}")
        except ValueError:
            parsed = {"message": body.decode(errors="replace")}
        return status, parsed if isinstance(parsed, dict) else {}


def _access(kubeconfig: str | None, context: str | None) -> Access:
    """What leads to the cluster: the kubeconfig, the environment as AWX sets it, or kubectl's default."""
    if not kubeconfig and (named := _environment.access(os.environ)):
        return named
    path = os.path.expanduser(kubeconfig or os.environ.get("KUBECONFIG") or "~/.kube/config")
    if os.pathsep in path:
        return _by_library(path, context)
    access = load_kubeconfig(path).access(context or "")
    if access.complete:
        return replace(access, server=access.server.rstrip("/"))
    # A kubeconfig that was made of the environment asks a program for the token, which is slower than to take it from there.
    named = _environment.access(os.environ) if access.context == _environment.NAME else None
    return named if named and named.server == access.server else _by_library(path, context)


def _by_library(kubeconfig: str, context: str | None) -> Access:
    """As the client library resolves it: programs that fetch a token, several files in one."""
    try:
        from kubernetes import client, config
    except ImportError as error:
        raise ProvenError("The Python library kubernetes isn't there.", fix="pip install kubernetes") from error
    found = client.Configuration()
    try:
        config.load_kube_config(config_file=kubeconfig, context=context or None, client_configuration=found)
    except (OSError, config.ConfigException) as error:
        raise ProvenError(
            f"The kubeconfig can't be used: {error}", where=kubeconfig, fix="give the path and context of a cluster"
        ) from error
    credentials = [str(item["value"]) for item in found.auth_settings().values() if item["in"] == "header" and item["value"]]
    return Access(
        context=context or "",
        server=str(found.host),
        ca=_read(found.ssl_ca_cert) if found.ssl_ca_cert else b"",
        certificate=_read(found.cert_file) if found.cert_file else b"",
        key=_read(found.key_file) if found.key_file else b"",
        token=credentials[0].removeprefix("Bearer ") if credentials else "",
        verify=bool(found.verify_ssl),
        server_name=str(getattr(found, "tls_server_name", None) or ""),
        proxy=str(found.proxy or ""),
    )


def _read(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise ProvenError(f"A certificate can't be read: {error.strerror}.", where=file) from error


class _Settled(ssl.SSLContext):
    """Stays as it is once it is made.

    urllib3 sets protocols and modes anew for each connection, while other threads begin theirs by the same context. OpenSSL minds:
    one handshake in some thousands is garbled ("decode error").
    """

    settled = False

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        if not self.settled:
            super().set_alpn_protocols(alpn_protocols)

    def __setattr__(self, name: str, value: Any) -> None:
        if not self.settled:
            super().__setattr__(name, value)


def _tls(access: Access) -> ssl.SSLContext:
    """:raises ProvenError: a certificate or key is none."""
    # Not as strict as Python's default context, which refuses authorities that many clusters were made with, and that kubectl accepts.
    context = _Settled(ssl.PROTOCOL_TLS_CLIENT)
    try:
        if access.ca:
            context.load_verify_locations(cadata=access.ca.decode())
        else:
            context.load_default_certs()
        if not access.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if access.certificate:
            # OpenSSL takes them from a file only
            handle, path = tempfile.mkstemp(prefix="proven-")
            try:
                os.write(handle, access.certificate + b"\n" + access.key)
                os.close(handle)
                context.load_cert_chain(path)
            finally:
                os.unlink(path)
    except (ssl.SSLError, ValueError) as error:
        raise ProvenError(
            f"A certificate or key of the kubeconfig can't be used: {error}", where=access.server, fix="Fetch the kubeconfig again."
        ) from error
    context.set_alpn_protocols(["http/1.1"])
    context.settled = True
    return context


def _environments_proxy(server: str) -> str:
    url = urlsplit(server)
    # Go's programs, kubectl among them, never ask a proxy for this machine itself
    if url.hostname == "localhost" or (url.hostname or "").startswith("127.") or urllib.request.proxy_bypass(url.netloc):
        return ""
    proxies = urllib.request.getproxies()
    return proxies.get(url.scheme) or proxies.get("all") or ""
