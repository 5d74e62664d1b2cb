# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Clusters in Docker containers: look at them, make them, wake them, repair them, remove them."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from ansible_collections.proven.webapp.plugins.module_utils._api import Api, Unreachable
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._given import given
from ansible_collections.proven.webapp.plugins.module_utils._kind import state
from ansible_collections.proven.webapp.plugins.module_utils._kind.create import kind_create
from ansible_collections.proven.webapp.plugins.module_utils._kind.diagnose import failure
from ansible_collections.proven.webapp.plugins.module_utils._kind.encryption import planted
from ansible_collections.proven.webapp.plugins.module_utils._kind.engine import Container, Docker
from ansible_collections.proven.webapp.plugins.module_utils._kind.sight import Sight
from ansible_collections.proven.webapp.plugins.module_utils._kind.spec import (
    ClusterSpec,
    digest,
    hosts_toml,
    registry_config_map,
)
from ansible_collections.proven.webapp.plugins.module_utils._kubeconfig import load_kubeconfig
from ansible_collections.proven.webapp.plugins.module_utils._yaml import library

FINISHED = "/kind/proven-finished"
"""A file in a node that we finished. Clusters with it are never thrown away without being asked to."""
LEFTOVER_GRACE = 30.0
"""Seconds that an unfinished cluster has to show that it is usable after all."""
GRACE_SECONDS = 45.0
"""That a cluster has to become usable by itself where all of it runs, as its pods do for a while after it was woken."""
POLL_SECONDS = 0.3
ANSWER_SECONDS = 5.0
"""That the API server has for a question about itself."""


@dataclass(frozen=True)
class Tools:
    """Paths of programs."""

    kind: str
    kubectl: str
    docker: Docker


@dataclass(frozen=True)
class Manifest:
    """Objects with a Deployment among them, whose annotation tells later which content was applied.

    :ivar text: YAML documents.
    """

    text: str

    @property
    def digest(self) -> str:
        return digest(self.text)

    def documents(self) -> list[str]:
        """As JSON, one each."""
        documents = [document for document in library().safe_load_all(self.text) if document]
        objects = [item for document in documents for item in (document["items"] if document["kind"] == "List" else [document])]
        for document in objects:
            if document["kind"] == "Deployment":
                document["metadata"].setdefault("annotations", {})[state.MANIFEST_ANNOTATION] = self.digest
        return [json.dumps(document) for document in objects]


class Cluster:
    """One cluster of kind's.

    :param kubeconfig: the file that leads to it, and to nothing else.
    :param say: takes a line of progress.
    :param wait: seconds that a cluster has to become usable after it was made or started.
    :ivar lock: file descriptor of the lock that is held while it is changed.
    """

    def __init__(self, spec: ClusterSpec, tools: Tools, kubeconfig: str, say: Callable[[str], None], wait: float = 180) -> None:
        self.spec = spec
        self.tools = tools
        self.kubeconfig = kubeconfig
        self.say = say
        self.wait = wait
        self.lock: int | None = None
        self.docker = tools.docker

    # --- looking

    def look(self) -> Sight:
        """One look, a fraction of a second; changes nothing."""
        registry_name = self.spec.registry.name if self.spec.registry else None
        ids = self.docker.cluster_ids(self.spec.name)
        found = self.docker.inspect(*ids, *([registry_name] if registry_name else []))
        registry = next((container for container in found if container.name == registry_name), None)
        nodes = tuple(container for container in found if container is not registry)
        sight = Sight(nodes, registry)
        if sight.node is None or not self._knows(sight.node):
            return sight
        # The API server takes a stopped node for a ready one, until that hasn't reported for a while.
        health = self.health(len(nodes)) if sight.running else state.Health(False, "a node is stopped")
        return replace(sight, known=True, health=health)

    def _knows(self, node: Container) -> bool:
        if not os.path.exists(self.kubeconfig):
            return False
        with contextlib.suppress(ProvenError):
            return load_kubeconfig(self.kubeconfig).access(self.spec.context).server == state.api_server(node)
        return False

    def health(self, nodes: int) -> state.Health:
        """:param nodes: how many there are to be."""
        try:
            api = Api(self.kubeconfig, self.spec.context, timeout=(ANSWER_SECONDS, ANSWER_SECONDS))
            return state.health({path: api.document(path) for path in state.QUESTIONS}, nodes)
        except Unreachable as error:
            return state.Health(False, f"the API server doesn't answer: {error}")

    # --- changing

    def create(self) -> None:
        """Make it, or leave nothing behind.

        :raises ProvenError: it couldn't be made, with the reason and the lines of the node's logs that tell most.
        """
        self._forget_kubeconfig()
        os.makedirs(os.path.dirname(self.kubeconfig), mode=0o700, exist_ok=True)
        finished = False
        try:
            with planted(self.docker, f"{self.spec.name}-control-plane") if self.spec.encrypted else contextlib.nullcontext():
                code, said = kind_create(self.tools.kind, self.spec, self.kubeconfig, self.docker.environment, self.say, self.lock)
            if code != 0:
                raise failure(self.docker, self.spec.name, "The cluster could not be created.", said)
            os.chmod(self.kubeconfig, 0o600)
            self.wait_usable(self.wait, self.spec.nodes)
            self._mark_finished()
            finished = True
        finally:
            if not finished:
                self.say("not finished: removing what was made of it")
                self._delete_quietly()

    def wait_usable(self, seconds: float, nodes: int, since: float = 0) -> state.Health:
        """
        :param nodes: how many there are to be.
        :param since: point in time (seconds since the epoch) that its nodes were woken; what they said earlier doesn't count.
        :raises ProvenError: it isn't usable in time, with what it lacks.
        """
        deadline = time.monotonic() + seconds
        last = ""
        while True:
            now = self.health(nodes)
            missing = now.missing or ("its nodes haven't reported since" if now.reported < since else "")
            if not missing:
                return now
            if missing != last:
                last = missing
                self.say(f"waiting: {last}")
            if time.monotonic() > deadline:
                raise failure(self.docker, self.spec.name, f"The cluster isn't usable after {seconds:.0f} s: {last}.")
            time.sleep(POLL_SECONDS)

    def start(self, sight: Sight) -> None:
        """Wake stopped nodes."""
        for node in sight.nodes:
            if not node.running:
                self.say(f"starting node {node.name}")
                self.docker.run("start", node.name)

    def export_kubeconfig(self) -> None:
        """Write the file that leads to it, readable by its owner only.

        :raises ProvenError: the cluster has none, so it was never finished.
        """
        os.makedirs(os.path.dirname(self.kubeconfig), mode=0o700, exist_ok=True)
        answer = subprocess.run(
            [self.tools.kind, "get", "kubeconfig", "--name", self.spec.name],
            env=self.docker.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if answer.returncode != 0:
            raise ProvenError(f"The cluster has no kubeconfig: {answer.stderr.strip()}", where=f"cluster {self.spec.name}")
        handle = os.open(self.kubeconfig, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(answer.stdout.strip() + "\n")

    def finished(self, node: Container) -> bool:
        """We, or somebody else, once completed it. Works on a stopped node too."""
        return self.docker.attempt("cp", f"{node.name}:{FINISHED}", "-", timeout=20).returncode == 0

    def _mark_finished(self) -> None:
        self.docker.execute(f"{self.spec.name}-control-plane", "touch", FINISHED)

    def revive(self, sight: Sight) -> None:
        """Bring back a cluster that is there and not usable: stopped, without its kubeconfig, or left over from an interrupted run.

        :raises ProvenError: it was finished once, holds data therefore, and doesn't come back.
        """
        node = sight.node
        finished = node is not None and self.finished(node)
        try:
            if node is None:
                raise ProvenError("It has no control plane.")
            woken = 0.0 if sight.running else time.time()
            self.start(sight)
            if not self._knows(node):
                self.export_kubeconfig()
            # one that was never finished has to have all that it was meant to have
            nodes = len(sight.nodes) if finished else self.spec.nodes
            self.wait_usable(self.wait if finished else LEFTOVER_GRACE, nodes, woken)
            self._mark_finished()
        except ProvenError as error:
            if finished:
                fix = "Run it again; if that doesn't help, make the cluster anew with cluster_recreate=true, which loses its data."
                raise ProvenError(error.what, where=error.where, fix=fix) from error
            self.say("left over from an interrupted run: making it anew")
            self.delete()
            self.create()

    def delete(self) -> None:
        """Remove the nodes, their data, and the kubeconfig."""
        ids = self.docker.cluster_ids(self.spec.name)
        if ids:
            self.docker.run("rm", "--force", "--volumes", *ids)
        self._forget_kubeconfig()

    def _delete_quietly(self) -> None:
        with contextlib.suppress(ProvenError):
            self.delete()

    def _forget_kubeconfig(self) -> None:
        for path in (self.kubeconfig, f"{self.kubeconfig}.lock"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
        with contextlib.suppress(OSError):
            os.rmdir(os.path.dirname(self.kubeconfig))  # the state folder of this cluster, unless something else is in it

    # --- what every cluster gets

    def apply(self, *objects: str) -> None:
        """Server-side apply of YAML or JSON documents."""
        answer = subprocess.run(
            [
                self.tools.kubectl,
                "--kubeconfig",
                self.kubeconfig,
                "--context",
                self.spec.context,
                "apply",
                "--server-side",
                "--force-conflicts",
                "--field-manager=proven.webapp",
                "-f",
                "-",
            ],
            input="\n---\n".join(objects),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if answer.returncode != 0:
            raise ProvenError(f"The cluster refused an object: {answer.stderr.strip()[:500]}", where=f"cluster {self.spec.name}")

    def wire_registry(self, nodes: list[str]) -> None:
        """Tell the nodes' containerd where the local registry is; then tell everybody else, which marks it done."""
        registry = given(self.spec.registry)
        folder = f"/etc/containerd/certs.d/{registry.push}"
        for node in nodes:
            self.docker.execute(node, "sh", "-c", 'mkdir -p "$1" && cat > "$1/hosts.toml"', "sh", folder, stdin=hosts_toml(registry))
        self.apply(json.dumps(registry_config_map(registry)))

    def trust_authorities(self, nodes: list[str]) -> None:
        """Have the nodes' containerd trust certificates in every registry that it isn't told otherwise of."""
        folder = "/etc/containerd/certs.d/_default"
        script = 'mkdir -p "$1" && cat > "$1/ca.crt" && printf \'ca = "%s/ca.crt"\\n\' "$1" > "$1/hosts.toml"'
        for node in nodes:
            self.docker.execute(node, "sh", "-c", script, "sh", folder, stdin=self.spec.authorities)
        told = {state.AUTHORITIES_ANNOTATION: digest(self.spec.authorities)}
        self.apply(*(json.dumps({"apiVersion": "v1", "kind": "Node", "metadata": {"name": node, "annotations": told}}) for node in nodes))
