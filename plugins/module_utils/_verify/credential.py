# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is said when the API server takes a credential no more, or lets its user see the pods no more."""

from __future__ import annotations

import base64
import json

from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError


class CutOff(ProvenError):
    """Nothing more is to be seen; what was seen until then stands."""


def not_accepted(api: Api) -> CutOff:
    """The error for an answer with status 401. Names whose token it is, where the token says so, and nothing else of it."""
    name = subject(api.headers.get("authorization", ""))
    whose = f" of {name}" if name else ""
    return CutOff(
        f"The cluster doesn't accept the credential{whose} (any more).",
        where=api.host,
        fix="give a kubeconfig or token that outlasts the window, of a user that still exists",
    )


def subject(authorization: str) -> str:
    """The subject of a bearer token, such as `system:serviceaccount:ci:deployer`; empty where it isn't one that tells (RFC 7519)."""
    parts = authorization.removeprefix("Bearer ").split(".")
    if len(parts) != 3:
        return ""
    try:
        # The padding is left out of tokens; more of it than is missing does no harm.
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=="))
    except ValueError:
        return ""
    found = claims.get("sub") if isinstance(claims, dict) else None
    return found if isinstance(found, str) else ""
