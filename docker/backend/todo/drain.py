"""A gentle end: go on serving for a moment after SIGTERM, and let clients give their connections back.

The server closes idle keep-alive connections as soon as it stops, and a request that is just on its way is lost with them. So the
signal is held back a little: meanwhile each answer carries `Connection: close`, and readiness is off.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

log = logging.getLogger(__name__)

DRAIN_SECONDS = 2.0


class Drain:
    def __init__(self, seconds: float = DRAIN_SECONDS) -> None:
        self.active = False
        self._seconds = seconds

    @contextmanager
    def on_sigterm(self) -> Iterator[None]:
        """Put ourselves before the server's handler; a second signal goes straight through."""
        stop = signal.getsignal(signal.SIGTERM)
        if not callable(stop):  # no server around us, as in tests
            yield
            return
        loop = asyncio.get_running_loop()

        def handle(signum: int, frame: FrameType | None) -> None:
            if self.active:
                stop(signum, frame)
                return
            self.active = True
            loop.call_soon_threadsafe(begin, signum)

        def begin(signum: int) -> None:
            log.info("draining for %g s", self._seconds)
            loop.call_later(self._seconds, stop, signum, None)

        signal.signal(signal.SIGTERM, handle)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, stop)
