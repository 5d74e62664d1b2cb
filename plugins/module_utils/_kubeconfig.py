# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kubeconfigs: which server a context leads to, and what opens its door.

Reads client certificates and bearer tokens. Users that log in otherwise are the client library's to resolve, whose import takes longer
than most of what is asked of a cluster.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._yaml import library

READ = frozenset({"client-certificate", "client-certificate-data", "client-key", "client-key-data", "token"})
"""Of a user's entry."""


@dataclass(frozen=True)
class Access:
    """One context of a kubeconfig, resolved. Certificates are PEM.

    :ivar verify: whether the server's certificate is looked at.
    :ivar server_name: that the certificate must have; empty is the host of `server`.
    :ivar proxy: URL of the proxy to it; empty is what the environment says.
    :ivar complete: False where more is asked for than is read here, such as a program that fetches a token.
    """

    context: str
    server: str
    ca: bytes = b""
    certificate: bytes = b""
    key: bytes = field(default=b"", repr=False)
    token: str = field(default="", repr=False)
    verify: bool = True
    server_name: str = ""
    proxy: str = ""
    complete: bool = True


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
            verify=not cluster.get("insecure-skip-tls-verify"),
            server_name=str(cluster.get("tls-server-name") or ""),
            proxy=str(cluster.get("proxy-url") or ""),
            complete=not any(value for name, value in user.items() if name not in READ),
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
    yaml = library()
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ProvenError("The kubeconfig is not YAML.", where=path, fix="Fetch the kubeconfig again.") from error
    if not isinstance(data, dict) or not isinstance(data.get("contexts") or [], list):
        raise ProvenError("The file is no kubeconfig.", where=path, fix="Fetch the kubeconfig again.")
    return Kubeconfig(path, data)


def document(name: str, cluster: Mapping[str, Any], user: Mapping[str, Any]) -> dict[str, Any]:
    """The content of a kubeconfig with one context. As secret as `user` is.

    :param name: of the context, the cluster and the user.
    """
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{"name": name, "cluster": dict(cluster)}],
        "users": [{"name": name, "user": dict(user)}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
    }
