# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waiting for an API server that was there a moment ago, and will be again: a restart takes seconds."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any, TypeVar

from ansible_collections.proven.webapp.plugins.module_utils._api import Api, Unreachable
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

PATIENCE_ARGUMENT: dict[str, dict[str, Any]] = {"patience": {"type": "int", "default": 0}}
"""Argument spec entry of every module that waits; its documentation is the fragment `patience`."""
LOOK_SECONDS = 0.5
Found = TypeVar("Found")
QUIET_SECONDS = 5.0
"""Something is said at least this often."""
SETTLE_SECONDS = 30.0
"""After its start an API server refuses what it allows later: it has yet to learn of its users' rights."""


def until_answered(api: Api, patience: float, say: Callable[[str], None]) -> None:
    """Wait until the API server says that it is ready.

    :param patience: seconds to wait for it; what it says after that is the next request's to tell.
    :param say: gets a line when there is something to wait for.
    """
    began, told = time.monotonic(), 0.0
    while (at := time.monotonic()) - began < patience:
        with contextlib.suppress(Unreachable):
            if api.get("/readyz")[0] < 500:
                return
        if at - told >= QUIET_SECONDS:
            say(f"the cluster doesn't answer; waiting for it for up to {patience - at + began:.0f} s")
            told = at
        time.sleep(LOOK_SECONDS)


def patiently(work: Callable[[], Found], api: Api, patience: float, say: Callable[[str], None]) -> Found:
    """Do what may be begun again, such as to look: where the API server goes away meanwhile, it is waited for.

    :param patience: seconds that may go by with waiting.
    :raises Unreachable: it stays away for longer.
    :raises ProvenError: of the work, unless the API server has just come back.
    """
    left, settled = patience, 0.0
    while True:
        try:
            return work()
        except Unreachable:
            if left <= 0:
                raise
        except ProvenError:
            if time.monotonic() >= settled:
                raise
            time.sleep(LOOK_SECONDS)
            continue
        began = time.monotonic()
        time.sleep(LOOK_SECONDS)
        until_answered(api, left, say)
        left -= time.monotonic() - began
        settled = time.monotonic() + SETTLE_SECONDS
