# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ports, and how they take connections."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .behaviours import HTTP, reset
from .request import Request, read_request

if TYPE_CHECKING:
    from ssl import SSLContext

CERTIFICATE, KEY = "/opt/certificate.pem", "/opt/key.pem"
UNTAKEN = ("full", "untaken")
"""Behaviours of the port itself. `full`: nobody can connect any more. `untaken`: everybody can, and nothing comes of it."""
AT_ONCE = ("close-at-once", "reset-at-once")
"""Behaviours that don't wait for a request."""


@dataclass
class Listener:
    """A port.

    :ivar behaviour: name and arguments; `closed` where nothing listens.
    :ivar host: the address that it is bound to.
    :ivar after: seconds until it opens.
    :ivar seen: the last requests.
    """

    port: int
    behaviour: str = "status 200"
    protocol: str = "http"
    host: str = "0.0.0.0"
    after: float = 0
    seen: deque[Request] = field(default_factory=lambda: deque(maxlen=50))
    _socket: socket.socket | None = None
    _fillers: list[socket.socket] = field(default_factory=list)
    _server: Any = None

    def become(self, behaviour: str) -> None:
        """Change what it does; a port opens or closes with that."""
        anew = behaviour == "closed" or behaviour in UNTAKEN or self.behaviour in UNTAKEN
        self.behaviour = behaviour
        if self.protocol == "grpc":
            from .grpc_health import serve

            if self._server is None and behaviour != "closed":
                self._server = serve(self)
            elif self._server is not None and behaviour == "closed":
                self._server.stop(None).wait()
                self._server = None
            return
        if self._socket is not None and anew:
            # A blocked accept keeps a closed socket alive; shut down, it ends at once.
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
            self._socket = None
            for filler in self._fillers:
                filler.close()
            self._fillers.clear()
        if self._socket is None and behaviour != "closed":
            self._open()

    def start(self) -> None:
        """Open it when its time has come; returns at once."""
        if self.after:
            timer = threading.Timer(self.after, lambda: self.become(self.behaviour))
            timer.daemon = True
            timer.start()
        else:
            self.become(self.behaviour)

    def _open(self) -> None:
        opened = socket.socket()
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((self.host, self.port))
        # Of those that are never taken, as many have room as a long life brings.
        opened.listen(0 if self.behaviour == "full" else 4096)
        self._socket = opened
        if self.behaviour == "full":
            self._fill()
        if self.behaviour not in UNTAKEN:
            threading.Thread(target=self._accept, args=(opened,), daemon=True).start()

    def _fill(self) -> None:
        """Connect until the queue of those who wait to be accepted has no room."""
        for _ in range(8):
            filler = socket.socket()
            filler.settimeout(0.3)
            self._fillers.append(filler)
            try:
                filler.connect(("127.0.0.1", self.port))
            except OSError:
                return

    def _accept(self, opened: socket.socket) -> None:
        context = None
        if self.protocol == "https":
            import ssl

            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE, KEY)
        while True:
            try:
                connection, _ = opened.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection, context), daemon=True).start()

    def _serve(self, connection: socket.socket, context: SSLContext | None) -> None:
        # Clients go away in the middle: that is theirs to decide.
        with contextlib.suppress(OSError, ValueError), connection:
            connection.settimeout(60)
            name, *words = self.behaviour.split()
            if name in AT_ONCE:
                if name == "reset-at-once":
                    reset(connection, Request("", "", ()), [])
                return
            if context:
                connection = context.wrap_socket(connection, server_side=True)
            request = read_request(connection)
            if request is None:
                return
            self.seen.append(request)
            if name == "silent":
                time.sleep(60)
                return
            HTTP[name](connection, request, words)
            if name != "reset":
                # Unread data would turn the end of the connection into a reset.
                connection.shutdown(socket.SHUT_WR)
                connection.settimeout(1)
                connection.recv(1)
