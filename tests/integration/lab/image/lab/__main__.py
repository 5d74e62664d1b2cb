# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads the ports and their behaviours from the variable LAB, a list in JSON of `Listener`'s fields, and serves them.

At run time the control port takes `PUT /<port>` with a behaviour (a JSON string), and answers `GET /<port>` with the requests that
the port has seen since it was last asked for them. LAB_EATS is the number of seconds after which all memory is taken, LAB_STAYS a
reason not to go when asked to, and LAB_CONTROL the control port where it isn't 9900.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import threading
from dataclasses import asdict

from .listeners import Listener
from .request import answer, read_request

CONTROL = int(os.environ.get("LAB_CONTROL", "9900"))


def eat() -> None:
    """Take memory, and touch it, until the kernel has had enough."""
    taken: list[bytearray] = []
    while True:
        taken.append(bytearray(os.urandom(1 << 20)))


def control(connection: socket.socket, listeners: dict[str, Listener]) -> None:
    with contextlib.suppress(OSError), connection:
        request = read_request(connection)
        if request is None:
            return
        listener = listeners[request.target.strip("/")]
        if request.method == "PUT":
            listener.become(json.loads(request.body))
            answer(connection, 200)
        else:
            seen = [{**asdict(listener.seen.popleft()), "body": ""} for _ in range(len(listener.seen))]
            answer(connection, 200, json.dumps(seen).encode(), Content_Type="application/json")


def main() -> None:
    # PID 1 has no handlers of its own: without this, ending a pod takes its whole grace period.
    signal.signal(signal.SIGTERM, lambda *_: None if os.environ.get("LAB_STAYS") else os._exit(0))
    if seconds := os.environ.get("LAB_EATS"):
        threading.Timer(float(seconds), eat).start()
    listeners = {str(item["port"]): Listener(**item) for item in json.loads(os.environ.get("LAB", "[]"))}
    with socket.create_server(("0.0.0.0", CONTROL)) as server:
        for listener in listeners.values():
            listener.start()
        while True:
            connection, _ = server.accept()
            threading.Thread(target=control, args=(connection, listeners), daemon=True).start()


main()
