# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Renews a Lease for as long as a process lives, and gives it back then. A process of its own: a run's tasks come and go.

Run as a program. Reads one JSON object from its standard input: kubeconfig, context, release, namespace, identity, words, acquired, and
the pid that it holds the Lease for. Nothing of that is among its arguments.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._release import claim, lease

LOOK_SECONDS = 0.3


def born(pid: int) -> str:
    """When a process began, in the kernel's ticks; empty when it is gone. Numbers of processes are used again, with another beginning."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    state, *rest = stat.rpartition(")")[2].split()
    return "" if state in "ZX" else rest[18]


def keep(place: claim.Place, pid: int, identity: str, words: str, acquired: str) -> None:
    """Until the process has ended, or the Lease is somebody else's."""
    start, last = born(pid), time.monotonic()
    while start and born(pid) == start:
        if time.monotonic() - last >= lease.RENEW_SECONDS:
            try:
                if not claim.renew(place, identity, words, acquired):
                    return
            except ProvenError:
                # The API server may be back before the Lease runs out.
                pass
            last = time.monotonic()
        time.sleep(LOOK_SECONDS)
    claim.give_back(place, identity)


def main() -> None:
    given = json.load(sys.stdin)
    place = claim.Place(Api(given["kubeconfig"], given["context"]), given["release"], given["namespace"])
    keep(place, given["pid"], given["identity"], given["words"], given["acquired"])


if __name__ == "__main__":
    main()
