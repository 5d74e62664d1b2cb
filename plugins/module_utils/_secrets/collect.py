# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which Secrets of former releases nothing can need any longer. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

NAME = re.compile(r"[a-z0-9][-a-z0-9.]*")
OWNERS = {
    "SealedSecret": "/apis/bitnami.com/v1alpha1/namespaces/{}/sealedsecrets/",
    "ExternalSecret": "/apis/external-secrets.io/v1/namespaces/{}/externalsecrets/",
}
"""Kinds whose controllers make a Secret anew that is deleted: path of theirs, by namespace."""


@dataclass(frozen=True)
class Old:
    """:ivar path: of what is to be deleted: the Secret, or what it is made from."""

    name: str
    path: str


def names_in(texts: Iterable[str]) -> set[str]:
    """All that could be the name of a Secret in the objects of a cluster, as text: rather one too many than one too few."""
    return {word for text in texts for word in NAME.findall(text)}


def old(secrets: Iterable[Mapping[str, Any]], needed: Collection[str], *, namespace: str, now: datetime, min_age: float) -> list[Old]:
    """
    :param secrets: those that were made here for the application; their metadata is enough.
    :param needed: names that something mentions.
    :param min_age: seconds; a younger one may be of a run that hasn't released yet.
    """
    found = []
    for secret in secrets:
        metadata = secret["metadata"]
        created = datetime.fromisoformat(str(metadata["creationTimestamp"]).replace("Z", "+00:00"))
        if metadata["name"] in needed or (now - created).total_seconds() < min_age:
            continue
        owner = next((one for one in metadata.get("ownerReferences") or () if one["kind"] in OWNERS), None)
        path = (
            f"{OWNERS[owner['kind']].format(namespace)}{owner['name']}"
            if owner
            else f"/api/v1/namespaces/{namespace}/secrets/{metadata['name']}"
        )
        found.append(Old(metadata["name"], path))
    return sorted(found, key=lambda one: one.name)
