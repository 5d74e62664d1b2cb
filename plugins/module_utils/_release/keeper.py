# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Renews a Lease for as long as a process lives, and gives it back then. A process of its own: a run's tasks come and go.

Before it gives it back it ends what the run has left at work, such as a helm: nobody else may meet that.

Run as a program. Reads one JSON object from its standard input: kubeconfig, context, release, namespace, identity, words, acquired, and
of the process that it holds the Lease for pid, born and mark. Nothing of that is among its arguments.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._release import claim, lease
from ansible_collections.proven.webapp.plugins.module_utils._release.family import Process, Watch

LOOK_SECONDS = 0.2


def keep(place: claim.Place, watch: Watch, identity: str, words: str, acquired: str) -> None:
    """Until the run has ended. Where the Lease is somebody else's by then, it is ended."""
    last = time.monotonic()
    while watch.look():
        if time.monotonic() - last >= lease.RENEW_SECONDS:
            try:
                if not claim.renew(place, identity, words, acquired):
                    # It was taken for dead, as a machine is that sleeps: two runs must never work at the same time.
                    watch.end_all()
                    return
            except ProvenError:
                # The API server may be back before the Lease runs out.
                pass
            last = time.monotonic()
        time.sleep(LOOK_SECONDS)
    watch.end_what_is_left()
    # Where the cluster doesn't let us, it runs out by itself.
    with contextlib.suppress(ProvenError):
        claim.give_back(place, identity)


def main() -> None:
    given = json.load(sys.stdin)
    place = claim.place_of(given)
    watch = Watch(Process(given["pid"], given["born"]), tuple(given["mark"]))
    keep(place, watch, given["identity"], given["words"], given["acquired"])


if __name__ == "__main__":
    main()
