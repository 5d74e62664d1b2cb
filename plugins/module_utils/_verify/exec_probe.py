# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Exec probes: the command run once more in its container (pkg/probe/exec)."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.plugins.module_utils._verify import streams
from ansible_collections.proven.webapp.plugins.module_utils._verify.answer import ERROR, FAILURE, NOT_SHOWN, SUCCESS, Answer

ON_THE_WAY = 0.25
"""Seconds that the way through the API server and the kubelet's stream takes at least."""

STATUS_CHANNEL = 3
"""The v1.Status that ends the stream (apimachinery/pkg/util/remotecommand)."""


def ask(api: Api, namespace: str, pod: str, container: str, command: Sequence[str], timeout: int) -> Answer:
    """Runs a command as the kubelet does. What it prints is thrown away: nobody knows what is in it.

    A command that outlasts its time is not ended by leaving it: the container runtime's own way, which ends it, is the kubelet's alone.

    :param command: expanded, see expand.py.
    """
    import websocket

    query = [*(("command", word) for word in command), ("container", container), ("stdout", "true"), ("stderr", "true")]
    opening = start = time.monotonic()
    try:
        stream = streams.connect(api, namespace, pod, "exec", query)
    except streams.StreamRefused as error:
        return Answer(NOT_SHOWN, f"the user may not {error}", refused=str(error))
    except streams.StreamError as error:
        return Answer(ERROR, str(error), time.monotonic() - start)
    status: dict[str, Any] | None = None
    # The kubelet counts from when the container runtime gets the command. The way there is longer from here: by about what opening took.
    start = time.monotonic()
    deadline = start + timeout + min(max(start - opening, ON_THE_WAY), timeout)
    try:
        while status is None:
            stream.settimeout(max(deadline - time.monotonic(), 0.01))
            frame = stream.recv()
            frame = frame.encode() if isinstance(frame, str) else frame
            if not frame and not stream.connected:
                break
            if frame[:1] == bytes((STATUS_CHANNEL,)):
                status = json.loads(frame[1:] or b"{}")
    except websocket.WebSocketTimeoutException:
        return Answer(FAILURE, f"command timed out after {timeout}s", time.monotonic() - start)
    except (websocket.WebSocketException, OSError, ValueError) as error:
        return Answer(ERROR, f"the stream broke off: {error}", time.monotonic() - start)
    finally:
        # Without the handshake of closing, which would wait for the command.
        stream.shutdown()
    return judge(status or {}, time.monotonic() - start)


def timed_out(answer: Answer) -> bool:
    return answer.result == FAILURE and answer.status is None


def judge(status: dict[str, Any], seconds: float) -> Answer:
    """What the v1.Status at the end says of the command."""
    if status.get("status") == "Success":
        return Answer(SUCCESS, "", seconds, 0)
    if status.get("reason") == "NonZeroExitCode":
        causes = (status.get("details") or {}).get("causes") or []
        code = next((int(cause["message"]) for cause in causes if cause.get("reason") == "ExitCode"), 1)
        return Answer(FAILURE, f"the command ended with exit code {code}", seconds, code)
    return Answer(ERROR, str(status.get("message") or "the stream ended without a status"), seconds)
