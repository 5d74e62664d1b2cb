# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a web application is, once its inventory has been read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Build:
    """How a component's image is built.

    :param context: folder, as the inventory has it: relative to the project or absolute.
    :param dockerfile: file, relative to the context.
    :param target: stage of the Dockerfile; None builds the last one.
    :param args: build arguments.
    """

    context: str
    dockerfile: str
    target: str | None
    args: Mapping[str, str]


@dataclass(frozen=True)
class Expose:
    """How a component's first port is reached.

    :param type: ClusterIP, NodePort or LoadBalancer.
    :param port: port that the Service listens on; None is the container's own.
    :param node_port: port on each node; None lets the cluster choose. NodePort only.
    """

    type: str
    port: int | None
    node_port: int | None


@dataclass(frozen=True)
class Probes:
    """The three probes, each a complete v1.Probe, or None."""

    startup: Mapping[str, Any] | None
    liveness: Mapping[str, Any] | None
    readiness: Mapping[str, Any] | None


@dataclass(frozen=True)
class Dependency:
    """What a lost dependency does to the component.

    :param on_loss: unready (it must stop being ready) or degraded (it must stay ready and answer).
    """

    on_loss: str


@dataclass(frozen=True)
class Resources:
    """Kubernetes quantities by resource name."""

    requests: Mapping[str, str]
    limits: Mapping[str, str]


@dataclass(frozen=True)
class Rollout:
    """How a new version comes up.

    :param restarts_tolerated: restarts that each new pod may have before the release counts as doomed; None is the watch's own default.
    :param ready_within: seconds that a new pod without a startup probe may take to get ready; None is the watch's own default.
    :param strategy: rolling, blue_green or canary.
    :param weight: percent of the replicas that a canary's first pods are; None where it isn't one.
    """

    restarts_tolerated: int | None
    ready_within: int | None
    strategy: str
    weight: int | None


@dataclass(frozen=True)
class Storage:
    """A volume of its own, which makes the component a StatefulSet.

    :param path: where it is mounted.
    :param size: a quantity.
    :param storage_class: None is the cluster's default.
    """

    path: str
    size: str
    storage_class: str | None


@dataclass(frozen=True)
class Task:
    """A command that runs to its end in the component's image.

    :param command: program and arguments.
    :param timeout_seconds: how long it may take, tries included.
    """

    command: tuple[str, ...]
    timeout_seconds: int


@dataclass(frozen=True)
class Component:
    """One part of the application; exactly one of build and image is given."""

    name: str
    kind: str
    build: Build | None
    image: str | None
    command: tuple[str, ...]
    args: tuple[str, ...]
    ports: Mapping[str, int]
    expose: Expose
    probes: Probes
    env: Mapping[str, str]
    files: Mapping[str, str]
    secrets: tuple[str, ...]
    depends_on: Mapping[str, Dependency]
    replicas: int
    rollout: Rollout
    resources: Resources | None
    storage: Storage | None
    writable: tuple[str, ...]
    migrate: Task | None
    test: Task | None
    termination_grace_seconds: int


@dataclass(frozen=True)
class App:
    """The whole application.

    :param secrets: names of the keys of webapp_secrets; never their values.
    """

    name: str
    namespace: str
    components: Mapping[str, Component]
    secrets: tuple[str, ...]


def normal(app: App) -> dict[str, Any]:
    """The application in the inventory's own language, every key present and defaults filled in.

    Reading the result again gives the same application.

    :returns: ``{name, namespace, secrets, components: {name: {...}}}`` of plain JSON types.
    """
    components = {}
    for name, component in app.components.items():
        plain = _plain(asdict(component))
        del plain["name"]
        components[name] = plain
    return {"name": app.name, "namespace": app.namespace, "secrets": list(app.secrets), "components": components}


def _plain(value: Any) -> Any:
    """Tuples as lists, all the way down."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value
