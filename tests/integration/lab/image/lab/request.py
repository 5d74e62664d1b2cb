# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""HTTP by hand: a library would not let answers be wrong."""

from __future__ import annotations

import socket
from dataclasses import dataclass

LONGEST = 1 << 16


@dataclass(frozen=True)
class Request:
    """:ivar target: as it came, with query and escapes.
    :ivar headers: (name as sent, value), in order.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def first(self, name: str) -> str:
        return next(iter(self.all(name)), "")

    @property
    def hostname(self) -> str:
        return self.first("Host").rpartition(":")[0] or self.first("Host")


def read_request(connection: socket.socket) -> Request | None:
    """The request that a connection brings; None where it brings none."""
    received = b""
    while b"\r\n\r\n" not in received and len(received) < LONGEST:
        piece = connection.recv(LONGEST)
        if not piece:
            return None
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1"):
        return None
    headers = tuple((name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines))
    request = Request(words[0], words[1], headers)
    length = int(request.first("Content-Length") or 0)
    while len(body) < length and (piece := connection.recv(LONGEST)):
        body += piece
    return Request(request.method, request.target, headers, body)


def answer(connection: socket.socket, status: int, body: bytes = b"", *, length: int | None = None, **headers: str) -> None:
    """Send an answer.

    :param length: what it claims to be long; by default the truth.
    :param headers: underscores stand for hyphens.
    """
    fields = {"Content-Type": "text/plain", "Connection": "close", **{name.replace("_", "-"): value for name, value in headers.items()}}
    if status not in (204, 304):
        fields["Content-Length"] = str(len(body) if length is None else length)
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    connection.sendall(f"HTTP/1.1 {status} Whatever\r\n{head}\r\n".encode() + body)
