"""One program for all kinds of components; Python's standard library alone. The first argument says what it does."""

from __future__ import annotations

import json
import os
import ssl
import sys
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def pods() -> int:
    """How many pods the API server shows to the component's account."""
    headers = {"Authorization": f"Bearer {(ACCOUNT / 'token').read_text()}"}
    namespace = (ACCOUNT / "namespace").read_text()
    request = urllib.request.Request(f"https://kubernetes.default.svc/api/v1/namespaces/{namespace}/pods", headers=headers)
    context = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
    with urllib.request.urlopen(request, context=context, timeout=5) as answer:
        return len(json.load(answer)["items"])


def told() -> dict[str, object]:
    """What it finds around it."""
    return {
        "env": {key: os.environ[key] for key in ("MODE", "PASSWORD", "BROKER_password", "POD_IP", "TOKEN", "REGION") if key in os.environ},
        "files": {str(path): path.read_text() for path in map(Path, os.environ.get("FILES", "").split()) if path.exists()},
        "user": [os.getuid(), os.getgid()],
    }


class App(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = str(pods()).encode() if self.path.endswith("/pods") else json.dumps(told()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def main() -> None:
    what, *rest = sys.argv[1:]
    if what == "serve":
        ThreadingHTTPServer(("", int(rest[0])), App).serve_forever()
    elif what == "work":
        while True:
            Path("/tmp/alive").touch()
            time.sleep(1)
    elif what == "write":
        Path(rest[0]).write_text(rest[1])
    elif what == "fail":
        sys.exit("nothing to be done")
    print(json.dumps(told()), flush=True)


main()
