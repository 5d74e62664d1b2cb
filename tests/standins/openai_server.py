# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A stand-in for a language model's service: OpenAI's chat completions, streamed (POST …/chat/completions), by a script.

    python3 openai_server.py [--port 8090] [--host 0.0.0.0] [--key KEY]

The user's latest message says what the "model" does; needs nothing but Python:

* `add <title>`: calls add_todo, then says "Added <title>."      * `find <text>`: calls find_todos, then tells how many
* `done <text>`: looks the todo up and completes it               * `tools <json>`: calls [[name, arguments], …], then says "Done."
* `status <code>`: answers with that status                       * `fail`: fails in the middle of its stream
* `stall`: takes the request and says nothing                     * `slow`: one word every 0.2 s, 100 words
* `break`: cuts the connection in the middle                      * `nonsense`: sends what is no completion; `empty`: nothing at all
* `loop`: calls find_todos for ever                               * `badjson`: a call whose arguments are broken JSON, then "Sorry."
* `unknown`: a call of a tool that isn't there, then "Sorry."     * `uncounted <text>`: answers without usage
* `scripted`: makes the calls of the server's `script`, as they are, then says "Done."
* anything else: says "You said: <message>", word by word
"""

from __future__ import annotations

import argparse
import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

Json = dict[str, Any]
Script = list[tuple[str, Any]]
STALL_SECONDS = 120


def said(messages: list[Json]) -> str:
    """The user's latest message."""
    return next((str(message["content"]) for message in reversed(messages) if message["role"] == "user"), "")


def results(messages: list[Json]) -> list[Any]:
    """What the tools have answered since then."""
    latest = max(index for index, message in enumerate(messages) if message["role"] == "user")
    return [json.loads(message["content"]) for message in messages[latest:] if message["role"] == "tool"]


def call(name: str, arguments: Any) -> list[tuple[str, str]]:
    return [(name, arguments if isinstance(arguments, str) else json.dumps(arguments))]


def answer(messages: list[Json], script: Script) -> str | list[tuple[str, str]]:
    """Text, or calls of tools (name, arguments)."""
    verb, _, rest = said(messages).partition(" ")
    found = results(messages)
    match verb, len(found):
        case "add", 0:
            return call("add_todo", {"title": rest})
        case "add", _:
            return f"Added {rest}."
        case (("find" | "done"), 0):
            return call("find_todos", {"q": rest})
        case "find", _:
            return f"Found {len(found[0]['todos'])}."
        case "done", 1 if found[0].get("todos"):
            return call("change_todo", {"id": found[0]["todos"][0]["id"], "done": True})
        case "done", _:
            return f"Completed {rest}." if len(found) > 1 else f"There is no {rest}."
        case "tools", 0:
            return [(name, json.dumps(given)) for name, given in json.loads(rest)]
        case "tools", _:
            return "Done."
        case "loop", _:
            return call("find_todos", {})
        case "badjson", 0:
            return call("add_todo", '{"title": "half')
        case "unknown", 0:
            return call("launch_rocket", {"now": True})
        case ("scripted", 0):
            return [(name, text if isinstance(text, str) else json.dumps(text)) for name, text in script]
        case ("scripted", _):
            return "Done."
        case (("badjson" | "unknown"), _):
            return "Sorry."
        case "slow", _:
            return "word " * 100
        case "uncounted", _:
            return rest
    return f"You said: {said(messages)}"


def chunks(reply: str | list[tuple[str, str]]) -> Iterator[Json]:
    """A reply in pieces, as the API cuts it: text by words, arguments anywhere."""
    if isinstance(reply, str):
        for word in reply.split(" "):
            yield {"content": word + " "}
        return
    for index, (name, arguments) in enumerate(reply):
        yield {"tool_calls": [{"index": index, "id": f"call_{index}", "type": "function", "function": {"name": name, "arguments": ""}}]}
        middle = len(arguments) // 2
        for part in (arguments[:middle], arguments[middle:]):
            yield {"tool_calls": [{"index": index, "function": {"arguments": part}}]}


@dataclass
class Seen:
    """What a test may ask for afterwards."""

    requests: list[Json] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    broken_off: int = 0
    """Answers that the client did not wait for."""


class OpenAiServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, host: str = "127.0.0.1", port: int = 0, key: str | None = None) -> None:
        super().__init__((host, port), Handler)
        self.key = key
        self.script: Script = []
        self.seen = Seen()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._plain(200, {"status": "ok"})

    def do_POST(self) -> None:
        server = cast(OpenAiServer, self.server)
        body = json.loads(self.rfile.read(int(self.headers.get("content-length", "0"))))
        key = self.headers.get("authorization", "").removeprefix("Bearer ")
        server.seen.requests.append(body)
        server.seen.keys.append(key)
        if not self.path.endswith("/chat/completions"):
            self._plain(404, {"error": {"message": "no such path"}})
        elif server.key is not None and key != server.key:
            self._plain(401, {"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}})
        elif not (body.get("stream") and body.get("model") and body.get("messages")):
            self._plain(400, {"error": {"message": "model, messages and stream are needed"}})
        else:
            try:
                self._complete(body["messages"])
            except OSError:
                server.seen.broken_off += 1
                self.close_connection = True

    def _complete(self, messages: list[Json]) -> None:
        verb, _, rest = said(messages).partition(" ")
        if verb == "status":
            self._plain(int(rest), {"error": {"message": "as told", "code": int(rest)}})
            return None
        if verb == "nonsense":
            self._plain(200, {"hello": "I am a router's login page"})
            return None
        if verb == "stall":
            self._wait_for_hang_up()
            return None
        self._begin()
        if verb == "empty":
            self._end()
            return None
        reply = answer(messages, cast(OpenAiServer, self.server).script)
        for number, delta in enumerate(chunks(reply)):
            if number == 2 and verb == "fail":
                self._send(json.dumps({"error": {"code": 502, "message": "upstream"}, "choices": []}))
                return self._end()
            if number == 2 and verb == "break":
                self.connection.shutdown(socket.SHUT_RDWR)
                return None
            self._send(json.dumps({"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}))
            if verb == "slow":
                time.sleep(0.2)
        finish = "stop" if isinstance(reply, str) else "tool_calls"
        self._send(json.dumps({"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}))
        if verb != "uncounted":
            usage = {"prompt_tokens": 90, "completion_tokens": 10, "total_tokens": 100, "cost": 0.0005}
            self._send(json.dumps({"object": "chat.completion.chunk", "choices": [], "usage": usage}))
        self._send("[DONE]")
        return self._end()

    def _wait_for_hang_up(self) -> None:
        self.connection.settimeout(STALL_SECONDS)
        if self.connection.recv(1) == b"":
            raise ConnectionResetError

    def _begin(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        self._chunk(": a comment, to keep the line open\n\n")

    def _send(self, data: str) -> None:
        self._chunk(f"data: {data}\n\n")

    def _chunk(self, text: str) -> None:
        raw = text.encode()
        self.wfile.write(f"{len(raw):x}\r\n".encode() + raw + b"\r\n")
        self.wfile.flush()

    def _end(self) -> None:
        self.wfile.write(b"0\r\n\r\n")

    def _plain(self, status: int, body: Json) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: Any) -> None:
        """Tests read other logs."""


def main() -> None:
    parser = argparse.ArgumentParser(description="A stand-in for a language model's service")
    parser.add_argument("--host", default="0.0.0.0")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--key", default=None, help="the only key that is accepted; any, when not given")
    given = parser.parse_args()
    OpenAiServer(given.host, given.port, given.key).serve_forever()


if __name__ == "__main__":
    main()
