"""One HTTP/1.1 request and its answer over a connection, and how it ended. No redirects, no retries: what is lost is to be seen."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

OK, STATUS, REFUSED, RESET, TIMEOUT, TRUNCATED, UNREACHABLE = "ok", "status", "refused", "reset", "timeout", "truncated", "unreachable"
KINDS = (OK, STATUS, REFUSED, RESET, TIMEOUT, TRUNCATED, UNREACHABLE)
"""How a request can end: a good status; a bad one; nobody listens; cut before the answer began; no answer in time; cut in the middle of it;
no way there (no such name, no route)."""

NO_BODY = frozenset({204, 304})
HEAD_LIMIT = 65536
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Lost(Exception):
    """The request got no complete answer. :ivar kind: of KINDS."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True)
class Place:
    """Where requests go. :ivar tls: None for plain HTTP."""

    host: str
    port: int
    tls: ssl.SSLContext | None

    @classmethod
    def read(cls, url: str, *, verify: bool = True) -> Place:
        """:raises ValueError: no http or https URL."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"no URL of an HTTP server: {url}")
        tls = None
        if parts.scheme == "https":
            tls = ssl.create_default_context()
            if not verify:
                tls.check_hostname = False
                tls.verify_mode = ssl.CERT_NONE
        return cls(parts.hostname, parts.port or (443 if tls else 80), tls)

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"

    async def connect(self) -> Connection:
        """:raises Lost: refused, reset or unreachable."""
        try:
            return await asyncio.open_connection(self.host, self.port, ssl=self.tls, limit=HEAD_LIMIT)
        except ConnectionRefusedError as error:
            raise Lost(REFUSED) from error
        except ConnectionError as error:
            raise Lost(RESET) from error
        except OSError as error:
            raise Lost(UNREACHABLE) from error


@dataclass(frozen=True)
class Answer:
    """:ivar keep: whether the connection can carry another request."""

    status: int
    keep: bool

    @property
    def kind(self) -> str:
        return OK if 200 <= self.status < 400 else STATUS


def request(place: Place, path: str, headers: dict[str, str], *, keep: bool) -> bytes:
    lines = {"Host": place.authority, "User-Agent": "proven-toolbox", "Accept": "*/*", **headers}
    lines["Connection"] = "keep-alive" if keep else "close"
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"GET {path} HTTP/1.1\r\n{head}\r\n".encode()


async def exchange(connection: Connection, sent: bytes) -> Answer:
    """Send one request and read the whole answer.

    :raises Lost: reset or truncated.
    """
    reader, writer = connection
    began = False
    try:
        writer.write(sent)
        await writer.drain()
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            began = True
            status, headers, version = parse_head(head)
            if status >= 200:
                break
        whole_connection = await _read_body(reader, status, headers)
    except asyncio.IncompleteReadError as error:
        raise Lost(TRUNCATED if began or error.partial else RESET) from error
    except (OSError, ValueError, asyncio.LimitOverrunError) as error:
        raise Lost(TRUNCATED if began else RESET) from error
    told = headers.get("connection", "keep-alive" if version == "HTTP/1.1" else "close").lower()
    return Answer(status, keep=not whole_connection and "close" not in told)


def parse_head(head: bytes) -> tuple[int, dict[str, str], str]:
    """(status, headers with lower-case names, version).

    :raises ValueError: that is no HTTP.
    """
    first, *lines = head.decode("latin-1").split("\r\n")
    version, _space, rest = first.partition(" ")
    if not version.startswith("HTTP/1."):
        raise ValueError("no HTTP/1 answer")
    headers = {}
    for line in lines:
        name, separator, value = line.partition(":")
        if separator:
            headers[name.strip().lower()] = value.strip()
    return int(rest[:3]), headers, version


async def _read_body(reader: asyncio.StreamReader, status: int, headers: dict[str, str]) -> bool:
    """Read it to its end; True where that is the connection's end too."""
    if status in NO_BODY:
        return False
    if headers.get("transfer-encoding", "").lower().endswith("chunked"):
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            await reader.readexactly(size + 2)
        while await reader.readuntil(b"\r\n") != b"\r\n":
            pass
        return False
    if "content-length" in headers:
        await reader.readexactly(int(headers["content-length"]))
        return False
    while await reader.read(65536):
        pass
    return True


def close(connection: Connection | None) -> None:
    if connection is not None:
        connection[1].transport.abort()
