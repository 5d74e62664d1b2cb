# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading the parts of a component that have a type of their own."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._spec import options, rules
from ansible_collections.proven.webapp.plugins.module_utils._spec.model import (
    Build,
    Dependency,
    Expose,
    Port,
    Resources,
    Storage,
    Task,
)
from ansible_collections.proven.webapp.plugins.module_utils._spec.node import Node
from ansible_collections.proven.webapp.plugins.module_utils._spec.shapes import Flag, Scalars


def read_build(node: Node, project_dir: Path | None) -> Build | None:
    if not node.given:
        return None
    keys = node.keys(rules.BUILD, "{context: folder}")
    if not isinstance(node.value, Mapping):
        return None
    build = Build(
        context=keys["context"].text(rules.ANY),
        dockerfile=keys["dockerfile"].text(rules.ANY) if keys["dockerfile"].given else "Dockerfile",
        target=keys["target"].text(rules.ANY) if keys["target"].given else None,
        args={name: value.scalar() for name, value in keys["args"].mapping("{NAME: value}").items()},
    )
    if project_dir is None or not build.context or not build.dockerfile:
        return build
    context = project_dir / build.context
    if not context.is_dir():
        keys["context"].fault(f"there is no folder {context}", "a path is relative to the project's folder")
    elif not (context / build.dockerfile).is_file():
        keys["dockerfile"].fault(f"there is no file {context / build.dockerfile}", "a Dockerfile's path is relative to the context")
    elif not (context / build.dockerfile).resolve().is_relative_to(context.resolve()):
        keys["dockerfile"].fault(f'"{build.dockerfile}" is outside of the context', "move it inside")
    return build


def read_image(node: Node) -> str | None:
    if not node.given:
        return None
    image = node.text(rules.IMAGE)
    match = rules.IMAGE.regex.fullmatch(image)
    if match and not match["digest"] and match["tag"] in (None, "latest"):
        node.fault(f'"{image}" can be another image tomorrow', "name a version, better a digest: name@sha256:...")
    return image


def read_ports(node: Node) -> dict[str, Port]:
    ports: dict[str, Port] = {}
    for name, item in node.mapping("{http: 8000}").items():
        item.own_name(rules.PORT_NAME)
        value = options.PORT.read(item)
        whole: dict[str, Any] = value if isinstance(value, dict) else {"port": value}
        port = Port(whole.get("port", 0), whole.get("protocol", "TCP"), whole.get("app_protocol"))
        for other, known in ports.items():
            if (known.port, known.protocol) == (port.port, port.protocol) and port.port:
                item.fault(f"{port.port} is the port of {other} too", "give each port a number of its own")
        ports[name] = port
    return ports


def read_expose(node: Node) -> Expose:
    keys = node.keys(rules.EXPOSE, "{type: NodePort, node_port: 30080}")
    expose = Expose(
        type=keys["type"].choice(rules.EXPOSE_TYPES, "ClusterIP"),
        port=keys["port"].integer(rules.PORT) if keys["port"].given else None,
        node_port=keys["node_port"].integer(rules.NODE_PORT) if keys["node_port"].given else None,
        annotations=Scalars(options.QUALIFIED).read(keys["annotations"]),
    )
    if expose.node_port is not None and keys["type"].value in (None, "ClusterIP", "LoadBalancer"):
        keys["node_port"].fault(f"has no meaning for type {expose.type}", "say type: NodePort, or leave it out")
    return expose


def read_files(node: Node) -> dict[str, Any]:
    files: dict[str, Any] = {}
    for path, item in node.mapping('{"/etc/app/settings.ini": content}').items():
        item.own_name(rules.ABSOLUTE)
        files[path] = options.FILE.read(item)
    size = sum(len(path.encode()) + len(content.encode()) for path, content in files.items() if isinstance(content, str))
    if size > rules.FILES_BYTES:
        node.fault(f"they have {size} bytes", f"a ConfigMap holds {rules.FILES_BYTES} at most; put them into the image")
    return files


def read_depends_on(node: Node) -> dict[str, Dependency]:
    found: dict[str, Dependency] = {}
    for name, item in node.mapping("{database: {on_loss: unready}}").items():
        keys = item.keys(rules.DEPENDENCY, "{on_loss: unready}")
        found[name] = Dependency(on_loss=keys["on_loss"].choice(rules.ON_LOSS, "unready"))
    return found


def read_resources(node: Node) -> Resources | None:
    if not node.given:
        return None
    keys = node.keys(rules.RESOURCES, "{requests: {cpu: 50m, memory: 128Mi}, limits: {memory: 512Mi}}")
    texts: dict[str, dict[str, str]] = {}
    numbers: dict[str, dict[str, Fraction]] = {}
    for side in rules.RESOURCES:
        amounts = {name: item.amount() for name, item in keys[side].keys(rules.RESOURCE_NAMES).items() if item.given}
        texts[side] = {name: text for name, (text, _number) in amounts.items()}
        numbers[side] = {name: number for name, (_text, number) in amounts.items()}
    for name, limit in numbers["limits"].items():
        if limit and numbers["requests"].get(name, limit) > limit:
            keys["requests"].child(name).fault(
                f"{texts['requests'][name]} is more than the limit of {texts['limits'][name]}", "raise the limit or ask for less"
            )
    return Resources(requests=texts["requests"], limits=texts["limits"])


def read_storage(node: Node) -> Storage | None:
    if not node.given:
        return None
    keys = node.keys(rules.STORAGE, "{path: /var/lib/data, size: 1Gi}")
    if not isinstance(node.value, Mapping):
        return None
    return Storage(
        path=keys["path"].text(rules.ABSOLUTE),
        size=keys["size"].amount()[0],
        storage_class=keys["storage_class"].text(rules.SUBDOMAIN) if keys["storage_class"].given else None,
        per_replica=Flag().read(keys["per_replica"]) if keys["per_replica"].given else False,
    )


def read_task(node: Node, seconds: int) -> Task | None:
    if not node.given:
        return None
    keys = node.keys(rules.TASK, "{command: [program, argument]}")
    if not isinstance(node.value, Mapping):
        return None
    command = keys["command"].command()
    if not command and (keys["command"].absent or keys["command"].value in ([], ())):
        keys["command"].fault("is missing", "name the program and its arguments as a list")
    return Task(
        command=command, timeout_seconds=keys["timeout_seconds"].integer(rules.SECONDS) if keys["timeout_seconds"].given else seconds
    )
