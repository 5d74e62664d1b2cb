# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A job at a cloud, and the wait until it is done."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from ansible_collections.proven.webapp.plugins.module_utils._cloud.model import USABLE, Cloud, Found, Wish
from ansible_collections.proven.webapp.plugins.module_utils._cloud.refusal import is_quota
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

POLL_SECONDS = 10
SAY_SECONDS = 30
"""How often it is looked, and how often it is said that nothing has changed."""


@dataclass
class Job:
    """What there is to do.

    :ivar path: of the kubeconfig.
    :ivar wait: seconds that a cluster has to come, or to go.
    :ivar registry: what images' names start with; empty without one.
    """

    cloud: Cloud
    wish: Wish
    path: str
    wait: int
    say: Callable[[str], None]
    check: bool = False
    registry: str = ""

    @property
    def where(self) -> str:
        return f"cluster {self.wish.name}, {self.cloud.place} at {self.cloud.title}"


def settled(job: Job, *, new: bool) -> Found:
    """The cluster as soon as it can be used.

    :param new: it has just been asked for, so that the first looks may not find it.
    :raises ProvenError: it never can, or it takes too long.
    """
    start, said = time.monotonic(), -float(SAY_SECONDS)
    seen = False
    while True:
        found = job.cloud.find()
        seconds = time.monotonic() - start
        if found is not None:
            seen = True
            if found.state in USABLE:
                return found
            if found.state == "failed":
                raise failed(job, found)
            if found.state == "deleting":
                raise ProvenError(f"The cluster {found.name} is being deleted.", where=job.where, fix="Run it again when it is gone.")
        elif seen or not new:
            raise ProvenError(f"The cluster {job.wish.name} went away while it was being made.", where=job.where, fix="Run it again.")
        if seconds >= job.wait:
            raise ProvenError(
                f"The cluster {job.wish.name} is still being made after {job.wait} s.",
                where=job.where,
                fix="Run it again, which goes on waiting, or raise cluster_create_wait.",
            )
        if seconds - said >= SAY_SECONDS:
            said = seconds
            job.say(f"{job.cloud.title} is making the cluster" + (f": {found.reason}" if found and found.reason else ""))
        time.sleep(min(POLL_SECONDS, max(job.wait - seconds, 0.05)))


def failed(job: Job, found: Found) -> ProvenError:
    reason = job.cloud.failure(found) or "no reason given"
    ours = ("Ask for fewer or smaller nodes, or have the quota raised" if is_quota(reason) else "Mend the cause") + (
        ", remove it by playbooks/destroy.yml with cluster_delete=true, and run it again."
    )
    return ProvenError(
        f"{job.cloud.title} failed with the cluster {found.name}: {reason.rstrip('.')}.",
        where=job.where,
        fix=ours if found.made_here else "Mend it in the cloud's console.",
    )


def gone(job: Job) -> None:
    """Wait for the cluster's end."""
    start, said = time.monotonic(), 0.0
    while job.cloud.find() is not None:
        seconds = time.monotonic() - start
        if seconds >= job.wait:
            raise ProvenError(f"The cluster {job.wish.name} is still there after {job.wait} s.", where=job.where, fix="Run it again.")
        if seconds - said >= SAY_SECONDS:
            said = seconds
            job.say(f"{job.cloud.title} is deleting the cluster")
        time.sleep(min(POLL_SECONDS, max(job.wait - seconds, 0.05)))
