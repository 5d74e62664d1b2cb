"""A stand-in for a cluster's API server, on loopback without TLS: it lists and watches what it is given, and fails as it is told.

It follows the published API (Kubernetes API Concepts: resource versions, watches, bookmarks, 410 Gone) for the few kinds that a rollout is
watched by. It is no Kubernetes: it admits everything, and nothing happens by itself.
"""

from __future__ import annotations

import contextlib
import json
import queue
import socket
import threading
import time
from collections import Counter
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

Made = dict[str, Any]
END: Made = {}
"""Has a watch end, as the server does after a while."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went is none."""


class Standin:
    """:param begins: what its clock says now, in seconds since the epoch.
    :ivar asked: (list or watch, plural) → how often.
    :ivar refuse: (list or watch, plural) → the status that it is refused with.
    :ivar autoscaler: whether the cluster autoscaler keeps its status there.
    :ivar logs: (pod, previous) → text.
    :ivar patched: (path, patch) of each.
    """

    def __init__(self, begins: float | None = None) -> None:
        self._ahead = 0.0 if begins is None else begins - time.time()
        self._lock = threading.Lock()
        self._version = 100
        self._forgotten = 0
        self._items: dict[str, dict[str, Made]] = {}
        self._history: list[tuple[int, str, Made]] = []
        self._watches: list[tuple[str, queue.Queue[Made]]] = []
        self._open: set[socket.socket] = set()
        self._server: Server | None = None
        self.port = 0
        self.asked: Counter[tuple[str, str]] = Counter()
        self.refuse: dict[tuple[str, str], int] = {}
        self.autoscaler = False
        self.logs: dict[tuple[str, bool], str] = {}
        self.patched: list[tuple[str, Made]] = []
        self.start()

    # --- what there is

    def put(self, plural: str, item: Made) -> None:
        """Create or change an object."""
        with self._lock:
            known = self._items.setdefault(plural, {})
            uid = item["metadata"]["uid"]
            self._tell(plural, "MODIFIED" if uid in known else "ADDED", known, item)

    def delete(self, plural: str, item: Made) -> None:
        with self._lock:
            known = self._items.get(plural, {})
            known.pop(item["metadata"]["uid"])
            self._tell(plural, "DELETED", {}, item)

    def _tell(self, plural: str, kind: str, known: dict[str, Made], item: Made) -> None:
        self._version += 1
        made = {**item, "metadata": {**item["metadata"], "resourceVersion": str(self._version)}}
        known[item["metadata"]["uid"]] = made
        event = {"type": kind, "object": made}
        self._history.append((self._version, plural, event))
        for watched, told in self._watches:
            if watched == plural:
                told.put(event)

    # --- what goes wrong

    def end_watches(self) -> None:
        """As after timeoutSeconds."""
        with self._lock:
            for _plural, told in self._watches:
                told.put(END)

    def forget(self, *, tell: bool = True) -> None:
        """Whoever goes on from before now is told 410; those that watch, in the stream."""
        with self._lock:
            self._version += 1
            self._forgotten = self._version
            for _plural, told in self._watches if tell else ():
                told.put({"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired"}})

    def bookmark(self) -> None:
        with self._lock:
            self._version += 1
            for _plural, told in self._watches:
                told.put({"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": str(self._version)}}})

    def stop(self) -> None:
        """It is gone, with every connection."""
        if self._server is None:
            return
        self._server.shutdown()
        self._server.server_close()
        self._server = None
        with self._lock:
            for connection in list(self._open):
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            for _plural, told in self._watches:
                told.put(END)
            self._watches.clear()

    def start(self) -> None:
        """On the port that it had."""
        self._server = Server(("127.0.0.1", self.port), self._handler())
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def kubeconfig(self, folder: Path) -> str:
        """A file that leads here."""
        path = folder / "kubeconfig"
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{self.port}"}}],
            "users": [{"name": "u", "user": {}}],
        }
        path.write_text(json.dumps(content))
        return str(path)

    # --- answers

    def listed(self, plural: str) -> bytes:
        with self._lock:
            items = list(self._items.get(plural, {}).values())
            return json.dumps({"metadata": {"resourceVersion": str(self._version)}, "items": items}).encode()

    def watch(self, plural: str, version: int) -> queue.Queue[Made] | None:
        """What happened since a version and happens from now on; None where that is forgotten."""
        with self._lock:
            if version < self._forgotten:
                return None
            told: queue.Queue[Made] = queue.Queue()
            for number, about, event in self._history:
                if about == plural and number > version:
                    told.put(event)
            self._watches.append((plural, told))
            return told

    def unwatch(self, told: queue.Queue[Made]) -> None:
        with self._lock:
            self._watches = [pair for pair in self._watches if pair[1] is not told]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        standin = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                standin._open.add(self.connection)

            def finish(self) -> None:
                standin._open.discard(self.connection)
                with contextlib.suppress(OSError):
                    super().finish()

            def do_GET(self) -> None:
                url = urlsplit(self.path)
                query = {key: values[0] for key, values in parse_qs(url.query).items()}
                if url.path.endswith("/log"):
                    text = standin.logs.get((url.path.split("/")[-2], query.get("previous") == "true"))
                    self._say(200 if text else 400, (text or "").encode())
                    return
                if url.path.endswith("/configmaps/cluster-autoscaler-status"):
                    self._say(200 if standin.autoscaler else 404, b"{}")
                    return
                plural, verb = url.path.rsplit("/", 1)[1], "watch" if "watch" in query else "list"
                standin.asked[verb, plural] += 1
                if refused := standin.refuse.get((verb, plural)):
                    self._say(refused, json.dumps({"message": f"{plural} is forbidden"}).encode())
                elif verb == "list":
                    self._say(200, standin.listed(plural))
                else:
                    self._watch(plural, int(query["resourceVersion"]))

            def do_PATCH(self) -> None:
                standin.patched.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
                self._say(200, b"{}")

            def _say(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def _watch(self, plural: str, version: int) -> None:
                told = standin.watch(plural, version)
                if told is None:
                    self._say(410, b"{}")
                    return
                self.send_response(200)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                try:
                    while (event := told.get()) is not END:
                        line = json.dumps(event).encode() + b"\n"
                        self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
                    self.wfile.write(b"0\r\n\r\n")
                finally:
                    standin.unwatch(told)

            def date_time_string(self, timestamp: float | None = None) -> str:
                return formatdate(time.time() + standin._ahead, usegmt=True)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler
