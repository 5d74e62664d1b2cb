# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deletes objects that Helm then makes again, because a field of theirs can't be changed. Volumes stay, whatever is deleted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._preview import refusals

SECONDS = 30
LOOK_SECONDS = 0.2
VOLUMES = "/persistentvolumeclaims/"


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


def remove(api: Api, objects: Iterable[Doomed], say: Callable[[str], None]) -> None:
    """Delete them, and see them gone.

    :param say: gets a line for each.
    :raises ProvenError: one can't be deleted, isn't the one that was looked at, or doesn't go.
    """
    for item in objects:
        options = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": item.propagation,
            "preconditions": {"uid": item.uid},
        }
        status, body = api.request("DELETE", item.path, options)
        if status not in (200, 202, 404):
            words = refusals.message(status, body)
            raise ProvenError(
                f"{item.object} can't be deleted to be made again: {words}", where=item.path, fix="mend the cause and run it again"
            )
        say(f"{item.object} was deleted to be made again" + (", its pods stay" if item.propagation == "Orphan" else ""))
        _gone(api, item)


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
