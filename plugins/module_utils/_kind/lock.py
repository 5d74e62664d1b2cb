# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One at a time: whoever changes a cluster on this machine keeps others from changing it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Iterator

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

POLL_SECONDS = 0.3


@contextlib.contextmanager
def only_one(cluster: str, say: Callable[[str], None], wait: float) -> Iterator[int]:
    """Hold the lock of a cluster's name, and give its file descriptor.

    A child process that inherits the descriptor holds the lock too: so a kind that outlives a killed run is waited for.

    :param wait: seconds that the one at work has to come to an end.
    :raises ProvenError: it doesn't.
    """
    path = os.path.join(tempfile.gettempdir(), f"proven-kind-{os.getuid()}-{cluster}.lock")
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        deadline = time.monotonic() + wait
        told = False
        while not _taken(handle):
            if not told:
                say(f"another run is at work on cluster {cluster}: waiting for it")
                told = True
            if time.monotonic() > deadline:
                raise ProvenError(
                    f"Another run is still at work on the cluster after {wait:.0f} s.",
                    where=f"cluster {cluster}",
                    fix="Wait for it to end and run it again; nothing was changed. cluster_wait says how long this run waits.",
                )
            time.sleep(POLL_SECONDS)
        yield handle
    finally:
        os.close(handle)


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
