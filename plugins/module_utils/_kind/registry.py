# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The local registry: a container with a volume, on a port of this machine and in the network of kind's nodes."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._kind.engine import OWN_LABEL, Container, Docker
from ansible_collections.proven.webapp.plugins.module_utils._kind.spec import REGISTRY_PORT, RegistrySpec

NETWORK = "kind"
DATA = "/var/lib/registry"
MINIKUBE_LABEL = "created_by.minikube.sigs.k8s.io"


@dataclass(frozen=True)
class RegistryWork:
    """What has to be done for a registry to be as asked for; nothing where all is False."""

    create: bool = False
    replace: bool = False
    start: bool = False
    connect: bool = False

    @property
    def needed(self) -> bool:
        return self.create or self.replace or self.start or self.connect

    @property
    def words(self) -> str:
        if self.create or self.replace:
            return "made the registry"
        return "started the registry" if self.start else "connected the registry"


def registry_work(spec: RegistrySpec, container: Container | None, network: str = NETWORK) -> RegistryWork:
    """
    :param network: of the nodes that pull from it.
    :raises ProvenError: somebody else's container has this name.
    """
    if container is None:
        return RegistryWork(create=True, connect=True)
    if container.labels.get(OWN_LABEL) != "registry":
        raise ProvenError(
            f"A container named {spec.name} is there, and it isn't ours.",
            where="cluster_registry_name",
            fix="Choose another name for the registry, or remove that container.",
        )
    if container.image != spec.image or container.published(REGISTRY_PORT) != ("127.0.0.1", spec.port):
        return RegistryWork(replace=True, connect=True)
    return RegistryWork(start=not container.running, connect=network not in container.networks)


def run_registry(docker: Docker, spec: RegistrySpec, work: RegistryWork) -> None:
    """Make or wake it. Its images are on a volume, which outlives the container."""
    if work.replace:
        docker.run("rm", "--force", spec.name)
    if work.create or work.replace:
        docker.run("volume", "create", f"--label={OWN_LABEL}=registry", spec.name)
        try:
            docker.run(
                "run",
                "--detach",
                "--restart=always",
                f"--name={spec.name}",
                f"--label={OWN_LABEL}=registry",
                f"--publish=127.0.0.1:{spec.port}:{REGISTRY_PORT}",
                f"--volume={spec.name}:{DATA}",
                "--env=OTEL_TRACES_EXPORTER=none",
                "--env=REGISTRY_STORAGE_DELETE_ENABLED=true",
                spec.image,
            )
        except ProvenError as error:
            # `run` leaves the container behind that it couldn't start
            docker.attempt("rm", "--force", spec.name)
            raise ProvenError(error.what, where=f"registry {spec.name}", fix=error.fix) from error
    elif work.start:
        docker.run("start", spec.name)


def connect_registry(docker: Docker, spec: RegistrySpec, network: str = NETWORK, address: str = "") -> None:
    """Into the network of the nodes, once that is there.

    :param address: to have there, where nodes have addresses of their own that it must not take.
    """
    fixed = [f"--ip={address}"] if address else []
    answer = docker.attempt("network", "connect", *fixed, network, spec.name)
    if answer.returncode != 0 and "already exists" not in answer.stderr:
        raise ProvenError(f"The registry can't join the nodes' network: {answer.stderr.strip()}", where=f"registry {spec.name}")


def used_by_others(docker: Docker, spec: RegistrySpec, cluster: str) -> bool:
    """Whether a node of another cluster is wired to it."""
    own = set(docker.cluster_ids(cluster))
    minikube = docker.run("ps", "--all", "--quiet", "--no-trunc", "--filter", f"label={MINIKUBE_LABEL}").split()
    others = [container for container in [*docker.cluster_ids(), *minikube] if container not in own]
    path = f"/etc/containerd/certs.d/{spec.push}/hosts.toml"
    return any(docker.attempt("cp", f"{container}:{path}", "-", timeout=20).returncode == 0 for container in others)


def remove_registry(docker: Docker, spec: RegistrySpec, container: Container | None) -> bool:
    """The container and its volume, where they are ours. True where something was removed."""
    removed = False
    if container is not None and container.labels.get(OWN_LABEL) == "registry":
        docker.run("rm", "--force", "--volumes", spec.name)
        removed = True
    volumes = docker.run("volume", "ls", "--quiet", "--filter", f"label={OWN_LABEL}=registry", "--filter", f"name=^{spec.name}$").split()
    if volumes:
        docker.run("volume", "rm", *volumes)
        removed = True
    return removed
