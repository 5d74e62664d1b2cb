# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where an HTTP probe goes, and how the API server's pod proxy is asked to go there. Pure."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import quote, unquote, urljoin, urlsplit

from ansible_collections.proven.webapp.plugins.module_utils._probes.model import HttpGet

MANY = 8192
"""Requests that are remembered: a probe is asked for the same again and again."""

DEFAULT_PORTS = {"http": 80, "https": 443}
_SAFE = "/$&+,:;=@-_.~"
_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NOT_IN_A_LINE = re.compile(r"[^\x21-\x7e]")

# The API server takes these for itself, answers to them, drops them or writes its own
# (apiserver/pkg/endpoints/filters/{authentication,impersonation}.go, net/http/httputil/reverseproxy.go, apimachinery/pkg/util/proxy).
_KEPT_BY_THE_API_SERVER = re.compile(
    r"authorization|impersonate-.*|x-remote-.*|x-forwarded-.*|upgrade|expect|te|trailer|transfer-encoding|proxy-.*|keep-alive|audit-id|forwarded"
)
_NEVER_SENT = ("host", "content-length", "transfer-encoding", "trailer")
"""The kubelet's client leaves these out of the header (net/http/request.go, reqWriteExcludeHeader)."""


class NotReplayable(ValueError):
    """The pod proxy can't send this request as the kubelet would; the text says why."""


@dataclass(frozen=True)
class Target:
    """A request of an HTTP probe.

    :ivar scheme: http or https.
    :ivar hostname: of the pod, without brackets.
    :ivar port: as a number.
    :ivar netloc: host and port as they stand in the URL, which is what the Host header says by default.
    :ivar path: as sent, escaped, with a leading slash.
    :ivar query: as sent, without its question mark.
    """

    scheme: str
    hostname: str
    port: int
    netloc: str
    path: str
    query: str = ""

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.netloc}{self.path}" + (f"?{self.query}" if self.query else "")


def join_host_port(host: str, port: int) -> str:
    """As net.JoinHostPort: an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _bare_path(text: str) -> bool:
    """Does Go's url.Parse refuse it, so that the kubelet takes all of it for the path (pkg/probe/http/request.go, formatURL)?"""
    if _CONTROL.search(text) or _ESCAPE.search(text.partition("?")[0]):
        return True
    first = text.partition("?")[0].partition("/")[0]
    scheme = re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", text)
    return ":" in first and not scheme


@lru_cache(MANY)
def first_target(http: HttpGet, pod_ip: str, port: int) -> Target:
    """Where a probe's first request goes.

    :param port: the resolved one.
    :raises NotReplayable: the declared path carries a user and password, or is no path.
    """
    text = http.path
    netloc = join_host_port(pod_ip, port)
    if _bare_path(text):
        path, query = quote(text, safe=_SAFE), ""
    else:
        parts = urlsplit(text)
        if "@" in parts.netloc or (parts.scheme and not parts.netloc):
            raise NotReplayable("its path is a URL of a form that only the kubelet reads")
        path = _escaped(parts.path)
        query = parts.query
    return Target(http.scheme.lower(), pod_ip, port, netloc, path if path.startswith("/") else f"/{path}", query)


def _escaped(path: str) -> str:
    """As Go writes a path that was parsed: what is escaped already stays, the rest is escaped where it must be."""
    return quote(path, safe=_SAFE + "%!'()*[]")


@lru_cache(MANY)
def proxy_path(namespace: str, pod: str, target: Target) -> str:
    """The path that asks the API server's pod proxy for a target.

    It decodes and tidies the path on its way (apiserver/pkg/endpoints/handlers/rest.go, getRequestOptions; path.Join).

    :raises NotReplayable: the application would get another path or query than from the kubelet.
    """
    decoded = unquote(target.path)
    tidy = "/" + posixpath.normpath(decoded).lstrip("/")
    if decoded.endswith("/") and tidy != "/":
        tidy += "/"
    if tidy != decoded or "%2f" in target.path.lower():
        raise NotReplayable(f"the API server would change its path {target.path}")
    if _NOT_IN_A_LINE.search(target.query):
        raise NotReplayable("its query holds characters that the API server refuses")
    query = f"?{target.query}" if target.query else ""
    return f"{proxy_prefix(namespace, pod, target)}{quote(decoded, safe=_SAFE)}{query}"


def proxy_prefix(namespace: str, pod: str, target: Target) -> str:
    scheme = "https:" if target.scheme == "https" else ""
    return f"/api/v1/namespaces/{namespace}/pods/{scheme}{pod}:{target.port}/proxy"


def next_target(location: str, current: Target, prefix: str) -> Target | None:
    """Where a redirect leads, or None where the kubelet doesn't follow (pkg/probe/http/http.go, RedirectChecker).

    The proxy puts its own prefix before paths that stay on the host (apimachinery/pkg/util/proxy/transport.go, rewriteURL);
    it is taken off here.

    :param location: the header as the proxy gave it.
    :param prefix: see `proxy_prefix`, of the request that was answered.
    :raises ValueError: no URL, or a scheme that isn't HTTP's: the kubelet counts a failure.
    """
    parts = urlsplit(location)
    path = parts.path
    if path == prefix or path.startswith(f"{prefix}/"):
        path = path[len(prefix) :] or "/"
    absolute = urlsplit(urljoin(current.url, parts._replace(path=path).geturl()))
    if (absolute.hostname or "") != current.hostname.lower():
        return None
    if absolute.scheme not in DEFAULT_PORTS:
        raise ValueError(f'unsupported protocol scheme "{absolute.scheme}"')
    port = absolute.port or DEFAULT_PORTS[absolute.scheme]
    return Target(absolute.scheme, current.hostname, port, absolute.netloc, _escaped(absolute.path or "/"), absolute.query)


def is_relative(location: str) -> bool:
    """Does a redirect name no scheme? Then a Host header of the probe's own goes along."""
    return not urlsplit(location).scheme


@lru_cache(MANY)
def request_headers(declared: tuple[tuple[str, str], ...], agent: str, *, exact: bool = False) -> tuple[str, tuple[tuple[str, str], ...]]:
    """(Host header or empty, the other headers) that the kubelet sends (pkg/probe/http/request.go, newProbeRequest).

    :param agent: the kubelet's own User-Agent.
    :param exact: whether the API server is out of the way.
    :raises NotReplayable: the API server would keep one of them for itself.
    :raises ValueError: a header's value can't be sent at all, which the kubelet counts as a failure.
    """
    host = next((value for name, value in declared if name.lower() == "host"), "")
    sent: list[tuple[str, str]] = []
    agents = [value for name, value in declared if name.lower() == "user-agent"]
    accepts = [value for name, value in declared if name.lower() == "accept"]
    for name, value in declared:
        lower = name.lower()
        if any((ord(letter) < 32 and letter != "\t") or ord(letter) == 127 for letter in value):
            raise ValueError(f'net/http: invalid header field value for "{name}"')
        if lower in _NEVER_SENT or lower in ("user-agent", "accept"):
            continue
        if exact:
            sent.append((name, value))
            continue
        if _KEPT_BY_THE_API_SERVER.fullmatch(lower) or (lower == "connection" and "upgrade" in value.lower()):
            raise NotReplayable(f"the API server doesn't pass its header {name} on")
        if lower != "connection":
            sent.append((name, value))
    agent_sent = agents[0] if agents else agent
    if agent_sent:
        sent.append(("User-Agent", agent_sent))
    if not accepts:
        sent.append(("Accept", "*/*"))
    elif accepts[0]:
        sent += [("Accept", value) for value in accepts]
    return host, tuple(sent)


def with_referer(headers: tuple[tuple[str, str], ...], last: Target, following: Target) -> tuple[tuple[str, str], ...]:
    """Headers of the request after a redirect: Go's client says where it comes from, unless from HTTPS to HTTP.

    :param headers: those of the first request.
    """
    declared = any(name.lower() == "referer" for name, _value in headers)
    if declared or (last.scheme == "https" and following.scheme == "http"):
        return headers
    return (*headers, ("Referer", last.url))


def dial_target(pod_ip: str, port: int, *, tls: bool) -> Target:
    """A request that makes the API server open a connection of its own to a port.

    It keeps connections open, by scheme and port: with the scheme that the port does not speak, no kept one is taken for a fresh one.

    :param tls: whether the port is known to speak TLS.
    """
    return replace(first_target(HttpGet(port=port), pod_ip, port), scheme="http" if tls else "https")
