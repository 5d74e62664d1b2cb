"""A tiny application and its database, as bad as their environment says. Runs in the toolbox's image; Python's standard library alone.

`application.py database` answers each line with `pong`. `application.py app` serves /livez, /readyz, /work and /stream on port 8080,
and does by default what a good application does; FAULTS names what it does badly, one or several of those below.
"""

from __future__ import annotations

import os
import signal
import socket
import socketserver
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer

FAULTS = frozenset(os.environ.get("FAULTS", "").split(","))
DATABASE = ("lab-database", 5432)
PATIENCE = 1.0
DRAIN_SECONDS = 4.0
FORGETS_AFTER = 40.0


class Database(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        for _line in self.rfile:
            self.wfile.write(b"pong\n")


class Link:
    """A kept connection to the database, as a pool of one would have it."""

    def __init__(self, patience: float | None) -> None:
        self._patience = patience
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self.ever = False

    def ask(self) -> None:
        """:raises OSError: no answer."""
        if not self._lock.acquire(timeout=-1 if self._patience is None else self._patience):
            raise TimeoutError
        try:
            if self._socket is None:
                self._socket = socket.create_connection(DATABASE, timeout=self._patience)
            self._socket.sendall(b"ping\n")
            if not self._socket.recv(16):
                raise ConnectionResetError
            self.ever = True
        except OSError:
            self._drop()
            raise
        finally:
            self._lock.release()

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class State:
    def __init__(self) -> None:
        self.link = Link(None if "waits-for-ever" in FAULTS else PATIENCE)
        self.probe_link = Link(PATIENCE)
        self.draining = threading.Event()
        self.lost_at: float | None = None
        self.connected_at_start = True
        self.asked_live = 0

    def reachable(self) -> bool:
        """Does the database answer? With the faults that a connection pool of one's own tends to have."""
        if "tries-once" in FAULTS and not self.connected_at_start:
            return False
        if "backs-off" in FAULTS and self.lost_at is not None and time.monotonic() - self.lost_at < FORGETS_AFTER:
            return False
        try:
            self.probe_link.ask()
        except OSError:
            self.lost_at = time.monotonic() if self.lost_at is None or "backs-off" not in FAULTS else self.lost_at
            return "ready-until-connected" in FAULTS and not self.probe_link.ever
        self.lost_at = None
        return True


STATE = State()


class App(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        {"/livez": self._live, "/readyz": self._ready, "/work": self._work, "/stream": self._stream}.get(path, self._nothing)()

    def _say(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if STATE.draining.is_set():
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body)

    def _nothing(self) -> None:
        self._say(404, "nothing here")

    def _live(self) -> None:
        STATE.asked_live += 1
        if "live-asks-database" in FAULTS and not STATE.reachable():
            self._say(500, "no database")
        elif "live-wavers" in FAULTS and STATE.asked_live % 2 and not STATE.reachable():
            self._say(500, "no database, now and then")
        else:
            self._say(200, "alive")

    def _ready(self) -> None:
        if "always-ready" in FAULTS or STATE.reachable():
            self._say(200, "ready")
        else:
            self._say(503, "no database")

    def _work(self) -> None:
        try:
            STATE.link.ask()
        except OSError:
            self._say(500 if "fails-openly" in FAULTS else 200, "less than usual")
        else:
            self._say(200, "work")

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.close_connection = True
        while not STATE.draining.is_set() or "cuts-streams" in FAULTS:
            self.wfile.write(b"4\r\ntick\r\n")
            time.sleep(0.2)
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: object) -> None:
        pass


class Threads(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128


def end(server: HTTPServer) -> None:
    """Go on for a moment, then end what has begun, and nothing else."""
    STATE.draining.set()
    time.sleep(DRAIN_SECONDS)
    server.shutdown()
    if "cuts-streams" in FAULTS:
        os._exit(0)


def app() -> None:
    if FAULTS & {"needs-database-to-start", "tries-once"}:
        try:
            STATE.probe_link.ask()
        except OSError:
            STATE.connected_at_start = False
            if "needs-database-to-start" in FAULTS:
                sys.exit("no database")
    if "one-thread" in FAULTS:
        App.protocol_version = "HTTP/1.0"
    server: HTTPServer = HTTPServer(("", 8080), App) if "one-thread" in FAULTS else Threads(("", 8080), App)

    def told(_number: int, _frame: object) -> None:
        if "dies-at-once" in FAULTS:
            os._exit(0)
        if "never-ends" not in FAULTS:
            threading.Thread(target=end, args=(server,)).start()

    signal.signal(signal.SIGTERM, told)
    server.serve_forever()
    # Kept connections that are idle have no last word; they would hold the process for ever.
    deadline = time.monotonic() + 1.0
    while threading.active_count() > 1 and time.monotonic() < deadline:
        time.sleep(0.05)
    os._exit(0)


def database() -> None:
    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True
        request_queue_size = 128

    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    Server(("", 5432), Database).serve_forever()


if __name__ == "__main__":
    {"app": app, "database": database}[sys.argv[1]]()
