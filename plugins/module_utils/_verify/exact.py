# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One GET through a port-forward: byte for byte the kubelet's own request, where the pod proxy would change it."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.plugins.module_utils._verify import proxy, streams
from ansible_collections.proven.webapp.plugins.module_utils._verify.proxy import BODY, Fetched
from ansible_collections.proven.webapp.plugins.module_utils._verify.target import Target
from ansible_collections.proven.webapp.plugins.module_utils._verify.tunnel import Tunnel


class FinalResponse(http.client.HTTPResponse):
    """Passes over every interim answer (1xx), as Go's client does; Python's does so with 100 alone."""

    def _read_status(self) -> tuple[str, int, str]:
        while True:
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if not 100 < status < 200 or status == http.client.SWITCHING_PROTOCOLS:
                return version, status, reason
            http.client.parse_headers(self.fp)


class Connection(http.client.HTTPConnection):
    response_class = FinalResponse

    def __init__(self, host: str, connected: socket.socket) -> None:
        super().__init__(host)
        self.sock = connected
        self.auto_open = 0


@dataclass(frozen=True)
class ExactWay:
    """To one pod, by port-forward: it ends at the pod's localhost, so ask the pod proxy first whether the port is open to others.

    :ivar prefix: what the way puts before the paths of redirects: nothing.
    """

    api: Api
    namespace: str
    pod: str

    def prefix(self, _target: Target) -> str:
        return ""

    def get(self, target: Target, host: str, headers: Sequence[tuple[str, str]], allowed: float) -> Fetched:
        """See proxy.Way.get. Opening the way is not counted."""
        try:
            with Tunnel(self.api, self.namespace, self.pod, target.port) as tunnel, socket.socket(socket.AF_UNIX) as local:
                start = time.monotonic()
                local.settimeout(max(allowed, 0.01))
                local.connect(tunnel.path)
                fetched = self._ask(local, target, host, headers, start + allowed)
                if tunnel.error and fetched.status is None:
                    return Fetched(proxy.IMPOSSIBLE, "the port-forward got no connection", seconds=fetched.seconds)
                return fetched
        except streams.StreamRefused as error:
            return Fetched(proxy.REFUSED, str(error))
        except streams.StreamError as error:
            return Fetched(proxy.IMPOSSIBLE, f"no port-forward: {error}")

    def _ask(self, local: socket.socket, target: Target, host: str, headers: Sequence[tuple[str, str]], deadline: float) -> Fetched:
        start = time.monotonic()
        fetched = Fetched(proxy.LATE)
        try:
            # What is wrapped hands its file descriptor over, and is good for nothing after that.
            used = _encrypted(local) if target.scheme == "https" else local
            connection = Connection(target.netloc, used)
            path = target.path + (f"?{target.query}" if target.query else "")
            connection.putrequest("GET", path, skip_host=True, skip_accept_encoding=True)
            for name, value in (("Host", host or target.netloc), *headers, ("Connection", "close")):
                connection.putheader(name, value.encode())
            connection.endheaders()
            with connection.getresponse() as response:
                fetched = Fetched(proxy.SLOW_BODY, status=response.status)
                size = 0
                while size < BODY and not response.isclosed():
                    used.settimeout(max(deadline - time.monotonic(), 0.001))
                    piece = response.read1(BODY - size)
                    if not piece:
                        break
                    size += len(piece)
                if response.length and size < BODY:
                    fetched = Fetched(proxy.BROKEN_BODY, "unexpected EOF", response.status)
                else:
                    fetched = Fetched(proxy.ANSWERED, "", response.status, response.getheader("Location") or "")
        except TimeoutError:
            pass  # late, or a slow body
        except http.client.IncompleteRead:
            fetched = Fetched(proxy.BROKEN_BODY, "unexpected EOF", fetched.status)
        except (http.client.HTTPException, OSError) as error:
            outcome = proxy.BROKEN_BODY if fetched.status else proxy.UNREACHED
            fetched = Fetched(outcome, str(error) or type(error).__name__, fetched.status)
        return fetched.after(time.monotonic() - start)


def _encrypted(local: socket.socket) -> ssl.SSLSocket:
    """Without verification, as the kubelet's probes are."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(local)
