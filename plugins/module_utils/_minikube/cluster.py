# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One Minikube cluster: looked at, made, started, stopped, removed."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from ansible_collections.proven.webapp.plugins.module_utils._api import Api, Unreachable
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._given import given
from ansible_collections.proven.webapp.plugins.module_utils._kind import registry, state
from ansible_collections.proven.webapp.plugins.module_utils._kind.cluster import Manifest
from ansible_collections.proven.webapp.plugins.module_utils._kind.encryption import planted
from ansible_collections.proven.webapp.plugins.module_utils._kind.engine import Container, Docker
from ansible_collections.proven.webapp.plugins.module_utils._kind.spec import RegistrySpec, hosts_toml, registry_config_map
from ansible_collections.proven.webapp.plugins.module_utils._minikube.events import failure
from ansible_collections.proven.webapp.plugins.module_utils._minikube.profile import (
    Profile,
    Status,
    parse_engine_access,
    parse_profile,
    parse_status,
)
from ansible_collections.proven.webapp.plugins.module_utils._minikube.program import Answer, Minikube
from ansible_collections.proven.webapp.plugins.module_utils._minikube.reasons import node_reasons
from ansible_collections.proven.webapp.plugins.module_utils._minikube.spec import ENCRYPTION_FOLDER, Spec, start_arguments, start_options

POLL_SECONDS = 0.3
MAKE_SECONDS = 300
"""That nodes may take to be made or woken, before Kubernetes has its time to become healthy."""
ANSWER_SECONDS = 5.0


@dataclass(frozen=True)
class Tools:
    minikube: Minikube
    kubectl: str
    docker: Docker


@dataclass(frozen=True)
class Sight:
    """What one look showed.

    :ivar there: Minikube knows the profile, whole or not.
    :ivar profile: None where there is none, or where a start was cut off early.
    :ivar manifests: digests of those that were applied.
    :ivar unfinished: whoever began to make it was cut off: nothing was ever in it.
    """

    there: bool = False
    unfinished: bool = False
    profile: Profile | None = None
    status: Status = field(default_factory=Status)
    health: state.Health = field(default_factory=lambda: state.Health(False))
    registry: Container | None = None
    manifests: frozenset[str] = frozenset()

    @property
    def usable(self) -> bool:
        return self.status.running and self.status.known and not self.health.missing


class Cluster:
    """
    :param registry: of images on their way into it; None without one.
    :param manifests: applied to it, and again when they change.
    :param say: takes a line of progress.
    :param wait: seconds that Kubernetes has to become healthy.
    :ivar lock: file descriptor of the lock that is held while it is changed.
    """

    def __init__(
        self,
        spec: Spec,
        tools: Tools,
        say: Callable[[str], None],
        *,
        wait: int,
        registry: RegistrySpec | None = None,
        manifests: Iterable[Manifest] = (),
    ) -> None:
        self.spec, self.tools, self.say, self.wait = spec, tools, say, wait
        self.registry = registry
        self.manifests = tuple(manifests)
        self.minikube, self.docker = tools.minikube, tools.docker
        self.lock: int | None = None
        self.force = spec.in_container and os.geteuid() == 0

    @property
    def where(self) -> str:
        return f"profile {self.spec.profile}"

    # --- looking

    def look(self) -> Sight:
        """One look, a fraction of a second; changes nothing. Minikube itself is asked only where the cluster doesn't answer."""
        text = self.minikube.config()
        found = self.docker.inspect(self.registry.name) if self.registry else []
        unfinished = os.path.exists(self.minikube.unfinished)
        profile = parse_profile(text) if text else None
        sight = Sight(text is not None or unfinished, unfinished, profile, registry=found[0] if found else None)
        if profile is None:
            return sight
        health, manifests = self.health(len(profile.nodes))
        sight = replace(sight, health=health, manifests=manifests)
        if not health.missing:
            return replace(sight, status=Status(running=True, known=True, words=""))
        status = parse_status(self.minikube.ask("status", "--output=json").stdout)
        return replace(sight, status=status)

    def health(self, nodes: int) -> tuple[state.Health, frozenset[str]]:
        """How it is, and the digests of the manifests that were applied."""
        if not os.path.exists(self.minikube.kubeconfig):
            return state.Health(False, "there is no kubeconfig"), frozenset()
        try:
            api = Api(self.minikube.kubeconfig, self.spec.profile, timeout=(ANSWER_SECONDS, ANSWER_SECONDS))
            answers = {path: api.document(path) for path in state.QUESTIONS}
        except Unreachable as error:
            return state.Health(False, f"the API server doesn't answer: {error}"), frozenset()
        except ProvenError as error:
            return state.Health(False, error.what), frozenset()
        health = state.health(answers, nodes)
        annotations = [item["metadata"].get("annotations") or {} for item in answers[state.DEPLOYMENTS][1].get("items") or []]
        digests = frozenset(found[state.MANIFEST_ANNOTATION] for found in annotations if state.MANIFEST_ANNOTATION in found)
        # Storage comes with addons or manifests, if at all: no reason to call a cluster broken
        return replace(health, storage_class=health.storage_class or ("none" if health.answers else "")), digests

    def engine(self, sight: Sight) -> dict[str, str]:
        """How the Docker engine is reached that runs the cluster's containers; empty where Docker doesn't, or there are several nodes."""
        profile = sight.profile
        if not sight.usable or profile is None or profile.container_runtime != "docker" or len(profile.nodes) != 1:
            return {}
        return parse_engine_access(self.minikube.ask("docker-env", "--shell=none", "--output=json").stdout)

    # --- changing

    def create(self) -> None:
        """Make it, or leave nothing behind.

        :raises ProvenError: it couldn't be made, with Minikube's reason.
        """
        os.makedirs(os.path.dirname(self.minikube.kubeconfig), mode=0o700, exist_ok=True)
        finished = False
        self.minikube.mark_unfinished()
        try:
            with planted(self.docker, self.spec.profile, ENCRYPTION_FOLDER) if self.spec.encrypted else contextlib.nullcontext():
                self._start("The cluster could not be made.", start_arguments(self.spec, force=self.force, wait=self.wait))
            self.finish()
            finished = True
        finally:
            if not finished:
                self.say("not finished: removing what was made of it")
                with contextlib.suppress(ProvenError):
                    self.delete()

    def finish(self) -> None:
        """From here on it is never thrown away without being asked to."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.minikube.unfinished)

    def start(self) -> None:
        """Wake it, or bring it back to health."""
        self._start("The cluster could not be started.", [f"--wait-timeout={self.wait}s", *start_options(self.force)])

    def _start(self, what: str, arguments: list[str]) -> None:
        answer = self.minikube.work("start", *arguments, say=self.say, timeout=self.wait + MAKE_SECONDS, lock=self.lock)
        if answer.code != 0:
            raise self._failure(what, answer)
        os.chmod(self.minikube.kubeconfig, 0o600)

    def _failure(self, what: str, answer: Answer) -> ProvenError:
        if answer.late:
            what = f"{what.rstrip('.')} within {self.wait + MAKE_SECONDS} s."
        reasons = node_reasons(self.docker, self.spec.profile) if self.spec.driver == "docker" else []
        return failure(what, answer.events, answer.rest, self.where, reasons)

    def stop(self) -> None:
        answer = self.minikube.work("stop", "--output=json", say=self.say, timeout=self.wait + MAKE_SECONDS, lock=self.lock)
        if answer.code != 0:
            raise self._failure("The cluster could not be stopped.", answer)

    def delete(self) -> None:
        """Remove its nodes, their data, and the kubeconfig."""
        if self.registry:
            # or the network of the profile couldn't go
            profile = parse_profile(self.minikube.config() or "")
            network = profile.network if profile else self.spec.profile
            self.docker.attempt("network", "disconnect", "--force", network, self.registry.name)
        answer = self.minikube.work("delete", "--output=json", say=lambda text: None, timeout=self.wait + MAKE_SECONDS, lock=self.lock)
        if answer.code != 0:
            raise self._failure("The cluster could not be removed.", answer)
        for path in (self.minikube.kubeconfig, f"{self.minikube.kubeconfig}.lock", self.minikube.unfinished):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
        with contextlib.suppress(OSError):
            os.rmdir(os.path.dirname(self.minikube.kubeconfig))

    def adopt(self) -> None:
        """Write the kubeconfig of a cluster that runs."""
        os.makedirs(os.path.dirname(self.minikube.kubeconfig), mode=0o700, exist_ok=True)
        self.minikube.ask("update-context")
        if not os.path.exists(self.minikube.kubeconfig):
            raise ProvenError("Minikube gives no kubeconfig.", where=self.where, fix="Look at it: minikube status")
        # with certificates in it, as a start writes it
        command = [self.tools.kubectl, "--kubeconfig", self.minikube.kubeconfig, "config", "view", "--raw", "--flatten"]
        whole = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        if whole.returncode != 0:
            raise ProvenError(f"The kubeconfig can't be read: {whole.stderr.strip()[:300]}", where=self.minikube.kubeconfig)
        with open(os.open(self.minikube.kubeconfig, os.O_WRONLY | os.O_TRUNC), "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(whole.stdout)

    def switch_addon(self, name: str, on: bool) -> None:
        self.say(f"{'enabling' if on else 'disabling'} addon {name}")
        answer = self.minikube.ask("addons", "enable" if on else "disable", name, timeout=self.wait)
        if answer.returncode != 0:
            raise failure(
                f"The addon {name} could not be {'enabled' if on else 'disabled'}.",
                [],
                (answer.stderr or answer.stdout).splitlines(),
                f"addons of {self.where}",
            )

    def wire_registry(self, profile: Profile) -> None:
        """Into the network of its nodes, known to their containerd, and told to everybody."""
        wanted = given(self.registry)
        registry.connect_registry(self.docker, wanted, profile.network, self._registry_address(profile.network))
        folder = f"/etc/containerd/certs.d/{wanted.push}"
        for node in profile.nodes:
            self.docker.execute(node, "mkdir", "-p", folder)
            self.docker.execute(node, "cp", "/dev/stdin", f"{folder}/hosts.toml", stdin=hosts_toml(wanted))
        self.apply(json.dumps(registry_config_map(wanted)))

    def _registry_address(self, network: str) -> str:
        """The last one that Minikube gives to no node, so that a node that comes back finds its own free."""
        subnet = self.docker.run("network", "inspect", network, "--format", "{{(index .IPAM.Config 0).Subnet}}").strip()
        return str(ipaddress.ip_network(subnet).broadcast_address - 1) if subnet else ""

    def apply(self, *objects: str) -> None:
        """Server-side apply of YAML or JSON documents."""
        answer = subprocess.run(
            [
                *(self.tools.kubectl, "--kubeconfig", self.minikube.kubeconfig, "--context", self.spec.profile),
                *("apply", "--server-side", "--force-conflicts", "--field-manager=proven.webapp", "-f", "-"),
            ],
            input="\n---\n".join(objects),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if answer.returncode != 0:
            raise ProvenError(f"The cluster refused an object: {answer.stderr.strip()[:500]}", where=self.where)

    def wait_usable(self, nodes: int, since: float = 0, seconds: float = 0) -> None:
        """
        :param seconds: that it has for it; what the cluster has altogether where it is 0.
        :param since: point in time (seconds since the epoch) that its nodes were woken; what they said earlier doesn't count.
        :raises ProvenError: it isn't usable in time, with what it lacks.
        """
        seconds = seconds or self.wait
        deadline = time.monotonic() + seconds
        last = ""
        while True:
            health = self.health(nodes)[0]
            missing = health.missing or ("its nodes haven't reported since" if health.reported < since else "")
            if not missing:
                return
            if missing != last:
                last = missing
                self.say(f"waiting: {last}")
            if time.monotonic() > deadline:
                raise self._failure(f"The cluster isn't usable after {seconds:.0f} s: {last}.", Answer())
            time.sleep(POLL_SECONDS)
