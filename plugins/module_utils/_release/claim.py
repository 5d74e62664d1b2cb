# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Holding a release's Lease, and keeping Helm's and our own records of it in order."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._api import KUBECONFIG_ARGUMENTS, Api
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._release import history, lease, migration, verdicts
from ansible_collections.proven.webapp.plugins.module_utils._release.refusal import refusal

METADATA_ONLY = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json"
RELEASE_ARGUMENTS: dict[str, dict[str, Any]] = {
    **KUBECONFIG_ARGUMENTS,
    "release": {"type": "str", "required": True},
    "namespace": {"type": "str", "required": True},
}
"""Argument spec entries of whatever works on one release; their documentation is the fragments `kubeconfig` and `release`."""
LOOK_SECONDS = 0.5
QUIET_SECONDS = 5.0
"""Something is said at least this often."""
TRIES = 5


@dataclass(frozen=True)
class Place:
    """The release and its cluster."""

    api: Api
    release: str
    namespace: str


def place_of(given: Mapping[str, Any]) -> Place:
    """:param given: arguments, as RELEASE_ARGUMENTS has them."""
    return Place(Api(given["kubeconfig"], given["context"]), given["release"], given["namespace"])


def _get(place: Place, path: str) -> dict[str, Any] | None:
    """An object, or None where there is none."""
    status, body = place.api.get(path)
    if status == 404:
        return None
    if status != 200:
        raise refusal("to be read", path, status, body)
    found: dict[str, Any] = json.loads(body)
    return found


def _write(place: Place, method: str, path: str, doing: str, body: Any, content_type: str = "application/json") -> bool:
    """Whether it was written; False where somebody was faster."""
    status, answer = place.api.request(method, path, body, content_type=content_type)
    if status == 409:
        return False
    if status not in (200, 201):
        raise refusal(doing, path, status, answer)
    return True


def acquire(
    place: Place, identity: str, words: str, *, wait: float, say: Callable[[str], None], wanted: Callable[[], bool] = lambda: True
) -> str:
    """Take the Lease, from nobody or from a dead holder.

    :param identity: of this run; a Lease that it holds already is kept.
    :param wait: seconds to wait for a holder that lives; 0 refuses at its first sign of life.
    :param say: gets a line when there is something to wait for.
    :param wanted: whether there is still a run that it is for.
    :returns: when it was acquired, as v1.MicroTime.
    :raises ProvenError: another run works on this release, or there is no run any more that it would be for.
    """
    observer, began, told = lease.Observer(), time.monotonic(), False
    while True:
        if not wanted():
            raise ProvenError("The run that this is for has ended.", where=f"Lease {place.namespace}/{lease.name(place.release)}")
        at = time.monotonic()
        found = _get(place, lease.path(place.namespace, place.release))
        held = lease.read(found) if found else None
        if found and held and held.identity != identity:
            observer.look(held, at)
            if observer.alive and at - began >= wait:
                raise ProvenError(
                    f"Another run works on this release: {held.words}, {_age(place, found)}.",
                    where=f"Lease {place.namespace}/{lease.name(place.release)}",
                    fix="Wait until it has ended, or give release_lock_wait the seconds to wait for it.",
                )
            if not told and at - began > 2:
                say(f"waiting for {held.words}: another run works on this release, or has died")
                told = True
            if not observer.dead(at):
                time.sleep(LOOK_SECONDS)
                continue
            say(f"taking over from {held.words}: no sign of life for {held.duration:.0f} s")
            # Removed and made anew, not written over: its age is that of its holder's work.
            _remove(place, found)
            continue
        acquired = held.acquired if held else lease.now()
        if _put(place, found, identity, words, acquired):
            return acquired


def _age(place: Place, found: dict[str, Any]) -> str:
    """For how long it has been held, by the API server's clock alone."""
    from urllib3.exceptions import HTTPError

    try:
        answer = place.api.open("/version", [], QUIET_SECONDS)
        answer.drain_conn()
        date = str(answer.headers.get("Date", ""))
    except HTTPError:
        date = ""
    return lease.age(found, date)


def _put(place: Place, found: dict[str, Any] | None, identity: str, words: str, acquired: str) -> bool:
    """Whether the Lease is ours, and now renewed; False where somebody was faster."""
    version = found["metadata"]["resourceVersion"] if found else ""
    body = lease.body(place.release, place.namespace, identity, words, acquired=acquired, version=version)
    method, path = ("PUT", lease.path(place.namespace, place.release)) if found else ("POST", lease.path(place.namespace))
    return _write(place, method, path, "the Lease", body)


def _remove(place: Place, found: dict[str, Any]) -> None:
    """Remove the Lease, unless somebody has written to it since."""
    path = lease.path(place.namespace, place.release)
    place.api.request("DELETE", path, {"preconditions": {"resourceVersion": found["metadata"]["resourceVersion"]}})


def holds(place: Place, identity: str) -> bool:
    """Does this run have the Lease already?"""
    found = _get(place, lease.path(place.namespace, place.release))
    held = lease.read(found) if found else None
    return held is not None and held.identity == identity


def renew(place: Place, identity: str, words: str, acquired: str) -> bool:
    """Write down that this run lives; False where the Lease is somebody else's by now."""
    found = _get(place, lease.path(place.namespace, place.release))
    held = lease.read(found) if found else None
    if held and held.identity != identity:
        return False
    # Where somebody was faster, it was a task of this run, or the next look tells.
    _put(place, found, identity, words, acquired)
    return True


def give_back(place: Place, identity: str) -> None:
    """Remove the Lease, if it is ours."""
    found = _get(place, lease.path(place.namespace, place.release))
    held = lease.read(found) if found else None
    if found and held and held.identity == identity:
        _remove(place, found)


def revisions(place: Place) -> list[history.Revision]:
    """Helm's history, oldest first."""
    status, body = place.api.get(
        f"/api/v1/namespaces/{place.namespace}/secrets",
        {"labelSelector": history.selector(place.release)},
        {"Accept": METADATA_ONLY},
    )
    if status != 200:
        raise refusal("to list Helm's records", f"Secrets in {place.namespace}", status, body)
    # Where there are none, metadata lists have null instead of an empty list.
    return history.revisions(json.loads(body)["items"] or [])


def repair(place: Place, known: list[history.Revision], *, say: Callable[[str], None]) -> list[history.Revision]:
    """Have what was interrupted at its end, and count as failed. Only for who holds the Lease: to others it may be at work.

    :param say: gets a line when there is something to wait for.
    :returns: those that were.
    """
    # Whatever Helm's record says: a helm that was asked to end writes down that it failed.
    migration.wait(place.api, place.release, place.namespace, say=say)
    for revision in history.pending(known):
        path = f"/api/v1/namespaces/{place.namespace}/secrets/{revision.secret}"
        secret = _get(place, path)
        if secret is not None:
            _write(place, "PATCH", path, "Helm's record to be repaired", history.as_failed(secret), "application/merge-patch+json")
    return history.pending(known)


def left_behind(place: Place, known: list[history.Revision], said: Mapping[int, verdicts.Recorded]) -> int:
    """The revision that somebody who goes back wants to leave: the newest, without ways back that nobody has seen to their end.

    :param said: the verdicts that are known.
    :raises ProvenError: Helm's record can't be read.
    """
    for revision in reversed(known):
        judged = said.get(revision.number)
        if revision.status in verdicts.SERVED and judged is not None and judged.uid == revision.uid:
            return revision.number
        secret = _get(place, f"/api/v1/namespaces/{place.namespace}/secrets/{revision.secret}")
        if secret is None or not history.way_back(secret):
            return revision.number
    return 0


def recorded(place: Place) -> dict[int, verdicts.Recorded]:
    """The verdicts that are known, by revision."""
    return verdicts.read(_get(place, verdicts.path(place.namespace, place.release)))


def record(place: Place, number: int, verdict: str, reasons: tuple[str, ...], *, write: bool = True) -> tuple[int, bool]:
    """Write a verdict down.

    :param number: of the revision; 0 is the newest. Where Helm knows none, as others have applied what runs, there is nothing to write.
    :param write: whether to do so, or only to tell whether there is something to write.

    :returns: the revision's number, and whether that changes anything.
    :raises ProvenError: Helm knows no such revision.
    """
    known = revisions(place)
    if not known and not number:
        return 0, False
    number = number or max(item.number for item in known)
    revision = next((item for item in known if item.number == number), None)
    if revision is None:
        raise ProvenError(
            f"There is no revision {number} of {place.release}.", where=f"namespace {place.namespace}", fix="Release it first."
        )
    for _try in range(TRIES):
        found = _get(place, verdicts.path(place.namespace, place.release))
        said = verdicts.read(found)
        old = said.get(number)
        if old and (old.verdict, old.uid, old.reasons) == (verdict, revision.uid, reasons):
            return number, False
        if not write:
            return number, True
        said[number] = verdicts.Recorded(verdict, revision.uid, lease.now()[:19] + "Z", reasons)
        version = found["metadata"]["resourceVersion"] if found else ""
        body = verdicts.body(place.release, place.namespace, said, known, version)
        method, path = ("PUT", verdicts.path(place.namespace, place.release)) if found else ("POST", verdicts.path(place.namespace))
        if _write(place, method, path, "the verdict", body):
            return number, True
    raise ProvenError("The verdict could not be written: somebody else writes it all the time.", where=verdicts.name(place.release))
