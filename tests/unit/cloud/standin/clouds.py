# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the stand-ins of the three clouds have in common: one cluster's life, and a real cluster to hand out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import yaml

from .server import Reply, Request, StandIn


@dataclass(frozen=True)
class Real:
    """The cluster that a kubeconfig of the stand-in's leads to.

    :ivar ca: its certificate authority, in base64.
    :ivar user: the kubeconfig's user.
    :ivar token: what its API server takes from somebody who logs in by the cloud.
    """

    server: str = "https://127.0.0.1:6443"
    ca: str = "Q0E="
    user: Mapping[str, Any] = field(default_factory=lambda: {"token": "sentinel-of-the-cluster"})
    token: str = "sentinel-access-token"

    @classmethod
    def of(cls, kubeconfig: str, token: str) -> Real:
        document = yaml.safe_load(Path(kubeconfig).read_text())
        cluster = document["clusters"][0]["cluster"]
        return cls(cluster["server"], cluster["certificate-authority-data"], document["users"][0]["user"], token)

    def kubeconfig(self, context: str) -> str:
        """As a cloud gives it out."""
        return yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": context, "cluster": {"server": self.server, "certificate-authority-data": self.ca}}],
                "users": [{"name": f"{context}-admin", "user": dict(self.user)}],
                "contexts": [{"name": context, "context": {"cluster": context, "user": f"{context}-admin"}}],
                "current-context": context,
            }
        )


@dataclass
class Life:
    """A cluster: what the API says of it, until it was looked at `looks` times and the next thing happens to it.

    :ivar goes: it goes away then.
    """

    item: dict[str, Any]
    looks: int = 0
    goes: bool = False


class Cloud:
    """A stand-in, as the tests of all three see it.

    :ivar looks: how many looks a cluster takes to come, or to go.
    :ivar dies_of: why the next one that is made fails, in the cloud's words; empty where it doesn't.
    :ivar credentials: what the inventory gives.
    :ivar environment: what AWX or a user would set instead.
    :ivar address: variables that make the role speak to the stand-in.
    :ivar secrets: none of which may be shown.
    :ivar arguments: what the module takes besides.
    """

    provider: ClassVar[str]
    region: ClassVar[str]
    registry: str
    mark: ClassVar[str] = "proven-webapp"

    def __init__(self, server: StandIn, real: Real) -> None:
        self.server = server
        self.real = real
        self.lives: dict[str, Life] = {}
        self.looks = 2
        self.dies_of = ""
        self.credentials: dict[str, Any] = {}
        self.environment: dict[str, str] = {}
        self.address: dict[str, str] = {}
        self.secrets: list[str] = []
        self.arguments: dict[str, Any] = {}

    def age(self) -> None:
        """One look at the clusters."""
        for name, life in list(self.lives.items()):
            if life.looks > 0:
                life.looks -= 1
                if life.looks == 0:
                    if life.goes:
                        del self.lives[name]
                    else:
                        self.finish(life.item)

    def finish(self, item: dict[str, Any]) -> None:
        """The cluster is made, or dies of what it is said to."""
        raise NotImplementedError

    def set_state(self, name: str, state: str, reason: str = "") -> None:
        """In the cloud's words."""
        raise NotImplementedError

    def have(self, name: str, *, ours: bool = False) -> None:
        """A cluster that was there before."""
        raise NotImplementedError

    def guarded(self, route: Any) -> Any:
        """A route behind the cloud's token."""

        def answer(request: Request) -> Reply:
            if request.headers.get("authorization") != f"Bearer {self.token}":
                return self.unauthorized()
            reply: Reply = route(request)
            return reply

        return answer

    @property
    def token(self) -> str:
        return self.real.token

    def unauthorized(self) -> Reply:
        raise NotImplementedError
