# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets that are in a cluster already, put there by somebody else: an operator, an administrator."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError


class Gets(Protocol):
    """What is needed of the API."""

    def get(self, path: str) -> tuple[int, bytes]:
        """(status, body); raises ProvenError where there is no answer."""


class ClusterStore:
    """The entries of Secrets of one namespace.

    :param api: opens the connection, once something is asked for.
    :param secret: the Secret that is meant where a key names no other.
    """

    def __init__(self, api: Callable[[], Gets], namespace: str, secret: str) -> None:
        self._open = api
        self._api: Gets | None = None
        self._namespace = namespace
        self._secret = secret

    def fetch(self, place: str) -> Mapping[str, Any] | None:
        self._api = self._api or self._open()
        where = f"Secret {self._namespace}/{place or self._secret}"
        status, body = self._api.get(f"/api/v1/namespaces/{self._namespace}/secrets/{place or self._secret}")
        if status == 404:
            return None
        if status == 401:
            raise ProvenError("The cluster doesn't know who asks for the secrets.", where=where, fix="Log in again, or renew the token.")
        if status == 403:
            raise ProvenError("The cluster doesn't let the secrets be read.", where=where, fix="Let the kubeconfig's user get this Secret.")
        if status != 200:
            raise ProvenError(
                f"The cluster doesn't give the secrets: status {status}.", where=where, fix="Try again, or look at the cluster."
            )
        try:
            data = json.loads(body).get("data") or {}
            return {entry: base64.b64decode(value, validate=True) for entry, value in data.items()}
        except (ValueError, AttributeError, binascii.Error):
            raise ProvenError(
                "The cluster's answer isn't a Secret.", where=where, fix="See what answers at the cluster's address."
            ) from None

    def where(self, place: str, entry: str) -> str:
        return f"key {entry} of the Secret {self._namespace}/{place or self._secret}"

    def fix(self, place: str, entry: str) -> str:
        return f"Add it to the Secret {self._namespace}/{place or self._secret}, or name another in secrets_source_options.entries."
