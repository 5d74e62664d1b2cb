# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deletes objects that Helm then makes again, because a field of theirs can't be changed. Volumes stay, whatever is deleted.

Between the two Helm runs migrations. Where one fails, or Helm does, what was deleted is brought back.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._preview import refusals
from ansible_collections.proven.webapp.plugins.module_utils._preview.immutable import ORPHAN

SECONDS = 30
LOOK_SECONDS = 0.2
VOLUMES = "/persistentvolumeclaims/"
APPLY = {"fieldManager": "helm", "force": "true"}
"""As Helm 4 writes objects: by another name, its next release would find the fields to be somebody else's."""
OF_THE_CLUSTER = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "deletionTimestamp", "selfLink")
"""What an object's metadata hold that nobody may give."""


@dataclass(frozen=True)
class Doomed:
    """An object to be deleted.

    :ivar object: such as ``StatefulSet/todo-database``.
    :ivar uid: of the very object that was looked at; another one of the same name stays.
    :ivar propagation: Orphan leaves its pods to the new object, Background ends them.
    """

    object: str
    path: str
    uid: str
    propagation: str

    def as_dict(self) -> dict[str, str]:
        """Plain JSON types."""
        return asdict(self)


def read(given: Iterable[Mapping[str, Any]]) -> list[Doomed]:
    """From a task's arguments.

    :raises ProvenError: they aren't what release_preview returned.
    """
    try:
        found = [Doomed(**{key: str(value) for key, value in item.items()}) for item in given]
    except (TypeError, AttributeError) as error:
        raise ProvenError(
            "What is to be made again isn't what release_preview returned.", where="recreate", fix="give it as it is"
        ) from error
    if any(VOLUMES in item.path for item in found):
        raise ProvenError("A volume is never deleted.", where="recreate", fix="leave it out")
    return found


@dataclass(frozen=True)
class Away:
    """What was deleted.

    :ivar was: the object as it was.
    """

    doomed: Doomed
    was: Mapping[str, Any]


def remove(api: Api, objects: Iterable[Doomed], say: Callable[[str], None]) -> list[Away]:
    """Delete them, and see them gone; those that are gone already are left out.

    :param say: gets a line for each.
    :raises ProvenError: one can't be deleted, isn't the one that was looked at, or doesn't go. Those before it were brought back.
    """
    away: list[Away] = []
    try:
        for item in objects:
            status, body = api.get(item.path)
            if status == 200:
                away += [Away(item, json.loads(body))] if _delete(api, item, item.uid) else []
                say(f"{item.object} was deleted to be made again" + (", its pods stay" if item.propagation == ORPHAN else ""))
                _gone(api, item)
    except ProvenError:
        bring_back(api, away, say)
        raise
    return away


def bring_back(api: Api, away: Iterable[Away], say: Callable[[str], None]) -> None:
    """Make the objects again as they were, also where others of their names were made since. Pods that stayed are theirs again.

    A Job isn't: it would do once more what it did.

    :param say: gets a line for each.
    :raises ProvenError: one can't be made.
    """
    for item in away:
        doomed, was = item.doomed, item.was
        if was.get("kind") == "Job":
            continue
        status, body = api.get(doomed.path)
        if status == 200:
            uid = json.loads(body)["metadata"]["uid"]
            if uid == doomed.uid:
                continue
            _delete(api, doomed, uid)
            _gone(api, doomed)
        content = {key: value for key, value in was.items() if key != "status"}
        content["metadata"] = {key: value for key, value in was["metadata"].items() if key not in OF_THE_CLUSTER}
        status, body = api.request("PATCH", doomed.path, content, query=APPLY, content_type="application/apply-patch+yaml")
        if status not in (200, 201):
            raise ProvenError(
                f"{doomed.object} was deleted to be made again and can't be brought back: {refusals.message(status, body)}",
                where=doomed.path,
                fix="mend the cause and release again: what is missing is made",
            )
        say(f"{doomed.object} was brought back as it was")


def mended(api: Api, away: Iterable[Away], say: Callable[[str], None]) -> list[str]:
    """Bring back, after Helm has failed; what to add to its reason where that fails too."""
    try:
        bring_back(api, away, say)
    except ProvenError as error:
        return [str(error)]
    return []


def _delete(api: Api, item: Doomed, uid: str) -> bool:
    """Whether it was there.

    :param uid: of the very object that is meant.
    """
    options = {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "propagationPolicy": item.propagation,
        "preconditions": {"uid": uid},
    }
    status, body = api.request("DELETE", item.path, options)
    if status not in (200, 202, 404):
        words = refusals.message(status, body)
        raise ProvenError(
            f"{item.object} can't be deleted to be made again: {words}", where=item.path, fix="mend the cause and run it again"
        )
    return status != 404


def _gone(api: Api, item: Doomed) -> None:
    deadline = time.monotonic() + SECONDS
    while api.get(item.path)[0] != 404:
        if time.monotonic() > deadline:
            raise ProvenError(
                f"{item.object} is still there {SECONDS} s after it was deleted.",
                where=item.path,
                fix="see which of its finalizers waits, and for what",
            )
        time.sleep(LOOK_SECONDS)
