"""A tiny web application that says which version it is; Python's standard library alone.

With LIES it is ready for the kubelet and for nobody else: a rollout is content with it, a look at what its probes are worth isn't.
With TIRES it begins to lie once it was asked that often: nobody finds out before it gets requests.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

VERSION = os.environ["VERSION"]
LIES = "LIES" in os.environ
TIRES = int(os.environ.get("TIRES", "0"))
DRAINING = threading.Event()
DRAIN_SECONDS = 3.0


class App(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked = 0

    def do_GET(self) -> None:
        if self.path == "/ready":
            lies = LIES or 0 < TIRES <= App.asked
            self._say(503 if lies and self._asked_by_another() else 200)
        else:
            App.asked += 1
            print(f"asked for {self.path}", flush=True)
            self._say(200)

    def _asked_by_another(self) -> bool:
        """Not by the kubelet: by way of the API server's proxy, or of a port-forward."""
        return "X-Forwarded-For" in self.headers or self.client_address[0] in ("127.0.0.1", "::1")

    def _say(self, status: int) -> None:
        body = VERSION.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if DRAINING.is_set():
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128


def end(server: Server) -> None:
    """Go on for a moment: kept connections are told to close, new ones may still be on their way."""
    DRAINING.set()
    time.sleep(DRAIN_SECONDS)
    server.shutdown()


def main() -> None:
    server = Server(("", 8080), App)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=end, args=(server,)).start())
    print(f"version {VERSION}", flush=True)
    server.serve_forever()
    sys.exit(0)


if __name__ == "__main__":
    main()
