# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A port of a pod as a local Unix socket, for client libraries that open their connections themselves."""

from __future__ import annotations

import contextlib
import os
import selectors
import shutil
import socket
import tempfile
import threading
from types import TracebackType

from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.plugins.module_utils._verify import streams

DATA, ERRORS = 0, 1
CHUNK = 64 * 1024


class Tunnel:
    """One connection to a port of a pod, by port-forward. Use it as a context manager.

    It ends in the pod's own network at localhost: what listens there alone is reached as well, though the kubelet would not.

    :ivar path: of the Unix socket, in a folder that only this user can enter. One connection is accepted.
    :ivar error: what the kubelet said why it failed, or empty.
    :raises StreamError, Gone, Unreachable: see streams.connect.
    """

    def __init__(self, api: Api, namespace: str, pod: str, port: int) -> None:
        self.error = ""
        self._remote = streams.connect(api, namespace, pod, "portforward", [("ports", str(port))])
        self._folder = tempfile.mkdtemp(prefix="proven-")
        self.path = os.path.join(self._folder, "port")
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.path)
        self._listener.listen(1)
        self._ended = threading.Event()
        self._wake, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name=f"port {port} of {pod}", daemon=True)

    def __enter__(self) -> Tunnel:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        self._wake.send(b".")
        self._thread.join()
        for end in (self._wake, self._woken, self._listener):
            end.close()
        self._remote.shutdown()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self) -> None:
        with selectors.DefaultSelector() as ready:
            ready.register(self._listener, selectors.EVENT_READ)
            ready.register(self._woken, selectors.EVENT_READ)
            ready.select()
        if self._ended.is_set():
            return
        local, _address = self._listener.accept()
        with local, contextlib.suppress(OSError, _broken()):
            self._pump(local)

    def _pump(self, local: socket.socket) -> None:
        named: set[int] = set()  # the first frame of each channel names its port
        with selectors.DefaultSelector() as ready:
            for end in (local, self._remote.sock, self._woken):
                ready.register(end, selectors.EVENT_READ)
            while not self._ended.is_set():
                # TLS may hold bytes that the selector doesn't see.
                pending = getattr(self._remote.sock, "pending", lambda: 0)()
                ends = {key.fileobj for key, _mask in ready.select(0 if pending else None)}
                if local in ends:
                    data = local.recv(CHUNK)
                    if not data:
                        return
                    self._remote.send_binary(bytes((DATA,)) + data)
                if pending or self._remote.sock in ends:
                    frame = self._remote.recv()
                    frame = frame.encode() if isinstance(frame, str) else frame
                    if not frame:
                        return
                    channel, data = frame[0], frame[1:]
                    if channel not in named:
                        named.add(channel)
                    elif channel == DATA:
                        local.sendall(data)
                    else:
                        self.error += data.decode("utf-8", "replace")
                        return


def _broken() -> type[Exception]:
    from websocket import WebSocketException

    return WebSocketException
