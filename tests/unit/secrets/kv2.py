# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A stand-in for HashiCorp Vault: the published HTTP API of a KV version 2 engine, as far as reading goes, and of tokens."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Kv2:
    """What it holds, and how it behaves.

    :ivar paths: path below the engine → its entries.
    :ivar tokens: token → the paths that its policy lets it read. A token that isn't here has expired.
    """

    url: str = ""
    mount: str = "secret"
    paths: dict[str, dict[str, Any]] = field(default_factory=dict)
    tokens: dict[str, set[str]] = field(default_factory=dict)
    sealed: bool = False
    asked: list[str] = field(default_factory=list)


@contextmanager
def serve(state: Kv2) -> Iterator[Kv2]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self, code: int, body: Any) -> None:
            data = json.dumps(body).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            token = self.headers.get("X-Vault-Token", "")
            state.asked.append(path)
            prefix = f"/v1/{state.mount}/data/"
            if state.sealed:
                self.answer(503, {"errors": ["Vault is sealed"]})
            elif token not in state.tokens:
                self.answer(403, {"errors": ["2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n"]})
            elif path == "/v1/auth/token/lookup-self":
                self.answer(200, {"data": {"id": token, "ttl": 3600, "policies": ["default"]}, "auth": None})
            elif not path.startswith(prefix) or path.removeprefix(prefix) not in state.tokens[token]:
                self.answer(403, {"errors": ["1 error occurred:\n\t* permission denied\n\n"]})
            elif (found := state.paths.get(path.removeprefix(prefix))) is None:
                self.answer(404, {"errors": []})
            else:
                metadata = {"version": 3, "created_time": "2026-11-01T00:00:00Z", "deletion_time": "", "destroyed": False}
                self.answer(200, {"request_id": "x", "data": {"data": found, "metadata": metadata}})

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    yield state
    server.shutdown()
    server.server_close()
