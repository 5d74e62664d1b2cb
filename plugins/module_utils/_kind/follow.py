# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A long program, with its steps told as they come."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable

from ansible_collections.proven.webapp.plugins.module_utils._given import given


def follow(process: subprocess.Popen[bytes], step_of: Callable[[str], str | None], say: Callable[[str], None], seconds: float) -> list[str]:
    """Wait for its end.

    :param process: with its errors piped.
    :param step_of: the step that a line of it tells of, in our words.
    :param seconds: that it has; then it is killed, and so it is where we don't get to its end.
    :returns: what it said.
    """
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    said: list[str] = []
    try:
        for raw in given(process.stderr):
            line = raw.decode(errors="replace").rstrip()
            said.append(line)
            step = step_of(line)
            if step:
                say(step)
        process.wait()
    finally:
        timer.cancel()
        if process.poll() is None:
            process.kill()
            process.wait()
    return said
