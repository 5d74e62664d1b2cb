# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Containers beside the component's own: those that run before it (init), and those that run as long as it does (sidecars)."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.proven.webapp.plugins.module_utils._spec import options, rules
from ansible_collections.proven.webapp.plugins.module_utils._spec.model import Container, Port, Probes
from ansible_collections.proven.webapp.plugins.module_utils._spec.node import Node
from ansible_collections.proven.webapp.plugins.module_utils._spec.parts import read_image, read_ports, read_resources
from ansible_collections.proven.webapp.plugins.module_utils._spec.probe import read_probes

INIT = ("image", "command", "args", "env", "env_from", "secrets", "resources")
SIDECAR = (*INIT, "ports", "probes")


def read_containers(node: Node, known: tuple[str, ...], example: str) -> dict[str, Container]:
    """Containers by name, in the order in which they start.

    :param known: INIT or SIDECAR.
    """
    return {item.own_name(rules.LABEL): _read(item, known, example) for item in node.mapping(example).values()}


def _read(node: Node, known: tuple[str, ...], example: str) -> Container:
    if not node.given:
        node.fault("is empty", f"write {example}")
    keys = node.keys(known, example)
    before = len(node.faults)
    ports: dict[str, Port] = read_ports(keys["ports"]) if "ports" in keys else {}
    sound = len(node.faults) == before
    numbers = {name: port.port for name, port in ports.items()}
    container = Container(
        image=read_image(keys["image"]),
        command=keys["command"].command(),
        args=keys["args"].command(),
        env=options.ENV.read(keys["env"]),
        env_from=options.ENV_FROM.read(keys["env_from"]),
        secrets=keys["secrets"].texts(rules.ENV_NAME, "[DATABASE_URL]"),
        resources=read_resources(keys["resources"]),
        ports=ports,
        probes=read_probes(keys["probes"], numbers if sound else None) if "probes" in keys else Probes(None, None, None),
    )
    if isinstance(node.value, Mapping) and not (container.image or container.command or container.args) and keys["image"].absent:
        node.fault("does nothing of its own", "give it an image, or a command of the component's own image")
    return container


def check_containers(node: Node, containers: Mapping[str, Container], secrets: tuple[str, ...], taken: set[str]) -> None:
    """What they share with the component.

    :param node: the key that they stand under.
    :param secrets: the component's own.
    :param taken: names of the pod's other containers.
    """
    for name, container in containers.items():
        item = node.child(name)
        if name in taken:
            item.fault("is the name of another container of the pod", "choose another")
        for index, secret in enumerate(container.secrets):
            if secret not in secrets:
                item.child("secrets").child(index).fault(f"\"{secret}\" isn't among the component's secrets", "add it there too")
        for key in container.env:
            if key in container.secrets:
                item.child("env").child(key).fault("is among its secrets too", "keep one of them")
