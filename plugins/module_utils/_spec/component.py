# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading one component of webapp_components."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._spec import options, parts, rules
from ansible_collections.proven.webapp.plugins.module_utils._spec.containers import INIT, SIDECAR, check_containers, read_containers
from ansible_collections.proven.webapp.plugins.module_utils._spec.faults import suggestion
from ansible_collections.proven.webapp.plugins.module_utils._spec.model import Component
from ansible_collections.proven.webapp.plugins.module_utils._spec.node import Node
from ansible_collections.proven.webapp.plugins.module_utils._spec.probe import read_probes
from ansible_collections.proven.webapp.plugins.module_utils._spec.rollout import check_rollout, read_rollout

KEYS = (*rules.COMPONENT, *options.COMPONENT)
EXCLUSIVE = ("ReadWriteOnce", "ReadWriteOncePod")


def read_component(name: str, node: Node, project_dir: Path | None) -> Component:
    """One component; faults that need the other components are found by `app.read_app`.

    :param name: its key in the inventory.
    :param project_dir: where build contexts are looked up; None leaves the file system alone.
    """
    keys = node.keys(KEYS, "{build: {context: ...}} or {image: ...}")
    before = len(node.faults)
    ports = parts.read_ports(keys["ports"])
    ports_known = len(node.faults) == before and not keys["ports"].misspelt
    kind = keys["kind"].choice(rules.KINDS, "web")
    component = Component(
        name=name,
        kind=kind,
        build=parts.read_build(keys["build"], project_dir),
        image=parts.read_image(keys["image"]),
        image_of=keys["image_of"].text(rules.LABEL) if keys["image_of"].given else None,
        command=keys["command"].command(),
        args=keys["args"].command(),
        ports=ports,
        expose=parts.read_expose(keys["expose"]),
        probes=read_probes(keys["probes"], {key: port.port for key, port in ports.items()} if ports_known else None),
        env=options.ENV.read(keys["env"]),
        files=parts.read_files(keys["files"]),
        secrets=keys["secrets"].texts(rules.ENV_NAME, "[DATABASE_URL]"),
        depends_on=parts.read_depends_on(keys["depends_on"]),
        replicas=keys["replicas"].integer(rules.REPLICAS) if keys["replicas"].given else 1,
        rollout=read_rollout(keys["rollout"]),
        resources=parts.read_resources(keys["resources"]),
        storage=parts.read_storage(keys["storage"]),
        writable=keys["writable"].texts(rules.ABSOLUTE, "[/var/cache/app]"),
        migrate=parts.read_task(keys["migrate"], rules.MIGRATE_SECONDS),
        test=parts.read_task(keys["test"], rules.TEST_SECONDS),
        termination_grace_seconds=(
            keys["termination_grace_seconds"].integer(rules.GRACE) if keys["termination_grace_seconds"].given else rules.GRACE_SECONDS
        ),
        init=read_containers(keys["init"], INIT, "{wait: {command: [program, argument]}}"),
        sidecars=read_containers(keys["sidecars"], SIDECAR, "{proxy: {image: ghcr.io/acme/proxy:1.2.3}}"),
        options={key: shape.read(keys[key]) for key, shape in options.COMPONENT.items() if keys[key].given},
    )
    if isinstance(node.value, Mapping):
        _check(component, node, keys)
    return component


def _check(component: Component, node: Node, keys: Mapping[str, Node]) -> None:
    """What several keys of one component say together."""
    given = [key for key in ("image", "build", "image_of") if keys[key].given]
    if not given and not any(keys[key].misspelt for key in ("image", "build", "image_of")):
        node.fault("has neither image nor build", "give a build: {context: folder} or an image: reference")
    if len(given) > 1:
        node.fault(f"has both {' and '.join(given)}", "keep the one that is meant")
    _check_kind(component, node, keys)
    if component.expose.port in [port.port for port in component.ports.values()][1:]:
        keys["expose"].child("port").fault(f"{component.expose.port} is another port of the component", "choose another")
    if component.storage is not None and component.replicas > 1 and not component.storage.per_replica:
        keys["replicas"].fault(
            f"{component.replicas} replicas with storage would each have a volume of its own, with different data",
            "set replicas to 1, leave storage out, or say storage: {per_replica: true}",
        )
    check_rollout(component, keys["rollout"])
    _check_scaling(component, keys)
    for key in component.env:
        if key in component.secrets:
            keys["env"].child(key).fault("is among the component's secrets too", "keep one of them")
    for path, file in component.files.items():
        if isinstance(file, dict) and "secret" in file and "key" not in file and file["secret"] not in component.secrets:
            secret = keys["files"].child(path).child("secret")
            secret.fault(f"\"{file['secret']}\" isn't among the component's secrets", "add it there, or name a Secret and its key")
    check_containers(keys["init"], component.init, component.secrets, {component.name})
    check_containers(keys["sidecars"], component.sidecars, component.secrets, {component.name, *component.init})
    port = component.options.get("monitoring", {}).get("port")
    if port is not None and port not in component.ports:
        keys["monitoring"].child("port").fault(f'the component has no port "{port}"', f"its ports: {', '.join(component.ports) or 'none'}")
    _check_paths(component, keys)


def _check_kind(component: Component, node: Node, keys: Mapping[str, Node]) -> None:
    """What the kind asks for and rules out."""
    kind = component.kind
    if kind == "web" and keys["ports"].absent:
        node.fault("has no port", "give it one, such as ports: {http: 8000}, or say kind: worker")
    if kind == "cron" and keys["cron"].absent:
        node.fault("has no schedule", 'give it one, such as cron: {schedule: "0 7 * * *"}')
    if kind == "worker" and (component.expose.type != "ClusterIP" or component.expose.port is not None):
        keys["expose"].fault("a worker has no Service to expose", "leave it out, or say kind: web")
    for key, kinds in options.KINDS_OF.items():
        # All that a worker says with `expose` was looked at above: the normal form always has one.
        if kind not in kinds and keys[key].given and not (kind == "worker" and key == "expose"):
            keys[key].fault(f"has no meaning for kind: {kind}", f"leave it out, or say kind: {' or '.join(kinds)}")


def _check_scaling(component: Component, keys: Mapping[str, Node]) -> None:
    """Who decides on the number of pods, and how many may be missing."""
    scaled = component.options.keys() & {"autoscale", "keda"}
    if len(scaled) == 2:
        keys["keda"].fault("would fight with autoscale over the number of pods", "keep one of them; KEDA knows the triggers cpu and memory")
    for key in sorted(scaled):
        if component.storage is not None:
            keys[key].fault("has no meaning with storage", "leave one of them out")
    scale = component.options.get("autoscale", {})
    asked = component.resources.requests if component.resources is not None else {"cpu": "", "memory": ""}
    for name in ("cpu", "memory"):
        if name in scale and name not in asked:
            keys["autoscale"].child(name).fault(
                "is in percent of what is requested, and nothing is", f"name the {name} in resources: {{requests: ...}}"
            )
    if "disruption" in component.options and most(component) < 2:
        keys["disruption"].fault(
            "has no meaning for one pod: either its node could never be drained, or it protects nothing", "leave it out"
        )


def least(component: Component) -> int:
    """Pods that there are at least; an autoscaler decides on the others."""
    for key, unsaid in (("autoscale", 1), ("keda", 0)):
        if key in component.options:
            return int(component.options[key].get("min", unsaid))
    return component.replicas


def most(component: Component) -> int:
    """Pods that there are at most."""
    limits = [int(component.options[key].get("max", 1)) for key in ("autoscale", "keda") if key in component.options]
    return max([component.replicas, *limits])


def _check_paths(component: Component, keys: Mapping[str, Node]) -> None:
    """No path is mounted twice, and none where something else is."""
    taken: dict[str, str] = dict(rules.PATHS_TAKEN)
    mounts = [(keys["writable"].child(index), path) for index, path in enumerate(component.writable)]
    mounts += [(keys["files"].child(path), path) for path in component.files]
    volumes: dict[str, Any] = component.options.get("volumes", {})
    mounts += [(keys["volumes"].child(name).child("path"), volume.get("path", "")) for name, volume in volumes.items()]
    if component.storage is not None:
        mounts.append((keys["storage"].child("path"), component.storage.path))
    for node, path in mounts:
        if path in taken:
            node.fault(f'"{path}" can\'t be mounted: {taken[path]}', "leave it out, or choose another path")
        elif path:
            taken[path] = f"{node.path} has it already"
    for name, volume in volumes.items():
        alone = "size" in volume and volume.get("access", "ReadWriteOnce") in EXCLUSIVE
        if not alone or component.kind not in options.LONG_RUNNING:
            continue
        if most(component) > 1:
            keys["volumes"].child(name).child("access").fault(
                f"{most(component)} pods can't share it: it can be mounted on one node at a time", "say access: ReadWriteMany"
            )
        elif component.storage is None and component.rollout.strategy != "recreate":
            keys["volumes"].child(name).fault(
                "can be mounted on one node at a time, so that a new pod could wait for the old one for ever",
                "say rollout: {strategy: recreate}, access: ReadWriteMany where the cluster has that, or use storage",
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
