# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Docker's command line, as far as clusters, registries and their images need it.

kind calls the same program: so both talk to the same engine, however that is reached.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

CLUSTER_LABEL = "io.x-k8s.kind.cluster"
OWN_LABEL = "proven.webapp"
IMAGE_KINDS = ("base", "node", "registry")
"""Values of our label on the images that are made for clusters."""


@dataclass(frozen=True)
class Container:
    """A container as `docker inspect` shows it.

    :ivar ports: (address, host port, container port) of TCP ports that are asked for, running or not.
    :ivar networks: names.
    """

    name: str
    image: str
    running: bool
    labels: Mapping[str, str] = field(default_factory=dict)
    ports: frozenset[tuple[str, int, int]] = frozenset()
    networks: frozenset[str] = frozenset()

    def published(self, container_port: int) -> tuple[str, int] | None:
        """Address and port of this machine that lead to a port of the container."""
        return next(((address, port) for address, port, inner in sorted(self.ports) if inner == container_port), None)


def parse_container(raw: Mapping[str, Any]) -> Container:
    """One entry of `docker inspect`."""
    ports = set()
    for inner, bindings in (raw.get("HostConfig", {}).get("PortBindings") or {}).items():
        number, _slash, protocol = inner.partition("/")
        for binding in bindings or [] if protocol == "tcp" else []:
            ports.add((binding.get("HostIp") or "0.0.0.0", int(binding.get("HostPort") or 0), int(number)))
    return Container(
        name=raw["Name"].lstrip("/"),
        image=raw["Config"]["Image"],
        running=bool(raw["State"]["Running"]),
        labels=raw["Config"].get("Labels") or {},
        ports=frozenset(ports),
        networks=frozenset((raw.get("NetworkSettings", {}).get("Networks") or {}).keys()),
    )


@dataclass(frozen=True)
class Docker:
    """:ivar program: path of the docker client."""

    program: str = "docker"

    @property
    def environment(self) -> dict[str, str]:
        """For programs that call `docker` by its name, as kind does."""
        folder = os.path.dirname(self.program)
        path = os.environ.get("PATH", os.defpath)
        return {**os.environ, "PATH": f"{folder}:{path}" if folder else path}

    def run(self, *arguments: str, stdin: str | None = None, timeout: float = 120) -> str:
        """Its output.

        :param timeout: seconds.
        :raises ProvenError: it failed, with what it said.
        """
        answer = self.attempt(*arguments, stdin=stdin, timeout=timeout)
        if answer.returncode != 0:
            raise docker_error(arguments, answer.stderr.strip() or answer.stdout.strip())
        return answer.stdout

    def attempt(self, *arguments: str, stdin: str | None = None, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                [self.program, *arguments],
                input=stdin,
                stdin=None if stdin is not None else subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=timeout,
                check=False,
            )
        except FileNotFoundError as error:
            raise ProvenError(
                f"There is no {self.program}.", fix="Run the toolchain role first, or name Docker's client in `docker`."
            ) from error
        except subprocess.TimeoutExpired as error:
            raise ProvenError(
                f"docker {arguments[0]} did not end within {timeout:.0f} s.", fix="See whether the engine is well: docker info"
            ) from error

    def inspect(self, *names: str) -> list[Container]:
        """Those of the containers that exist."""
        if not names:
            return []
        answer = self.attempt("container", "inspect", *names)
        if answer.returncode != 0 and "no such container" not in answer.stderr.lower():
            raise docker_error(("inspect",), answer.stderr.strip())
        return [parse_container(raw) for raw in json.loads(answer.stdout or "[]")]

    def cluster_ids(self, cluster: str | None = None) -> list[str]:
        """Ids of the nodes' containers of a cluster, stopped ones too; of all clusters without a name."""
        label = f"{CLUSTER_LABEL}={cluster}" if cluster else CLUSTER_LABEL
        return self.run("ps", "--all", "--quiet", "--no-trunc", "--filter", f"label={label}").split()

    def has_image(self, *names: str) -> bool:
        return self.attempt("image", "inspect", "--format", "{{.Id}}", *names).returncode == 0

    def execute(self, container: str, *command: str, stdin: str | None = None, timeout: float = 60) -> str:
        options = ["-i"] if stdin is not None else []
        return self.run("exec", *options, container, *command, stdin=stdin, timeout=timeout)


def docker_error(arguments: Sequence[str], said: str) -> ProvenError:
    """Docker's words, with what can be done about those that are known."""
    known = {
        "permission denied": "Run as root, or join the group docker and log in again.",
        "cannot connect to the docker daemon": "Start Docker; the toolchain role does that.",
        "is the docker daemon running": "Start Docker; the toolchain role does that.",
        "port is already allocated": "Another program uses this port: stop it, or choose another port in the inventory.",
        "address already in use": "Another program uses this port: stop it, or choose another port in the inventory.",
        "no space left on device": "Free some disk space: docker system df",
    }
    fix = next((advice for words, advice in known.items() if words in said.lower()), "")
    last = said.splitlines()[-1] if said else "it gave no reason"
    return ProvenError(f"docker {arguments[0]} failed: {last}", fix=fix)
