# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""WebSockets to the API server's exec and port-forward: numbered channels of bytes (v4.channel.k8s.io)."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

from ansible_collections.proven.webapp.plugins.module_utils._api import Api, Unreachable
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._verify.answer import Gone
from ansible_collections.proven.webapp.plugins.module_utils._verify.credential import not_accepted

PROTOCOL = "v4.channel.k8s.io"
OPEN_SECONDS = 10.0
_VERB = re.compile(r"cannot (\w+) resource")


class StreamError(Exception):
    """The API server or the kubelet did not open the stream; the text says why."""


class StreamRefused(StreamError):
    """The user may not open it; the text is the right that is missing."""


def connect(api: Api, namespace: str, pod: str, action: str, query: Sequence[tuple[str, str]]) -> Any:
    """An open websocket.WebSocket.

    :param action: exec or portforward.
    :raises StreamRefused, StreamError: see there.
    :raises Gone: there is no such pod any more.
    :raises Unreachable: the API server doesn't answer.
    :raises CutOff: the user isn't known.
    :raises ProvenError: the library isn't there.
    """
    try:
        import websocket
    except ImportError as error:
        raise ProvenError("The Python library websocket-client isn't there.", fix="pip install websocket-client") from error
    url = f"{api.host}/api/v1/namespaces/{namespace}/pods/{pod}/{action}?{urlencode(query)}"
    headers = [f"{name}: {value}" for name, value in api.headers.items() if name == "authorization"]
    try:
        return websocket.create_connection(
            "ws" + url.removeprefix("http"),
            timeout=OPEN_SECONDS,
            header=headers,
            subprotocols=[PROTOCOL],
            sslopt=_tls(api),
            suppress_origin=True,
            **_proxy(api),
        )
    except websocket.WebSocketBadStatusException as error:
        if error.status_code == 401:
            raise not_accepted(api) from error
        raise _refusal(error.status_code, error.resp_body, pod, action) from error
    except (websocket.WebSocketException, OSError) as error:
        raise Unreachable(f"The cluster doesn't answer: {error}", where=api.host, fix="check that it runs") from error


def _tls(api: Api) -> dict[str, Any]:
    options: dict[str, Any] = {"context": api.tls}
    return {**options, "server_hostname": api.server_name} if api.server_name else options


def _proxy(api: Api) -> dict[str, Any]:
    address = urlsplit(api.proxy)
    return {"http_proxy_host": address.hostname, "http_proxy_port": address.port, "proxy_type": "http"} if address.hostname else {}


def _refusal(status: int, body: Any, pod: str, action: str) -> Exception:
    try:
        message = str(json.loads(body or b"{}").get("message", ""))
    except (ValueError, AttributeError):
        message = bytes(body or b"").decode("utf-8", "replace")[:200]
    if status == 403:
        # Which verb it takes depends on the API server's version: it says it itself.
        verb = _VERB.search(message)
        return StreamRefused(f"{verb[1] if verb else 'create'} pods/{action}")
    if status == 404 and f'pods "{pod}" not found' in message:
        return Gone(pod)
    return StreamError(f"status {status}: {message}")
