# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The difference that a release makes, object by object, as text. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._evidence.texts import difference
from ansible_collections.proven.webapp.plugins.module_utils._preview.masking import Masker
from ansible_collections.proven.webapp.plugins.module_utils._yaml import dumper, library

WIDTH = 100_000
"""A line that is broken would hide what it says from a search."""
SERVERS = ("managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink")
"""Metadata that only the API server writes."""


@dataclass(frozen=True)
class Difference:
    """One object before and after.

    :ivar before: None where it is new, `after` where it goes.
    """

    name: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


def plain(content: Mapping[str, Any]) -> dict[str, Any]:
    """An object without what the API server and controllers write into it."""
    found = {key: value for key, value in content.items() if key != "status"}
    found["metadata"] = {key: value for key, value in content.get("metadata", {}).items() if key not in SERVERS}
    return found


def _text(content: Mapping[str, Any] | None, masker: Masker) -> str:
    if content is None:
        return ""
    return str(library().dump(masker.object(plain(content)), Dumper=dumper(), sort_keys=True, allow_unicode=True, width=WIDTH))


def render(differences: Iterable[Difference], masker: Masker) -> str:
    """A unified diff; empty where nothing changes."""
    parts = []
    for item in differences:
        if item.before == item.after:
            continue
        old, new = f"{item.name} (now)", f"{item.name} (after)"
        parts.append(
            difference(
                _text(item.before, masker),
                _text(item.after, masker),
                old if item.before is not None else "/dev/null",
                new if item.after is not None else "/dev/null",
            )
        )
    return "".join(parts)
