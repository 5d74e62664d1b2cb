# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One GET through the API server's pod proxy, and whose answer it was: the application's or the API server's own."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._api import Api, Unreachable
from ansible_collections.proven.webapp.plugins.module_utils._verify.answer import Gone
from ansible_collections.proven.webapp.plugins.module_utils._verify.credential import not_accepted
from ansible_collections.proven.webapp.plugins.module_utils._verify.target import Target, proxy_path, proxy_prefix

BODY = 10 * 1024
"""Bytes of an answer that the kubelet reads (pkg/probe/http/http.go, maxRespBodyLength)."""

FLUSH = 0.3
"""Seconds: the proxy holds an answer's beginning back for up to 0.2 s when nothing follows (upgradeaware.go, defaultFlushInterval)."""

ON_THE_WAY = 0.05
"""Seconds that the way through the API server may take longer than the kubelet's own."""

ANSWERED, UNREACHED, LATE, SLOW_BODY, BROKEN_BODY, REFUSED, IMPOSSIBLE = (
    "answered",
    "unreached",
    "late",
    "slow body",
    "broken body",
    "refused",
    "impossible",
)


@dataclass(frozen=True)
class Fetched:
    """What came of one GET.

    :ivar outcome: answered by the application; unreached: the API server got no answer from it, and says why; late: none in time;
        slow body, broken body: only the beginning came; refused: the user may not use the proxy; impossible: the API server won't.
    :ivar text: why, where the API server says it.
    :ivar status: the application's, or None.
    :ivar seconds: it took.
    """

    outcome: str
    text: str = ""
    status: int | None = None
    location: str = ""
    seconds: float = 0.0

    def after(self, seconds: float) -> Fetched:
        return replace(self, seconds=seconds)


@dataclass(frozen=True)
class Way:
    """To one pod, through the API server."""

    api: Api
    namespace: str
    pod: str

    def prefix(self, target: Target) -> str:
        """What the way puts before the paths of redirects."""
        return proxy_prefix(self.namespace, self.pod, target)

    def get(self, target: Target, host: str, headers: Sequence[tuple[str, str]], allowed: float) -> Fetched:
        """One GET, as far as the kubelet would read its answer.

        :param host: Host header; empty for the target's own.
        :param allowed: seconds.
        :raises NotReplayable: the proxy can't send it.
        :raises Gone: there is no such pod any more.
        :raises Unreachable: the API server doesn't answer.
        :raises CutOff: it doesn't know the user.
        """
        start = time.monotonic()
        return self._get(target, host, headers, start + allowed).after(time.monotonic() - start)

    def _get(self, target: Target, host: str, headers: Sequence[tuple[str, str]], deadline: float) -> Fetched:
        from urllib3 import exceptions
        from urllib3.util import SKIP_HEADER

        path = proxy_path(self.namespace, self.pod, target)
        sent = [("Host", host or target.netloc), *((name, _latin(value)) for name, value in headers)]
        if not any(name == "User-Agent" for name, _value in headers):
            sent.append(("User-Agent", SKIP_HEADER))
        try:
            response = self.api.open(path, sent, max(deadline - time.monotonic(), 0.01) + FLUSH)
        except exceptions.ReadTimeoutError:
            return Fetched(LATE)
        except exceptions.ProtocolError as error:
            # The API server ends the connection when the application's answer breaks off: it is still there itself, or this raises.
            self.api.get("/version")
            return Fetched(BROKEN_BODY, str(error))
        except (exceptions.HTTPError, OSError) as error:
            raise Unreachable(f"The cluster doesn't answer: {error}", where=self.api.host, fix="check that it runs") from error
        if response.status < 200:
            # An interim answer, which Python takes for the last: the connection still holds the real one.
            response.close()
            return Fetched(ANSWERED, status=response.status)
        try:
            return self._read(response, deadline, time.monotonic())
        finally:
            # A connection whose answer was read to its end goes back to the pool; any other is closed.
            response.close() if response.connection is not None else response.release_conn()

    def _read(self, response: Any, deadline: float, begun: float) -> Fetched:
        from urllib3 import exceptions

        body = b""
        try:
            while len(body) < BODY:
                _limit(response, deadline + FLUSH)
                piece = response.read1(BODY - len(body))
                if not piece:
                    break
                body += piece
                if time.monotonic() > deadline + FLUSH:
                    return Fetched(SLOW_BODY, status=response.status)
        except (exceptions.ReadTimeoutError, TimeoutError):
            return Fetched(SLOW_BODY, status=response.status)
        except (exceptions.HTTPError, OSError) as error:
            return Fetched(BROKEN_BODY, str(error), status=response.status)
        own = own_status(response.status, response.headers.get("Content-Type") or "", body)
        fetched = self._own(own) if own else None
        if fetched:
            return fetched
        if begun > deadline + ON_THE_WAY:
            return Fetched(LATE)
        if time.monotonic() > deadline + ON_THE_WAY:
            return Fetched(SLOW_BODY, status=response.status)
        return Fetched(ANSWERED, status=response.status, location=response.headers.get("Location") or "")

    def _own(self, status: Mapping[str, Any]) -> Fetched | None:
        """What an answer of the API server's own means; None when the application may have made it."""
        code, message = status.get("code"), str(status.get("message", ""))
        details = status.get("details") or {}
        reached = message.removeprefix("error trying to reach service: ")
        if code == 503 and reached != message:
            return Fetched(UNREACHED, reached)
        if code == 403 and "pods/proxy" in message:
            return Fetched(REFUSED, "get pods/proxy")
        if code == 404 and details.get("kind") == "pods" and details.get("name") == self.pod:
            raise Gone(self.pod)
        if code == 400 and message == "address not allowed":
            return Fetched(IMPOSSIBLE, "the API server does not connect to the pod's address")
        if code == 500 and message.startswith("error trying to parse Location header"):
            return Fetched(UNREACHED, message)
        if code == 500 and message == "unexpected EOF":
            return Fetched(BROKEN_BODY, message)
        if code == 401:
            self._check_credential()
        return None

    def _check_credential(self) -> None:
        """Is it the API server that doesn't know the user? Then nothing else can be asked either."""
        status, _body = self.api.get(f"/api/v1/namespaces/{self.namespace}/pods/{self.pod}")
        if status == 401:
            raise not_accepted(self.api)


def own_status(status: int, content_type: str, body: bytes) -> Mapping[str, Any] | None:
    """The v1.Status of an answer that may be the API server's own, or None."""
    if status < 400 or not content_type.startswith("application/json") or b'"Status"' not in body:
        return None
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) and found.get("kind") == "Status" and found.get("code") == status else None


def _limit(response: Any, until: float) -> None:
    """Have reads of an answer end at a moment of time.monotonic()."""
    socket = getattr(response.connection, "sock", None)
    if socket is not None:
        socket.settimeout(max(until - time.monotonic(), 0.01))


def _latin(value: str) -> str:
    """So that the bytes on the wire are the value's UTF-8, as Go sends it."""
    return value.encode().decode("latin-1")
