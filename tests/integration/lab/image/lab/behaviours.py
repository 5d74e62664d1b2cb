# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a listener does with a connection, by name. A behaviour is written as its name and arguments: `status 503`."""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import time
from collections.abc import Callable

from .request import Request, answer

Behaviour = Callable[[socket.socket, Request, list[str]], None]
HTTP: dict[str, Behaviour] = {}


def behaviour(function: Behaviour) -> Behaviour:
    HTTP[function.__name__.strip("_").replace("_", "-")] = function
    return function


@behaviour
def status(connection: socket.socket, request: Request, words: list[str]) -> None:
    """status NUMBER [BYTES OF BODY] [CONTENT TYPE]"""
    size = int(words[1]) if words[1:] else 3
    answer(connection, int(words[0]), b"x" * size, Content_Type=(words[2:] or ["text/plain"])[0])


@behaviour
def redirect(connection: socket.socket, request: Request, words: list[str]) -> None:
    """redirect NUMBER [LOCATION], with {host} for the name that was asked for; /ok is answered well, /bad isn't.

    Only the first request is redirected: followed ones arrive at the other paths.
    """
    if request.target in ("/ok", "/bad"):
        answer(connection, 200 if request.target == "/ok" else 500, b"there")
    elif words[1:]:
        answer(connection, int(words[0]), Location=words[1].replace("{host}", request.hostname))
    else:
        answer(connection, int(words[0]))


@behaviour
def hops(connection: socket.socket, request: Request, words: list[str]) -> None:
    """hops NUMBER: so many redirects, then an answer."""
    left = int(request.target.rpartition("/")[2]) if request.target.startswith("/hop/") else int(words[0])
    if left:
        answer(connection, 302, Location=f"/hop/{left - 1}")
    else:
        answer(connection, 200, b"there")


@behaviour
def endless(connection: socket.socket, request: Request, words: list[str]) -> None:
    answer(connection, 302, Location=request.target)


@behaviour
def slow(connection: socket.socket, request: Request, words: list[str]) -> None:
    """slow SECONDS: nothing at first, then a good answer."""
    time.sleep(float(words[0]))
    answer(connection, 200, b"at last")


@behaviour
def drip(connection: socket.socket, request: Request, words: list[str]) -> None:
    """drip BYTES SECONDS [CONTENT TYPE]: the head at once, the body byte by byte."""
    count, seconds = int(words[0]), float(words[1])
    answer(connection, 200, length=count, Content_Type=(words[2:] or ["text/plain"])[0])
    for _ in range(count):
        connection.sendall(b"x")
        time.sleep(seconds / count)


@behaviour
def short(connection: socket.socket, request: Request, words: list[str]) -> None:
    """short CLAIMED SENT [CONTENT TYPE] [STATUS]: the connection ends before the body does."""
    kind, number = (words[2:] or ["text/plain"])[0], int((words[3:] or ["200"])[0])
    answer(connection, number, b"x" * int(words[1]), length=int(words[0]), Content_Type=kind)


@behaviour
def short_chunks(connection: socket.socket, request: Request, words: list[str]) -> None:
    """The last chunk never comes."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n")


@behaviour
def unframed(connection: socket.socket, request: Request, words: list[str]) -> None:
    """As HTTP/1.0 does: the end of the connection is the end of the body."""
    connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nthat is all")


@behaviour
def early_hints(connection: socket.socket, request: Request, words: list[str]) -> None:
    connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n")
    answer(connection, 200, b"there")


@behaviour
def garbage(connection: socket.socket, request: Request, words: list[str]) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9.2p1\r\n")


@behaviour
def close(connection: socket.socket, request: Request, words: list[str]) -> None:
    """The request is read, and the connection ends."""


@behaviour
def reset(connection: socket.socket, request: Request, words: list[str]) -> None:
    """The request is read, and the connection is torn down."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@behaviour
def needs(connection: socket.socket, request: Request, words: list[str]) -> None:
    """needs HEADER PATTERN…: 200 if the header's values, joined by |, match; {ip} and {port} are where the connection arrived."""
    ip, port = connection.getsockname()[:2]
    pattern = " ".join(words[1:]).replace("{ip}", re.escape(ip)).replace("{port}", str(port))
    good = re.fullmatch(pattern, "|".join(request.all(words[0])))
    answer(connection, 200 if good else 403, b"welcome" if good else b"not you")


@behaviour
def lacks(connection: socket.socket, request: Request, words: list[str]) -> None:
    """lacks HEADER: 200 if it isn't there."""
    answer(connection, 406 if request.all(words[0]) else 200)


@behaviour
def target(connection: socket.socket, request: Request, words: list[str]) -> None:
    """target TEXT: 200 if exactly that was asked for."""
    answer(connection, 200 if request.target == words[0] else 404)


@behaviour
def https_only(connection: socket.socket, request: Request, words: list[str]) -> None:
    """As frameworks do behind a proxy that ends TLS: what didn't come over HTTPS is sent there."""
    if request.first("X-Forwarded-Proto") == "https":
        answer(connection, 200, b"secure")
    else:
        answer(connection, 301, Location=f"https://{request.hostname}{request.target}")


@behaviour
def database(connection: socket.socket, request: Request, words: list[str]) -> None:
    """database HOST PORT: 200 if it lets itself be connected to."""
    with contextlib.suppress(OSError), socket.create_connection((words[0], int(words[1])), 1):
        answer(connection, 200, b"connected")
        return
    answer(connection, 500, b"no database")
