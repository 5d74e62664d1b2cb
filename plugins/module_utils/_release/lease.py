# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Lease that a run holds while it works on a release (coordination.k8s.io/v1), pure.

As client-go's leader election does (tools/leaderelection), whether a holder lives is judged by watching its renewals with one's own clock:
clocks of different machines are never compared.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

DURATION_SECONDS = 20
RENEW_SECONDS = 5.0

HOLDER_NOTE = "proven.webapp/holder"
"""Annotation with words about the holder."""


@dataclass(frozen=True)
class Held:
    """Whose it is.

    :ivar identity: unique to a run.
    :ivar words: about the holder, for people.
    :ivar acquired: as the holder's clock said it.
    :ivar renewed: changes whenever the holder renews.
    """

    identity: str
    words: str
    acquired: str
    renewed: str
    duration: float


def path(namespace: str, release: str = "") -> str:
    base = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
    return f"{base}/{name(release)}" if release else base


def name(release: str) -> str:
    return f"proven-{release}"


def read(lease: Mapping[str, Any]) -> Held | None:
    """None where nobody holds it."""
    spec = lease.get("spec") or {}
    if not spec.get("holderIdentity"):
        return None
    return Held(
        identity=str(spec["holderIdentity"]),
        words=str((lease["metadata"].get("annotations") or {}).get(HOLDER_NOTE, spec["holderIdentity"])),
        acquired=str(spec.get("acquireTime", "")),
        renewed=str(spec.get("renewTime", "")),
        duration=float(spec.get("leaseDurationSeconds") or DURATION_SECONDS),
    )


def now() -> str:
    """v1.MicroTime."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def age(lease: Mapping[str, Any], date: str) -> str:
    """For how long somebody holds it: `for 42 s`, `for 12 min`; by its holder's own clock where the API server's can't be read.

    :param date: of an answer of the API server (RFC 9110, Date), whose clock also wrote the creationTimestamp.
    """
    try:
        began = datetime.datetime.fromisoformat(lease["metadata"]["creationTimestamp"])
        seconds = max((parsedate_to_datetime(date) - began).total_seconds(), 0)
    except (KeyError, TypeError, ValueError):
        return f"since {str(lease['spec'].get('acquireTime', 'some time'))[:19]}Z by its clock"
    return f"for {seconds:.0f} s" if seconds < 120 else f"for {seconds / 60:.0f} min"


def body(release: str, namespace: str, identity: str, words: str, *, acquired: str, version: str = "") -> dict[str, Any]:
    """The Lease as its holder writes it.

    :param acquired: v1.MicroTime.
    :param version: resourceVersion of the Lease that it replaces: nobody can have written in between.
    """
    metadata: dict[str, Any] = {
        "name": name(release),
        "namespace": namespace,
        "labels": {"proven.webapp/release": release, "app.kubernetes.io/managed-by": "proven.webapp"},
        "annotations": {HOLDER_NOTE: words},
    }
    if version:
        metadata["resourceVersion"] = version
    spec = {"holderIdentity": identity, "leaseDurationSeconds": DURATION_SECONDS, "acquireTime": acquired, "renewTime": now()}
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}


@dataclass
class Observer:
    """Watches another's Lease, to tell a holder that lives from a dead one.

    :ivar first: when it was first seen, by our clock; the holder lives from its first renewal after that.
    """

    first: float = -1.0
    seen: Held | None = None
    changed: float = 0.0
    alive: bool = False

    def look(self, held: Held, at: float) -> None:
        """
        :param at: our own monotonic clock, in seconds.
        """
        if self.seen is None or held.identity != self.seen.identity:
            self.first, self.changed, self.alive = at, at, False
        elif held.renewed != self.seen.renewed:
            self.changed, self.alive = at, True
        self.seen = held

    def dead(self, at: float) -> bool:
        """Not renewed for as long as it was taken for."""
        return self.seen is not None and at - self.changed > self.seen.duration
