# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The clone: a pod like the live ones, with the toolbox beside it and nothing of theirs that can be changed. Pure."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._drill.labels import DRILL, DRILL_OF
from ansible_collections.proven.webapp.plugins.module_utils._drill.model import Dependency
from ansible_collections.proven.webapp.plugins.module_utils._probes.model import (
    READINESS,
    HttpGet,
    PortError,
    Probe,
    probes_of,
    resolve_port,
)

TOOLBOX = "proven-toolbox"
CONTROL_PORT = 15790
FIRST_LOOPBACK = 2
PRIVILEGED = 1024
PORTS_FOR_ALL = "net.ipv4.ip_unprivileged_port_start"
HARMLESS_VOLUMES = ("configMap", "secret", "projected", "downwardAPI", "emptyDir")
"""What the pod needs in order to start and can't change for others. Anything else could be the live pods' own data."""
NOT_FOR_CLONES = ("nodeName", "hostname", "subdomain", "readinessGates", "topologySpreadConstraints", "priorityClassName", "priority")
"""What ties a pod to a place or a rank: a clone must push nobody aside."""


@dataclass(frozen=True)
class Subject:
    """A workload to make clones of.

    :ivar container: the one whose probes count.
    :ivar probes: its own, by kind.
    :ivar port: where it speaks HTTP; None where no probe tells.
    :ivar selector: of its live pods, as a query takes it.
    """

    kind: str
    name: str
    namespace: str
    uid: str
    component: str
    template: Mapping[str, Any]
    claims: tuple[str, ...] = ()
    selector: str = ""
    container: str = ""
    probes: Mapping[str, Probe] = field(default_factory=dict)
    port: int | None = None
    tls: bool = False
    health_paths: tuple[str, ...] = ()

    @classmethod
    def of(cls, workload: Mapping[str, Any], component: str) -> Subject:
        """:param workload: a Deployment, StatefulSet, DaemonSet or ReplicaSet as the API gives it, its kind included."""
        meta, spec = workload["metadata"], workload["spec"]
        template = spec["template"]
        containers = template["spec"]["containers"]
        container = next((item for item in containers if item.get("readinessProbe")), containers[0])
        probes = {probe.kind: probe for probe in probes_of(container)}
        http = {kind: probe.handler for kind, probe in probes.items() if isinstance(probe.handler, HttpGet) and not probe.handler.host}
        asked = http.get(READINESS) or next(iter(http.values()), None)
        port = None
        if isinstance(asked, HttpGet):
            try:
                port = resolve_port(asked.port, container)
            except PortError:
                port = None
        return cls(
            kind=str(workload["kind"]),
            name=str(meta["name"]),
            namespace=str(meta["namespace"]),
            uid=str(meta["uid"]),
            component=component,
            template=template,
            claims=tuple(claim["metadata"]["name"] for claim in spec.get("volumeClaimTemplates") or ()),
            selector=query_of(spec.get("selector") or {}),
            container=str(container["name"]),
            probes=probes,
            port=port,
            tls=isinstance(asked, HttpGet) and asked.scheme == "HTTPS",
            health_paths=tuple(dict.fromkeys(item.path for item in http.values() if isinstance(item, HttpGet))),
        )

    @property
    def readiness_path(self) -> str | None:
        probe = self.probes.get(READINESS)
        return probe.handler.path if probe and isinstance(probe.handler, HttpGet) else None

    @property
    def grace(self) -> float:
        """Seconds; 30 is the API's default."""
        given = self.template["spec"].get("terminationGracePeriodSeconds")
        return float(30 if given is None else given)

    @property
    def ports(self) -> list[int]:
        """All that its containers declare, and those that probes ask."""
        spec = self.template["spec"]
        declared = [
            int(port["containerPort"])
            for container in [*spec["containers"], *(spec.get("initContainers") or [])]
            for port in container.get("ports") or []
        ]
        return sorted({*declared, *([self.port] if self.port else [])})

    def obstacle(self) -> str:
        """Why no clone of it can show anything; empty where one can."""
        if self.template["spec"].get("hostNetwork"):
            return "it shares its node's network: its dependencies can't be kept from it alone"
        if CONTROL_PORT in self.ports:
            return f"it listens on port {CONTROL_PORT}, which the toolbox needs"
        return ""


def query_of(selector: Mapping[str, Any]) -> str:
    """A v1.LabelSelector as a query takes it."""
    parts = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    for item in selector.get("matchExpressions") or []:
        key, operator, values = item["key"], item["operator"], ",".join(item.get("values") or [])
        parts.append({"In": f"{key} in ({values})", "NotIn": f"{key} notin ({values})", "Exists": key}.get(operator, f"!{key}"))
    return ",".join(parts)


@dataclass(frozen=True)
class Order:
    """What one clone is to be like.

    :ivar run: identity of the drill, which all that it makes carries.
    :ivar labels: of the clone.
    :ivar owner: v1.OwnerReference: what goes takes the clone with it.
    :ivar deadline: seconds after which the kubelet ends it.
    :ivar mode: of the proxy at the beginning.
    :ivar overrides: {env, command, args} of the container that counts.
    """

    name: str
    run: str
    labels: Mapping[str, str]
    owner: Mapping[str, Any]
    image: str
    deadline: int
    dependencies: Sequence[Dependency] = ()
    mode: str = "pass"
    overrides: Mapping[str, Any] = field(default_factory=dict)


def loopback(number: int) -> str:
    """One address for each dependency: two may have the same port."""
    return f"127.0.0.{FIRST_LOOPBACK + number}"


def replaced_volumes(subject: Subject) -> list[str]:
    """Volumes that are empty in the clone."""
    volumes = subject.template["spec"].get("volumes") or []
    mine = [volume["name"] for volume in volumes if not any(kind in volume for kind in HARMLESS_VOLUMES)]
    return list(dict.fromkeys([*mine, *subject.claims]))


def clone(subject: Subject, order: Order) -> dict[str, Any]:
    """The manifest of a v1.Pod."""
    spec = copy.deepcopy(dict(subject.template["spec"]))
    for key in NOT_FOR_CLONES:
        spec.pop(key, None)
    if affinity := spec.get("affinity"):
        spec["affinity"] = {key: value for key, value in affinity.items() if key == "nodeAffinity"}
    replaced = replaced_volumes(subject)
    volumes = [
        {"name": volume["name"], "emptyDir": {}} if volume["name"] in replaced else volume
        for volume in spec.get("volumes") or []
        if volume["name"] not in subject.claims
    ]
    spec["volumes"] = [*volumes, *({"name": name, "emptyDir": {}} for name in subject.claims)]
    spec["hostAliases"] = [
        *(spec.get("hostAliases") or []),
        *({"ip": loopback(number), "hostnames": list(item.hosts)} for number, item in enumerate(order.dependencies)),
    ]
    spec["initContainers"] = [_toolbox(order), *(spec.get("initContainers") or [])]
    spec["restartPolicy"] = "Always"
    spec["activeDeadlineSeconds"] = order.deadline
    if any(port < PRIVILEGED for item in order.dependencies for port in item.ports):
        context = spec.setdefault("securityContext", {})
        others = [item for item in context.get("sysctls") or [] if item["name"] != PORTS_FOR_ALL]
        context["sysctls"] = [*others, {"name": PORTS_FOR_ALL, "value": "0"}]
    for container in spec["containers"]:
        if container["name"] == subject.container:
            _override(container, order.overrides)
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": order.name,
            "namespace": subject.namespace,
            "labels": {**order.labels, DRILL: order.run, DRILL_OF: subject.uid},
            "annotations": {
                **(subject.template["metadata"].get("annotations") or {}),
                # Nothing that scales or evicts should wait for it.
                "cluster-autoscaler.kubernetes.io/safe-to-evict": "true",
            },
            "ownerReferences": [dict(order.owner)],
        },
        "spec": spec,
    }


def _override(container: dict[str, Any], overrides: Mapping[str, Any]) -> None:
    for key in ("command", "args"):
        if key in overrides:
            container[key] = [str(word) for word in overrides[key]]
    env = {str(name): str(value) for name, value in (overrides.get("env") or {}).items()}
    if env:
        kept = [item for item in container.get("env") or [] if item["name"] not in env]
        container["env"] = [*kept, *({"name": name, "value": value.replace("$", "$$")} for name, value in env.items())]


def _toolbox(order: Order) -> dict[str, Any]:
    """A sidecar that is there before the first container starts, and until the last one has ended."""
    targets = [
        f"--target={item.name if len(item.ports) == 1 else f'{item.name}-{port}'}={loopback(number)}:{port}={item.hosts[0]}:{port}"
        for number, item in enumerate(order.dependencies)
        for port in item.ports
    ]
    return toolbox_container(order.image, ["serve", f"--control={CONTROL_PORT}", f"--mode={order.mode}", *targets], restart="Always")


def toolbox_container(image: str, args: Sequence[str], *, restart: str | None = None) -> dict[str, Any]:
    """A v1.Container of the toolbox that passes the restricted Pod Security Standard."""
    probe = {"httpGet": {"path": "/healthz", "port": CONTROL_PORT}, "periodSeconds": 1, "timeoutSeconds": 5, "failureThreshold": 180}
    return {
        "name": TOOLBOX,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        **({"restartPolicy": restart} if restart else {}),
        "args": list(args),
        "ports": [{"name": "proven-control", "containerPort": CONTROL_PORT, "protocol": "TCP"}],
        "startupProbe" if restart else "readinessProbe": probe,
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "128Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "runAsUser": 1001,
            "runAsGroup": 1001,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
