"""Where pushed messages may go. A subscription's address comes from a browser, so it could name anything in our own network."""

from __future__ import annotations

from urllib.parse import urlsplit

MAX_LENGTH = 1000


def problem(endpoint: str, allowed: tuple[str, ...], *, http: bool = False) -> str | None:
    """Why messages don't go to this address, or None. `allowed`: host names, `*.` for any below; `http`: also in the clear."""
    if len(endpoint) > MAX_LENGTH or not endpoint.isascii() or not endpoint.isprintable() or " " in endpoint or "\\" in endpoint:
        return "is no address of a push service"
    try:
        url = urlsplit(endpoint)
        host, port = url.hostname or "", url.port
    except ValueError:
        return "is no address of a push service"
    if url.username is not None or url.password is not None or not host or url.fragment:
        return "is no address of a push service"
    if url.scheme != "https" and not (http and url.scheme == "http"):
        return "must begin with https://"
    if not any(_matches(host, pattern) for pattern in allowed):
        return "belongs to a push service that isn't allowed here"
    if port not in (None, 443) and not http:
        return "must use port 443"
    return None


def _matches(host: str, pattern: str) -> bool:
    return host.endswith(pattern[1:]) and host != pattern[2:] if pattern.startswith("*.") else host == pattern
