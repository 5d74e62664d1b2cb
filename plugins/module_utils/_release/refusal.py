# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an API server's refusal means (meta/v1.Status), pure."""

from __future__ import annotations

import json
import re
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

NAMESPACE = re.compile(r"/namespaces/([^/]+)")


class NoNamespace(ProvenError):
    """The namespace isn't there."""


def refusal(doing: str, where: str, status: int, body: bytes) -> ProvenError:
    """The error for the user.

    :param doing: what is refused, as in "the cluster refuses …".
    :param where: path of the request, or words about it.
    :param status: of HTTP.
    :param body: a v1.Status, if it can be read.
    """
    try:
        said: dict[str, Any] = json.loads(body)
        message, details = str(said.get("message", "")), said.get("details") or {}
    except (ValueError, AttributeError):
        message, details = "", {}
    found = NAMESPACE.search(where)
    namespace = found[1] if found else ""
    if status == 401:
        return ProvenError(
            "The cluster doesn't accept the credential any more: it has expired or was withdrawn (status 401).",
            where=where,
            fix="Log in again or give a new token, then run it again; what runs was left as it is.",
        )
    if any(cause.get("reason") == "NamespaceTerminating" for cause in details.get("causes") or ()):
        return ProvenError(
            f"The namespace {namespace} is being removed; nothing can be released into it.",
            where=f"namespace {namespace}",
            fix=f"Wait until it is gone (kubectl wait --for=delete namespace/{namespace}), then run it again.",
        )
    if status == 404 and details.get("kind") == "namespaces":
        return NoNamespace(f"There is no namespace {namespace}.", where=where, fix="Make it, or have release_manage_namespace do so.")
    return ProvenError(
        f"The cluster refuses {doing}: {message or f'status {status}'}", where=where, fix="Check the rights of the kubeconfig's user."
    )
