# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The shipped application once more, in a namespace of its own, where its pods may be scaled and killed; and what is seen of them."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ansible_collections.proven.webapp.molecule.support import Cluster, Run, ansible_playbook, copy_inventory, variables
from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

SHIPPED = "todo"
"""The release, and the namespace of the one whose images are taken: nothing is built for this."""
COMPONENTS = ("database", "backend", "frontend")
RESOURCES = {"requests": {"cpu": "20m", "memory": "64Mi"}, "limits": {"memory": "512Mi"}}
SOONER = {"periodSeconds": 5, "timeoutSeconds": 5, "failureThreshold": 4}
FRONTEND = f"http://{SHIPPED}-frontend:3000"
BACKEND = f"http://{SHIPPED}-backend:8000"


@dataclass
class Seen:
    """What there was while somebody watched.

    :ivar replicas: Deployment → (moment, wanted, ready), one for each change.
    :ivar made: pod that came meanwhile → seconds from its creation until it was first ready; None where it never was.
    :ivar before: names of those that were there already.
    """

    replicas: dict[str, list[tuple[float, int, int]]] = field(default_factory=dict)
    made: dict[str, float | None] = field(default_factory=dict)
    before: frozenset[str] | None = None

    def wanted(self, deployment: str, since: float = 0) -> list[int]:
        """How many pods it was to have, one after the other; `since` counts what it had then."""
        known = self.replicas[deployment]
        before = [item for item in known if item[0] < since][-1:]
        numbers = [wanted for _, wanted, _ in before + [item for item in known if item[0] >= since]]
        return [number for at, number in enumerate(numbers) if at == 0 or numbers[at - 1] != number]


@dataclass
class Site:
    """:ivar folder: of inventories and of what runs leave."""

    cluster: Cluster
    namespace: str
    folder: Path
    runs: int = 0

    def __post_init__(self) -> None:
        self.api = Api(self.cluster.kubeconfig, self.cluster.context)

    def components(self) -> dict[str, Any]:
        """Those that answer people, as the inventory has them, of the images that are there.

        They aren't exposed, as the node's port is taken, and ask for less CPU, so that a small node takes them beside the others. Their
        liveness is told sooner, and so is a proof.
        """
        all_of_them: dict[str, Any] = copy.deepcopy(variables()["webapp_components"])
        found = {name: all_of_them[name] for name in COMPONENTS}
        images = {
            item["metadata"]["name"].removeprefix(f"{SHIPPED}-"): item["spec"]["template"]["spec"]["containers"][0]["image"]
            for item in self.cluster.get("deployments,statefulsets", "-n", SHIPPED)
        }
        for name, component in found.items():
            component.pop("expose", None)
            component["resources"] = RESOURCES
            given = component["probes"]["liveness"]
            component["probes"]["liveness"] = {
                **({"httpGet": {"path": given, "port": "http"}} if isinstance(given, str) else given),
                **SOONER,
            }
            if component.pop("build", None):
                component["image"] = images[name]
        return found

    def release(self, components: dict[str, Any]) -> Run:
        """Run site.yml."""
        return self.run("site.yml", components)

    def run(self, playbook: str, components: dict[str, Any], *arguments: str) -> Run:
        """Run a playbook with the inventory that has these components."""
        self.runs += 1
        changes = {
            "webapp_namespace": self.namespace,
            "webapp_components": components,
            "cluster_provider": "existing",
            "cluster_kubeconfig": self.cluster.kubeconfig,
            "cluster_context": self.cluster.context,
            "cluster_port_mappings": [],
            "toolchain_docker": False,
            "verify_report_dir": str(self.folder / "artifacts"),
            "release_artifacts_dir": str(self.folder / "artifacts"),
        }
        return ansible_playbook(playbook, copy_inventory(self.folder / f"inventory-{self.runs}", changes), *arguments)

    def get(self, *words: str) -> Any:
        return self.cluster.get(*words, "-n", self.namespace)

    def kubectl(self, *words: str) -> str:
        return self.cluster.kubectl("-n", self.namespace, *words)

    def pods(self, component: str = "") -> list[dict[str, Any]]:
        """Live ones that aren't on their way out."""
        labels = "proven.webapp/track=live" + (f",app.kubernetes.io/component={component}" if component else "")
        found = self.api.items(f"/api/v1/namespaces/{self.namespace}/pods", {"labelSelector": labels})
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    @contextmanager
    def watched(self) -> Iterator[Seen]:
        """Look twice a second."""
        seen, over = Seen(), threading.Event()
        # What comes from now on is new.
        self._note(seen)

        def look() -> None:
            while not over.wait(0.5):
                try:
                    self._note(seen)
                except ProvenError:
                    # A busy API server: the next look is soon.
                    continue

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield seen
        finally:
            over.set()
            thread.join()

    def _note(self, seen: Seen) -> None:
        for item in self.api.items(f"/apis/apps/v1/namespaces/{self.namespace}/deployments"):
            numbers = (int(item["spec"]["replicas"]), int(item["status"].get("readyReplicas", 0)))
            known = seen.replicas.setdefault(item["metadata"]["name"], [])
            if not known or known[-1][1:] != numbers:
                known.append((time.time(), *numbers))
        pods = {pod["metadata"]["name"]: pod for pod in self.pods()}
        if seen.before is None:
            seen.before = frozenset(pods)
        for name in pods.keys() - seen.before:
            if seen.made.get(name) is None:
                seen.made[name] = seconds_to_ready(pods[name])


def seconds_to_ready(pod: dict[str, Any]) -> float | None:
    """From its creation until it became ready, as it says itself; None where it isn't. Whole seconds: the API has no finer ones."""
    conditions = {item["type"]: item for item in pod["status"].get("conditions", ())}
    ready = conditions.get("Ready", {})
    if ready.get("status") != "True":
        return None
    moments = [datetime.fromisoformat(text) for text in (pod["metadata"]["creationTimestamp"], ready["lastTransitionTime"])]
    return (moments[1] - moments[0]).total_seconds()
