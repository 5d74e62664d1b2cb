# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What has to be there before a cluster is made: what Minikube itself doesn't look at when root starts it, or only minutes later."""

from __future__ import annotations

import errno
import json
import re
import shutil
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._kind.engine import Docker, docker_error
from ansible_collections.proven.webapp.plugins.module_utils._kind.spec import PortMapping
from ansible_collections.proven.webapp.plugins.module_utils._minikube.program import Minikube
from ansible_collections.proven.webapp.plugins.module_utils._minikube.spec import VERSION, Spec, mebibytes

LEAST_CPUS = 2
LEAST_MEMORY = 1800
"""MiB; with less, Minikube itself refuses to make a control plane."""


@dataclass(frozen=True)
class Engine:
    """What containers may have at the most.

    :ivar memory: MiB.
    """

    cpus: int
    memory: int


def parse_engine(raw: dict[str, Any]) -> Engine:
    """From `docker info`."""
    return Engine(int(raw.get("NCPU") or 0), int(raw.get("MemTotal") or 0) // 1024**2)


def check_room(spec: Spec, engine: Engine) -> None:
    """
    :raises ProvenError: the machine, or what is asked for, is too little.
    """
    if engine.cpus < LEAST_CPUS:
        raise ProvenError(
            f"Docker has {engine.cpus} CPU, and a control plane needs {LEAST_CPUS}.", where="cpus", fix="Use a machine with more CPUs."
        )
    cpus = int(spec.cpus) if spec.cpus.isdecimal() else LEAST_CPUS
    if not LEAST_CPUS <= cpus <= engine.cpus:
        raise ProvenError(
            f"{cpus} CPUs are asked for, and Docker has {engine.cpus}; a control plane needs {LEAST_CPUS}.",
            where="cpus",
            fix=f"Ask for {LEAST_CPUS}{f' to {engine.cpus}' if engine.cpus > LEAST_CPUS else ''}.",
        )
    memory = mebibytes(spec.memory) or LEAST_MEMORY
    if not LEAST_MEMORY <= memory <= engine.memory:
        raise ProvenError(
            f"{memory} MiB of memory are asked for, and Docker has {engine.memory} MiB; a control plane needs {LEAST_MEMORY} MiB.",
            where="memory",
            fix=f"Ask for {LEAST_MEMORY}m to {engine.memory}m." if engine.memory >= LEAST_MEMORY else "Use a machine with more memory.",
        )


def check_ports(mappings: Iterable[PortMapping]) -> None:
    """
    :raises ProvenError: something listens on one already.
    """
    for mapping in mappings:
        with socket.socket() as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind((mapping.address, mapping.host_port))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    raise ProvenError(
                        f"Port {mapping.host_port} of this machine is in use.",
                        where="ports",
                        fix="Stop the program that listens there (ss -ltnp), or choose another host port.",
                    ) from error
                raise ProvenError(f"This machine can't listen on {mapping.address}: {error.strerror}.", where="ports") from error


def check_version(minikube: Minikube, asked: str) -> None:
    """
    :raises ProvenError: this Minikube is older than that Kubernetes, or much younger.
    """
    answer = minikube.ask("config", "defaults", "kubernetes-version", "--output=json")
    try:
        known = sorted(_numbers(text) for text in json.loads(answer.stdout))
    except (ValueError, TypeError):
        return  # it says so itself, only later
    wanted = _numbers(asked)
    # patches that came after this Minikube are fine
    if not known or (known[0] <= wanted and wanted[:2] <= known[-1][:2]):
        return
    oldest, newest = (".".join(map(str, numbers)) for numbers in (known[0], known[-1]))
    raise ProvenError(
        f"This Minikube runs Kubernetes {oldest} to {newest}, not {asked.removeprefix('v')}.",
        where="kubernetes_version",
        fix="Ask for one of these, or install another Minikube.",
    )


def _numbers(text: str) -> tuple[int, ...]:
    match = VERSION.fullmatch(text)
    if not match:
        raise ValueError(text)
    return tuple(map(int, match.groups()[:3]))


def check_machine(spec: Spec, minikube: Minikube, docker: Docker) -> None:
    """All of it, before anything is made.

    :raises ProvenError: with what is in the way.
    """
    if not shutil.which(minikube.program):
        raise minikube.missing()
    if spec.kubernetes_version:
        check_version(minikube, spec.kubernetes_version)
    if spec.driver != "docker":
        return
    answer = docker.attempt("info", "--format", "{{json .}}")
    said = answer.stderr.strip() or answer.stdout
    if answer.returncode != 0 or re.search(r'"ServerErrors":\[', answer.stdout):
        raise docker_error(("info",), said.splitlines()[-1] if answer.stderr.strip() else "cannot connect to the docker daemon")
    check_room(spec, parse_engine(json.loads(answer.stdout)))
    check_ports(spec.ports)
    if spec.base_image and spec.preloaded and not docker.has_image(spec.base_image):
        raise ProvenError(f"There is no image {spec.base_image}.", where="base_image", fix="Build it first (module minikube_image).")
