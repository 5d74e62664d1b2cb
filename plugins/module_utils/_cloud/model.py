# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is asked for of a cloud, and what is found there. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

MARK = "proven-webapp"
"""Tag or label of the clusters that were made here; no other is ever changed or deleted."""

State = Literal["creating", "running", "changing", "degraded", "failed", "deleting"]
"""Of a cluster: `changing` is an upgrade or a resize; it and `degraded` can be used."""

USABLE: tuple[State, ...] = ("running", "changing", "degraded")


@dataclass(frozen=True)
class Pool:
    """Nodes of one size.

    :ivar size: the cloud's name of a machine type.
    :ivar nodes: how many there are at the beginning.
    :ivar limits: the least and the most that the cloud scales it to; None where it doesn't.
    """

    name: str
    size: str
    nodes: int
    limits: tuple[int, int] | None = None

    def __str__(self) -> str:
        number = f"{self.limits[0]} to {self.limits[1]}" if self.limits else str(self.nodes)
        return f"{self.name}: {number} × {self.size}"


@dataclass(frozen=True)
class Wish:
    """A cluster as the inventory asks for it.

    :ivar region: may be empty for a cluster that is only looked up.
    :ivar version: of Kubernetes, whole or its beginning; empty is what the cloud would take.
    """

    name: str
    region: str = ""
    version: str = ""
    pools: tuple[Pool, ...] = ()


@dataclass(frozen=True)
class Found:
    """A cluster as its cloud tells of it.

    :ivar id: what the cloud's API calls it by.
    :ivar reason: what the cloud says of a state that isn't good.
    :ivar made_here: it carries our mark.
    :ivar raw: the cloud's own object.
    """

    id: str
    name: str
    region: str
    state: State
    reason: str = ""
    made_here: bool = False
    version: str = ""
    pools: tuple[Pool, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def described(self) -> dict[str, Any]:
        """For a diff."""
        return {"region": self.region, "version": self.version, "node_pools": [str(pool) for pool in self.pools], "state": self.state}


@dataclass(frozen=True)
class Access:
    """What leads to a cluster's API server.

    :ivar context: the name that the cloud's own tool would give it.
    :ivar cluster: the cluster's entry in a kubeconfig.
    :ivar user: the user's entry. Secret.
    """

    context: str
    cluster: Mapping[str, Any]
    user: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Login:
    """How Docker logs in to a registry. The password is secret."""

    username: str
    password: str = field(repr=False)


class Cloud(Protocol):
    """A cloud's API, as far as it is needed. Every method may raise ProvenError, with what the API said, in words.

    :ivar title: its name.
    :ivar place: where it is looked: the account's project, subscription …
    :ivar pulls_by_secret: the cluster's nodes pull from its registry by a Secret, and not as who they are.
    """

    title: str
    place: str
    pulls_by_secret: bool

    def check_name(self) -> None:
        """Refuse a name of a cluster or a pool that the cloud would refuse."""

    def find(self) -> Found | None: ...

    def others(self) -> list[str]:
        """Names of the clusters that are there, with their regions."""

    def check_offer(self) -> None:
        """Refuse a region, version or size that the cloud doesn't have, and say which it has."""

    def create(self) -> None:
        """Ask for the cluster; it isn't there yet on return."""

    def failure(self, found: Found) -> str:
        """Why the cluster became what it is, as far as the cloud tells."""

    def access(self, found: Found) -> Access: ...

    def delete(self, found: Found) -> None:
        """Ask for its end; it isn't gone yet on return."""

    def owns(self, registry: str) -> bool:
        """Whether a registry is this cloud's own."""

    def login(self, registry: str) -> Login: ...

    def attached(self, found: Found, registry: str) -> bool:
        """Whether the cluster's nodes may pull from it, as far as that can be told."""

    def attach(self, found: Found, registry: str) -> None:
        """Let the cluster's nodes pull from it."""


def pools(given: Sequence[Mapping[str, Any]], default_size: str) -> tuple[Pool, ...]:
    """Node pools of the inventory: each has name, size, nodes, and min and max where the cloud scales it.

    :raises ProvenError: they contradict themselves.
    """
    found: list[Pool] = []
    for index, item in enumerate(given):
        where = f"cluster_node_pools[{index}]"
        low, high, nodes = item.get("min"), item.get("max"), item.get("nodes")
        if (low is None) != (high is None):
            raise ProvenError(
                "A node pool that is scaled has a least and a most number of nodes.", where=where, fix="Give min and max, or none."
            )
        if low is not None and high is not None and not 0 <= low <= high:
            raise ProvenError(
                f"A node pool can't have between {low} and {high} nodes.", where=where, fix="Give a min that isn't above max."
            )
        limits = (int(low), int(high)) if low is not None and high is not None else None
        count = int(nodes) if nodes is not None else max(limits[0], 1) if limits else 2
        if count < 1 or (limits and not limits[0] <= count <= limits[1]):
            raise ProvenError(
                f"A node pool can't begin with {count} nodes.", where=f"{where}.nodes", fix="Give a number between min and max."
            )
        found.append(Pool(str(item["name"]), str(item.get("size") or default_size), count, limits))
    names = [pool.name for pool in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ProvenError(f"Two node pools have the name {twice[0]}.", where="cluster_node_pools", fix="Give each a name of its own.")
    return tuple(found)


def check_pattern(name: str, pattern: str, where: str, words: str) -> None:
    """
    :param words: what the pattern says, after "takes".
    :raises ProvenError: the name doesn't match.
    """
    if not re.fullmatch(pattern, name):
        raise ProvenError(f"{name!r} can't be the name: the cloud takes {words}.", where=where, fix="Choose another name.")


def version_matches(offered: str, wanted: str) -> bool:
    """Whether a version is the one that is wanted, or of the series that is: 1.33 takes 1.33.1-gke.1386000."""
    return offered == wanted or (offered.startswith(wanted) and not offered[len(wanted)].isalnum())


def check_offered(what: str, wanted: str, offered: Sequence[str], where: str, place: str) -> None:
    """
    :param offered: all that there is; where nothing is known of it, nothing is checked.
    :raises ProvenError: what is wanted isn't among it.
    """
    if offered and wanted not in offered:
        raise ProvenError(f"{place} has no {what} {wanted!r}.", where=where, fix=f"Use one of {', '.join(offered)}.")


def drift(wish: Wish, found: Found) -> list[str]:
    """How a cluster differs from what is asked for, one line each. Numbers of nodes count only where nobody scales them."""
    lines = []
    if wish.version and found.version and not version_matches(found.version, wish.version):
        lines.append(f"it runs Kubernetes {found.version}, not {wish.version}")
    there = {pool.name: pool for pool in found.pools}
    for pool in wish.pools:
        other = there.get(pool.name)
        if other is None:
            lines.append(f"it has no node pool {pool.name}")
        elif str(pool) != str(other):
            lines.append(f"its node pool is {other}, not {pool}")
    return lines
