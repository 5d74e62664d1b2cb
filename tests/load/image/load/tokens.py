# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a program comes by a bearer token: the frontend makes them for its backend alone, so this plays the backend of a frontend of its own.

That one runs beside it in the pod, with the settings of the real ones but for BACKEND_URL, and gets no requests of anybody else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from gevent.pywsgi import WSGIServer

from .model import TOKENS_PORT


def tell(environ: dict[str, str], start_response: Callable[[str, list[tuple[str, str]]], object]) -> Iterable[bytes]:
    """Answers each request with its own Authorization header."""
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({"authorization": environ.get("HTTP_AUTHORIZATION", "")}).encode()]


def serve() -> None:
    WSGIServer(("127.0.0.1", TOKENS_PORT), tell, log=None).start()
