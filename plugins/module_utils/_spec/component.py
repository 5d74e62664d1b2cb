# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading one component of webapp_components."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from ansible_collections.proven.webapp.plugins.module_utils._spec import rules
from ansible_collections.proven.webapp.plugins.module_utils._spec.faults import suggestion
from ansible_collections.proven.webapp.plugins.module_utils._spec.model import (
    Build,
    Component,
    Dependency,
    Expose,
    Resources,
    Storage,
    Task,
)
from ansible_collections.proven.webapp.plugins.module_utils._spec.node import Node
from ansible_collections.proven.webapp.plugins.module_utils._spec.probe import read_probes
from ansible_collections.proven.webapp.plugins.module_utils._spec.rollout import check_rollout, read_rollout


def read_component(name: str, node: Node, project_dir: Path | None) -> Component:
    """One component; faults that need the other components are found by `app.read_app`.

    :param name: its key in the inventory.
    :param project_dir: where build contexts are looked up; None leaves the file system alone.
    """
    keys = node.keys(rules.COMPONENT, "{build: {context: ...}} or {image: ...}")
    before = len(node.faults)
    ports = _read_ports(keys["ports"])
    ports_known = len(node.faults) == before and not keys["ports"].misspelt
    kind = keys["kind"].choice(rules.KINDS, "web")
    component = Component(
        name=name,
        kind=kind,
        build=_read_build(keys["build"], project_dir),
        image=_read_image(keys["image"]),
        command=keys["command"].command(),
        args=keys["args"].command(),
        ports=ports,
        expose=_read_expose(keys["expose"]),
        probes=read_probes(keys["probes"], ports if ports_known else None),
        env=_read_env(keys["env"]),
        files=_read_files(keys["files"]),
        secrets=keys["secrets"].texts(rules.ENV_NAME, "[DATABASE_URL]"),
        depends_on=_read_depends_on(keys["depends_on"]),
        replicas=keys["replicas"].integer(rules.REPLICAS) if keys["replicas"].given else 1,
        rollout=read_rollout(keys["rollout"]),
        resources=_read_resources(keys["resources"]),
        storage=_read_storage(keys["storage"]),
        writable=keys["writable"].texts(rules.ABSOLUTE, "[/var/cache/app]"),
        migrate=_read_task(keys["migrate"], rules.MIGRATE_SECONDS),
        test=_read_task(keys["test"], rules.TEST_SECONDS),
        termination_grace_seconds=(
            keys["termination_grace_seconds"].integer(rules.GRACE) if keys["termination_grace_seconds"].given else rules.GRACE_SECONDS
        ),
    )
    if isinstance(node.value, Mapping):
        _check(component, node, keys)
    return component


def _check(component: Component, node: Node, keys: Mapping[str, Node]) -> None:
    """What several keys of one component say together."""
    if keys["build"].absent and keys["image"].absent:
        node.fault("has neither image nor build", "give a build: {context: folder} or an image: reference")
    if keys["build"].given and keys["image"].given:
        node.fault("has both image and build", "keep the one that is meant")
    if component.kind == "web" and keys["ports"].absent:
        node.fault("has no port", "give it one, such as ports: {http: 8000}, or say kind: worker")
    if component.kind == "worker" and component.expose != Expose("ClusterIP", None, None):
        keys["expose"].fault("a worker has no Service to expose", "leave it out, or say kind: web")
    if component.expose.port in list(component.ports.values())[1:]:
        keys["expose"].child("port").fault(f"{component.expose.port} is another port of the component", "choose another")
    if component.storage is not None and component.replicas > 1:
        keys["replicas"].fault(
            f"{component.replicas} replicas with storage would each have a volume of its own, with different data",
            "set replicas to 1, or leave storage out",
        )
    check_rollout(component, keys["rollout"])
    for key in component.env:
        if key in component.secrets:
            keys["env"].child(key).fault("is among the component's secrets too", "keep one of them")
    _check_paths(component, keys)


def _check_paths(component: Component, keys: Mapping[str, Node]) -> None:
    """No path is mounted twice, and none where something else is."""
    taken: dict[str, str] = dict(rules.PATHS_TAKEN)
    mounts = [(keys["writable"].child(index), path) for index, path in enumerate(component.writable)]
    mounts += [(keys["files"].child(path), path) for path in component.files]
    if component.storage is not None:
        mounts.append((keys["storage"].child("path"), component.storage.path))
    for node, path in mounts:
        if path in taken:
            node.fault(f'"{path}" can\'t be mounted: {taken[path]}', "leave it out, or choose another path")
        elif path:
            taken[path] = f"{node.path} has it already"


def _read_build(node: Node, project_dir: Path | None) -> Build | None:
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


def _read_image(node: Node) -> str | None:
    if not node.given:
        return None
    image = node.text(rules.IMAGE)
    match = rules.IMAGE.regex.fullmatch(image)
    if match and not match["digest"] and match["tag"] in (None, "latest"):
        node.fault(f'"{image}" can be another image tomorrow', "name a version, better a digest: name@sha256:...")
    return image


def _read_ports(node: Node) -> dict[str, int]:
    ports: dict[str, int] = {}
    for name, item in node.mapping("{http: 8000}").items():
        item.own_name(rules.PORT_NAME)
        port = item.integer(rules.PORT)
        for other, number in ports.items():
            if number == port:
                item.fault(f"{port} is the port of {other} too", "give each port a number of its own")
        ports[name] = port
    return ports


def _read_expose(node: Node) -> Expose:
    keys = node.keys(rules.EXPOSE, "{type: NodePort, node_port: 30080}")
    expose = Expose(
        type=keys["type"].choice(rules.EXPOSE_TYPES, "ClusterIP"),
        port=keys["port"].integer(rules.PORT) if keys["port"].given else None,
        node_port=keys["node_port"].integer(rules.NODE_PORT) if keys["node_port"].given else None,
    )
    if expose.node_port is not None and keys["type"].value in (None, "ClusterIP", "LoadBalancer"):
        keys["node_port"].fault(f"has no meaning for type {expose.type}", "say type: NodePort, or leave it out")
    return expose


def _read_env(node: Node) -> dict[str, str]:
    env: dict[str, str] = {}
    for name, item in node.mapping("{LOG_LEVEL: info}").items():
        item.own_name(rules.ENV_NAME)
        env[name] = item.scalar()
    return env


def _read_files(node: Node) -> dict[str, str]:
    files: dict[str, str] = {}
    for path, item in node.mapping('{"/etc/app/settings.ini": content}').items():
        item.own_name(rules.ABSOLUTE)
        files[path] = item.scalar()
    size = sum(len(path.encode()) + len(content.encode()) for path, content in files.items())
    if size > rules.FILES_BYTES:
        node.fault(f"they have {size} bytes", f"a ConfigMap holds {rules.FILES_BYTES} at most; put them into the image")
    return files


def _read_depends_on(node: Node) -> dict[str, Dependency]:
    found: dict[str, Dependency] = {}
    for name, item in node.mapping("{database: {on_loss: unready}}").items():
        keys = item.keys(rules.DEPENDENCY, "{on_loss: unready}")
        found[name] = Dependency(on_loss=keys["on_loss"].choice(rules.ON_LOSS, "unready"))
    return found


def _read_resources(node: Node) -> Resources | None:
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


def _read_storage(node: Node) -> Storage | None:
    if not node.given:
        return None
    keys = node.keys(rules.STORAGE, "{path: /var/lib/data, size: 1Gi}")
    if not isinstance(node.value, Mapping):
        return None
    return Storage(
        path=keys["path"].text(rules.ABSOLUTE),
        size=keys["size"].amount()[0],
        storage_class=keys["storage_class"].text(rules.SUBDOMAIN) if keys["storage_class"].given else None,
    )


def _read_task(node: Node, seconds: int) -> Task | None:
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


def check_name(node: Node, app: str) -> None:
    """The name of a component, which names Kubernetes objects.

    :param node: the component.
    :param app: the application's name.
    """
    name = node.own_name(rules.LABEL)
    full = f"{app}-{name}"
    if len(full) > rules.FULL_NAME_LONGEST:
        node.fault(f'"{full}" has {len(full)} characters', f"{rules.FULL_NAME_LONGEST} at most: shorten it or webapp_name")
    for suffix in rules.SUFFIXES_TAKEN:
        if name.endswith(suffix):
            node.fault(f'its name ends with "{suffix}", which objects of other components end with', "choose another name")


def unknown(node: Node, name: str, known: tuple[str, ...], what: str, where: str) -> None:
    """Record that `name` names nothing.

    :param what: the kind of thing it should be, such as "component".
    :param where: what lists those that there are.
    """
    node.fault(f'"{name}" is no {what} of {where}', suggestion(name, known, "there are"))
