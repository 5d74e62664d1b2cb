# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Requests to a cloud's REST API: one session, a token that is asked for when it is needed, errors as what the API said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

try:
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.util.retry import Retry
except ImportError:  # told where the module is run; documentation is read without it
    requests = None  # type: ignore[assignment]

TIMEOUT = (10, 60)
"""Seconds to connect and to answer."""

BACKOFF = 0.5
"""Seconds before a look is tried again; doubled each time."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Refused(Exception):
    """An API's answer that isn't a good one.

    :ivar status: of HTTP.
    :ivar code: the API's own word for it.
    :ivar message: the API's own sentence.
    :ivar details: what else its error holds.
    """

    def __init__(self, status: int, code: str, message: str, details: Any = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.details = details


@dataclass(frozen=True)
class Answer:
    """
    :ivar body: the JSON document, or the text where there is none.
    """

    status: int
    body: Any
    headers: Mapping[str, str]


def fault_of(status: int, body: Any) -> Refused:
    """What an error's body says. The forms: {id, message}, {error: {status or code, message}}, {errors: [{code, message}]}."""
    error: Any = body.get("error", body) if isinstance(body, dict) else {}
    if isinstance(error, dict) and isinstance(error.get("errors"), list) and error["errors"]:
        error = error["errors"][0]
    if not isinstance(error, dict):  # OAuth's own form
        return Refused(status, str(error), str(body.get("error_description") or error))
    code = error.get("status") or error.get("code") or error.get("id") or ""
    message = error.get("message") or (body.strip()[:300] if isinstance(body, str) else "")
    return Refused(status, str(code), str(message) or "no reason given", error.get("details"))


def check_address(address: str, where: str) -> str:
    """An API's address that a token may be sent to.

    :raises ProvenError: it would go over the network in the clear.
    """
    parts = urlsplit(address)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return address.rstrip("/")
    raise ProvenError(f"{address!r} is no address that credentials may be sent to.", where=where, fix="Give one that begins with https://.")


class Http:
    """A cloud's API.

    Looks are tried again when the API is busy or broken; what changes something is asked for once.

    :param base: the address that paths are relative to.
    :param token: gives the bearer's token; called before each request, so that a long wait outlives it.
    """

    def __init__(self, base: str, token: Callable[[], str]) -> None:
        if requests is None:
            raise ProvenError("The Python library requests isn't there.", fix="pip install requests")
        self._base = base
        self._session = requests.Session()
        again = Retry(
            total=4, backoff_factor=BACKOFF, status_forcelist=(429, 500, 502, 503, 504), allowed_methods=("GET",), raise_on_status=False
        )
        # A limit's own hint may be an hour, which nobody waits for in silence
        again.respect_retry_after_header = False
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=again))

        def bearer(request: requests.PreparedRequest) -> requests.PreparedRequest:
            request.headers["Authorization"] = f"Bearer {token()}"
            return request

        # As a header alone, a line of ~/.netrc would replace it
        self._bearer = bearer

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """The body of a good answer.

        :raises Refused: of any other.
        """
        return self.send("GET", path, query=query).body

    def send(
        self, method: str, path: str, body: Any = None, *, query: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """
        :param path: below the base, or a whole address at the same host.
        :raises Refused: the answer isn't a good one.
        :raises ProvenError: there is no answer.
        """
        url = path if path.startswith(self._base) else f"{self._base}{path}"
        try:
            answer = self._session.request(
                method, url, params=query, json=body, headers=headers, auth=self._bearer, timeout=TIMEOUT, allow_redirects=False
            )
        except requests.RequestException as error:
            raise unreachable(url, error) from None
        content: Any = answer.text
        if "json" in answer.headers.get("Content-Type", ""):
            try:
                content = answer.json()
            except ValueError:
                content = answer.text
        if not 200 <= answer.status_code < 300:
            raise fault_of(answer.status_code, content)
        return Answer(answer.status_code, content, answer.headers)


def unreachable(url: str, error: Exception) -> ProvenError:
    """No answer, in words; the error's own text could hold a request, so that only its kind is told."""
    host = urlsplit(url).netloc
    if requests is not None and isinstance(error, requests.exceptions.SSLError):
        return ProvenError(
            f"The certificate of {host} isn't one that this machine trusts.",
            where=host,
            fix="Where a proxy opens TLS, name its CA bundle in REQUESTS_CA_BUNDLE.",
        )
    kind = "in time" if requests is not None and isinstance(error, requests.exceptions.Timeout) else "at all"
    return ProvenError(f"{host} doesn't answer {kind}.", where=host, fix="Check the network, and HTTPS_PROXY where there is a proxy.")
