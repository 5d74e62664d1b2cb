# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab on a cluster: its namespace, what the kubelet has done there, and the servers' control ports."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from ansible_collections.proven.webapp.molecule.support import Cluster
from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

from .manifests import Manifest
from .oracle import Seen, read_counters, read_events

NAMESPACE = "proven-lab"
CONTROL = 9900
BATCH = 16
PATIENCE = 10

Answer = TypeVar("Answer")


def until(check: Callable[[], Answer], seconds: float, what: Callable[[], object] = lambda: "", every: float = 0.5) -> Answer:
    """The first true answer.

    :param what: says in the end what was missing.
    :raises AssertionError: there is none in time.
    """
    deadline = time.monotonic() + seconds
    while True:
        # A busy API server is none that says no.
        with contextlib.suppress(ProvenError):
            if answer := check():
                return answer
        assert time.monotonic() < deadline, f"not within {seconds} s: {what()}"
        time.sleep(every)


def patiently(call: Callable[[], Answer]) -> Answer:
    """The answer of an API server that is too busy now and then.

    :raises ProvenError: it is so all the time.
    """
    for _ in range(PATIENCE):
        with contextlib.suppress(ProvenError):
            return call()
        time.sleep(1)
    return call()


@dataclass(frozen=True)
class Lab:
    """:ivar image: reference of the server's image."""

    cluster: Cluster
    api: Api
    image: str
    node: str

    @classmethod
    def on(cls, cluster: Cluster, image: str) -> Lab:
        api = Api(cluster.kubeconfig, cluster.context)
        (node,) = [item["metadata"]["name"] for item in api.items("/api/v1/nodes")]
        return cls(cluster, api, image, node)

    # --- the namespace

    def create(self, manifests: Sequence[Manifest]) -> None:
        """Make the namespace and everything in it.

        The first pod fetches the image. Then a few at a time: all at once they would keep each other from starting.
        """
        self.cluster.kubectl("create", "namespace", NAMESPACE)
        for place in (0, *range(1, len(manifests), BATCH)):
            some = manifests[place : place + BATCH] if place else manifests[:1]
            everything = {"apiVersion": "v1", "kind": "List", "items": some}
            self.cluster.kubectl("create", "-n", NAMESPACE, "-f", "-", stdin=json.dumps(everything))
            until(lambda: not self._unborn(), 120, self._unborn)

    def _unborn(self) -> list[str]:
        """Pods of which a container has never run."""
        return [
            name
            for name, pod in self.pods().items()
            if len(statuses := pod["status"].get("containerStatuses", ())) < len(pod["spec"]["containers"])
            or any("waiting" in one["state"] and not one["restartCount"] for one in statuses)
        ]

    def remove(self) -> None:
        """Everything goes; returns when it is gone."""
        # Not one by one, and not when they are pleased to go: their containers end a moment later.
        self.cluster.kubectl("delete", "pods,replicasets", "--all", "-n", NAMESPACE, "--force", "--grace-period=0", "--wait=false")
        self.cluster.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=true")

    # --- what there is

    def path(self, kind: str, name: str = "") -> str:
        return f"/api/v1/namespaces/{NAMESPACE}/{kind}" + (f"/{name}" if name else "")

    def pods(self) -> dict[str, Mapping[str, Any]]:
        """By name."""
        items = patiently(lambda: self.api.items(self.path("pods")))
        return {item["metadata"]["name"]: item for item in items}

    def pod(self, name: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads(patiently(lambda: self.api.text(self.path("pods", name))))
        return found

    def see(self) -> Seen:
        """What the kubelet has done up to this moment."""
        metrics = patiently(lambda: self.api.text(f"/api/v1/nodes/{self.node}/proxy/metrics/probes"))
        return Seen(read_counters(metrics), read_events(patiently(lambda: self.api.items(self.path("events")))))

    # --- the servers

    def control(self, pod: str, what: str, body: str = "", method: str = "PUT") -> bytes:
        """Ask a server's control port through the API server."""
        path = f"{self.path('pods', f'{pod}:{CONTROL}')}/proxy/{what}"

        def ask() -> tuple[bytes] | None:
            status, answer = self.api.request(method, path, body or None)
            return (answer,) if status == 200 else None

        # A container that was just restarted is there again in a moment.
        return until(ask, PATIENCE, lambda: path)[0]  # type: ignore[index]

    def become(self, pod: str, port: int, behaviour: str) -> None:
        """Change what a server does on a port."""
        self.control(pod, str(port), behaviour)

    def requests(self, pod: str, port: int) -> list[Mapping[str, Any]]:
        """What a server has been asked on a port since this was last called; the latest 50."""
        found: list[Mapping[str, Any]] = json.loads(self.control(pod, str(port), method="GET"))
        return found
