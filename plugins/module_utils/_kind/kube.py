# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading kubeconfigs, and asking a cluster's API server a few questions fast.

Only client certificates and bearer tokens are spoken here, as kind's kubeconfigs have them; whatever else a kubeconfig may ask for
(programs that fetch a token, proxies) is kubectl's to do.
"""

from __future__ import annotations

import base64
import binascii
import http.client
import json
import os
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import yaml
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError


@dataclass(frozen=True)
class Access:
    """One context of a kubeconfig, resolved. Certificates are PEM."""

    context: str
    server: str
    ca: bytes = b""
    certificate: bytes = b""
    key: bytes = b""
    token: str = ""


@dataclass(frozen=True)
class Kubeconfig:
    """:ivar data: the file's content; a mapping."""

    path: str
    data: dict[str, Any]

    @property
    def contexts(self) -> list[str]:
        return [str(entry.get("name")) for entry in self.data.get("contexts") or [] if isinstance(entry, dict)]

    @property
    def current_context(self) -> str:
        return str(self.data.get("current-context") or "")

    def _entry(self, section: str, name: str, key: str) -> dict[str, Any]:
        for entry in self.data.get(section) or []:
            if isinstance(entry, dict) and entry.get("name") == name:
                return entry.get(key) or {}
        raise ProvenError(f"The kubeconfig has no entry {name!r} in its {section}.", where=self.path, fix="Fetch the kubeconfig again.")

    def access(self, context: str) -> Access:
        """
        :param context: its name; the current one when empty.
        :raises ProvenError: there is no such context, with those that there are.
        """
        context = context or self.current_context
        if context not in self.contexts:
            there = ", ".join(sorted(self.contexts)) or "none"
            what = f"The kubeconfig has no context {context!r}." if context else "The kubeconfig names no current context."
            raise ProvenError(what, where=self.path, fix=f"Name one of its contexts in cluster_context: {there}.")
        entry = self._entry("contexts", context, "context")
        cluster = self._entry("clusters", str(entry.get("cluster")), "cluster")
        user = self._entry("users", str(entry.get("user")), "user")
        server = str(cluster.get("server") or "")
        if not server:
            raise ProvenError(f"The context {context!r} leads to no server.", where=self.path, fix="Fetch the kubeconfig again.")
        return Access(
            context=context,
            server=server,
            ca=_pem(cluster, "certificate-authority", self.path),
            certificate=_pem(user, "client-certificate", self.path),
            key=_pem(user, "client-key", self.path),
            token=str(user.get("token") or ""),
        )


def _pem(entry: dict[str, Any], key: str, path: str) -> bytes:
    """A certificate or key, which a kubeconfig holds itself (base64) or names a file for."""
    if entry.get(f"{key}-data"):
        try:
            return base64.b64decode(entry[f"{key}-data"])
        except (binascii.Error, ValueError, TypeError) as error:
            raise ProvenError(f"{key}-data is not base64.", where=path, fix="Fetch the kubeconfig again.") from error
    if entry.get(key):
        file = Path(path).parent / str(entry[key])
        try:
            return file.read_bytes()
        except OSError as error:
            raise ProvenError(f"The kubeconfig names a file that can't be read: {error.strerror}.", where=str(file)) from error
    return b""


def load_kubeconfig(path: str) -> Kubeconfig:
    """
    :raises ProvenError: the file is missing, can't be read or is no kubeconfig.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ProvenError("There is no such kubeconfig.", where=path, fix="Name the file of your cluster in cluster_kubeconfig.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ProvenError(f"The kubeconfig can't be read: {error}.", where=path, fix="See that this user may read it.") from error
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ProvenError("The kubeconfig is not YAML.", where=path, fix="Fetch the kubeconfig again.") from error
    if not isinstance(data, dict) or not isinstance(data.get("contexts") or [], list):
        raise ProvenError("The file is no kubeconfig.", where=path, fix="Fetch the kubeconfig again.")
    return Kubeconfig(path, data)


class Api:
    """A connection to an API server, kept open. Use it as a context manager."""

    def __init__(self, access: Access, timeout: float = 5) -> None:
        """:param timeout: seconds of each step."""
        url = urlsplit(access.server)
        self._token = access.token
        self._connection = http.client.HTTPSConnection(url.hostname or "", url.port or 443, timeout=timeout, context=_tls(access))

    def __enter__(self) -> Api:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._connection.close()

    def get(self, path: str) -> tuple[int, dict[str, Any]]:
        """HTTP status and body.

        :raises OSError: nobody answers.
        """
        headers = {"Accept": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        try:
            self._connection.request("GET", path, headers=headers)
            answer = self._connection.getresponse()
            body = answer.read()
        except http.client.HTTPException as error:
            self._connection.close()
            raise ConnectionError(str(error)) from error
        except OSError:
            self._connection.close()
            raise
        try:
            parsed = json.loads(body or b"{}")
        except ValueError:
            parsed = {"message": body.decode(errors="replace")}
        return answer.status, parsed if isinstance(parsed, dict) else {}


def _tls(access: Access) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=access.ca.decode() if access.ca else None)
    if access.certificate:
        # OpenSSL takes them from a file only
        handle, path = tempfile.mkstemp(prefix="proven-")
        try:
            os.write(handle, access.certificate + b"\n" + access.key)
            os.close(handle)
            context.load_cert_chain(path)
        finally:
            os.unlink(path)
    return context
