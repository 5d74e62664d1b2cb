# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who we are to Google's APIs, by Google's own library."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._cloud.credentials import service_account
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

SCOPE = "https://www.googleapis.com/auth/cloud-platform"


def google_token(given: Mapping[str, Any], environment: Mapping[str, str]) -> tuple[Callable[[], str], str, str]:
    """(what gives an access token, the credentials' project, where they come from).

    :raises ProvenError: there are no credentials, or no library for them.
    """
    try:
        import google.auth
        from google.auth.exceptions import GoogleAuthError
        from google.auth.transport.requests import Request
        from google.oauth2 import service_account as accounts
    except ImportError:
        raise ProvenError(
            "The Python library google-auth isn't there.", where="cluster_provider: gke", fix="pip install google-auth"
        ) from None
    key, source = service_account(given, environment)
    try:
        if key.get("type", "service_account") != "service_account":
            credentials, project = google.auth.load_credentials_from_dict(dict(key), scopes=[SCOPE])
        elif key:
            credentials, project = accounts.Credentials.from_service_account_info(key, scopes=[SCOPE]), key.get("project_id")
        else:
            credentials, project = google.auth.default(scopes=[SCOPE])
    except (GoogleAuthError, ValueError):
        # The library's words may quote the key
        if key:
            raise ProvenError("The service account's key isn't whole.", where=source, fix="Take the file as Google gave it out.") from None
        raise ProvenError(
            "There are no credentials for Google Cloud.",
            where="cluster_credentials.service_account",
            fix="Vault a service account's key there, or set GOOGLE_APPLICATION_CREDENTIALS to its file.",
        ) from None

    def token() -> str:
        if not credentials.valid:
            try:
                credentials.refresh(Request())
            except GoogleAuthError as error:
                raise login_refused(error, source) from None
        return str(credentials.token)

    return token, str(project or ""), source


def login_refused(error: Exception, source: str) -> ProvenError:
    """Google's words: (sentence, answer)."""
    words = str(error.args[0] if error.args else error).splitlines()[0][:200].rstrip(".")
    if not getattr(error, "retryable", False) and ("invalid" in words.lower() or "unauthorized" in words.lower()):
        return ProvenError(
            f"Google doesn't accept the credentials: {words}.",
            where=source,
            fix="The key is wrong, was deleted, or this machine's clock is off: make a new one.",
        )
    return ProvenError(f"Google gives no token: {words}.", where=source, fix="Check the network and the key, then run it again.")
