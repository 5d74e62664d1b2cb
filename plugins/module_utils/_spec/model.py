# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a web application is, once its inventory has been read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    :param annotations: of the Service; clouds read their settings there.
    """

    type: str
    port: int | None
    node_port: int | None
    annotations: Mapping[str, str]


@dataclass(frozen=True)
class Port:
    """A port of a container.

    :param protocol: TCP, UDP or SCTP.
    :param app_protocol: what is spoken, for those that look into it, such as ``kubernetes.io/h2c``.
    """

    port: int
    protocol: str
    app_protocol: str | None


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
    :param strategy: rolling, recreate, blue_green or canary.
    :param weight: percent of the replicas, and of a route's requests, that a canary is; None where it isn't one.
    :param max_surge: pods above the replicas while a new version comes: a number or a percentage; None is the chart's own default.
    :param max_unavailable: pods that may be missing meanwhile; None is the chart's own default.
    :param min_ready_seconds: that a new pod must stay ready before it counts; None is the chart's own default.
    """

    restarts_tolerated: int | None
    ready_within: int | None
    strategy: str
    weight: int | None
    max_surge: int | str | None
    max_unavailable: int | str | None
    min_ready_seconds: int | None


@dataclass(frozen=True)
class Storage:
    """A volume of its own, which makes the component a StatefulSet.

    :param path: where it is mounted.
    :param size: a quantity.
    :param storage_class: None is the cluster's default.
    :param per_replica: several replicas may each have a volume, with different data.
    """

    path: str
    size: str
    storage_class: str | None
    per_replica: bool


@dataclass(frozen=True)
class Task:
    """A command that runs to its end in the component's image.

    :param command: program and arguments.
    :param timeout_seconds: how long it may take, tries included.
    """

    command: tuple[str, ...]
    timeout_seconds: int


@dataclass(frozen=True)
class Container:
    """A container beside the component's own.

    :param image: None is the component's own, and with it the component's environment.
    :param env: texts, or where they come from.
    :param secrets: those of the component that it gets.
    """

    image: str | None
    command: tuple[str, ...]
    args: tuple[str, ...]
    env: Mapping[str, Any]
    env_from: Sequence[Mapping[str, Any]]
    secrets: tuple[str, ...]
    resources: Resources | None
    ports: Mapping[str, Port]
    probes: Probes


@dataclass(frozen=True)
class Component:
    """One part of the application; exactly one of build, image and image_of is given.

    :param image_of: the component whose image it has too.
    :param env: texts, or where they come from: see options.ENV.
    :param files: contents, or where they come from: see options.FILE.
    :param options: what else is said of it, by the keys of options.COMPONENT; those left out aren't there.
    """

    name: str
    kind: str
    build: Build | None
    image: str | None
    image_of: str | None
    command: tuple[str, ...]
    args: tuple[str, ...]
    ports: Mapping[str, Port]
    expose: Expose
    probes: Probes
    env: Mapping[str, Any]
    files: Mapping[str, Any]
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
    init: Mapping[str, Container]
    sidecars: Mapping[str, Container]
    options: Mapping[str, Any]

    @property
    def reached(self) -> bool:
        """Whether anybody outside of the cluster is meant to reach it."""
        return self.expose.type != "ClusterIP" or bool(self.options.keys() & {"ingress", "route"})


@dataclass(frozen=True)
class App:
    """The whole application.

    :param secrets: names of the keys of webapp_secrets; never their values.
    :param options: what else is said of it, by the keys of options.APP; those left out aren't there.
    """

    name: str
    namespace: str
    components: Mapping[str, Component]
    secrets: tuple[str, ...]
    options: Mapping[str, Any]


def normal(app: App) -> dict[str, Any]:
    """The application in the inventory's own language, defaults filled in; special keys that were left out stay so.

    Reading the result again gives the same application.

    :returns: ``{name, namespace, secrets, components: {name: {...}}}`` of plain JSON types, and what else was said.
    """
    components = {}
    for name, component in app.components.items():
        found = _plain(asdict(component))
        del found["name"]
        found |= found.pop("options")
        for item in (found, *found["init"].values(), *found["sidecars"].values()):
            item["ports"] = {port: _short(port_of) for port, port_of in item["ports"].items()}
        for item in found["init"].values():
            del item["ports"], item["probes"]
        # They say what isn't given otherwise: kinds that know no such thing refuse them.
        if component.kind in ("job", "cron"):
            for key in ("expose", "probes", "replicas", "rollout", "ports", "test", "storage"):
                del found[key]
        components[name] = found
    return {"name": app.name, "namespace": app.namespace, "secrets": list(app.secrets), "components": components, **_plain(app.options)}


def _short(port: Mapping[str, Any]) -> Any:
    """A port as people write it: mostly a number."""
    return port["port"] if port == {"port": port["port"], "protocol": "TCP", "app_protocol": None} else port


def _plain(value: Any) -> Any:
    """Tuples as lists, all the way down."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value
