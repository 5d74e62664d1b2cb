# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A TCP proxy between the module and the real API server, that can be cut, and come back."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

CHUNK = 65536


class Gateway:
    """Passes connections on to an API server at this machine. Use it as a context manager.

    :ivar port: where it listens.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._flows = threading.Event()
        self._flows.set()
        self._listener = self._listen(0)
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Gateway:
        self._accept()
        return self

    def __exit__(self, *_about: object) -> None:
        self.cut()
        self._flows.set()

    def cut(self) -> None:
        """End all connections, and refuse new ones."""
        self._listener.close()
        with self._lock:
            for one in self._open:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()
            self._open.clear()

    def mend(self) -> None:
        """After a cut."""
        self._listener = self._listen(self.port)
        self._accept()

    def swallow(self) -> None:
        """Take whatever comes, and pass nothing on any more."""
        self._flows.clear()

    @staticmethod
    def _listen(port: int) -> socket.socket:
        return socket.create_server(("127.0.0.1", port), reuse_port=True)

    def _accept(self) -> None:
        listener = self._listener

        def run() -> None:
            with suppress(OSError):
                while True:
                    client, _address = listener.accept()
                    server = socket.create_connection(self._target)
                    with self._lock:
                        self._open += [client, server]
                    for pair in ((client, server), (server, client)):
                        threading.Thread(target=self._pump, args=pair, daemon=True).start()

        threading.Thread(target=run, daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                self._flows.wait()
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)
