# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the checks look at: workloads with their containers, and what selects, protects and scales them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._audit.shape import Misfit
from ansible_collections.proven.webapp.plugins.module_utils._probes.model import Probe, is_sidecar, probes_of

GRACE = 30
"""Seconds that a pod has to end (pkg/apis/core/v1/defaults.go)."""
PROGRESS_DEADLINE = 600
"""Seconds that a Deployment has to make progress (pkg/apis/apps/v1/defaults.go)."""


@dataclass(frozen=True)
class Subject:
    """An object that findings are about.

    :ivar raw: the object's `spec`, with the right types (see shape.py); of a Pod its own.
    :ivar misfits: what had wrong types.
    """

    kind: str
    name: str
    namespace: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    raw: Mapping[str, Any]
    misfits: Sequence[Misfit]
    file: str
    line: int
    owner: tuple[str, str] | None
    """Kind and name of the object that controls this one."""

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


@dataclass(frozen=True)
class Selector:
    """A v1.LabelSelector; one without any term selects everything."""

    labels: Mapping[str, str]
    expressions: Sequence[Mapping[str, Any]] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Does it select what has these labels? (apimachinery/pkg/labels/selector.go)"""
        return self.labels.items() <= labels.items() and all(_holds(term, labels) for term in self.expressions)


def _holds(term: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    value = labels.get(term.get("key", ""))
    values = term.get("values", [])
    match term.get("operator"):
        case "In":
            return value is not None and value in values
        case "NotIn":
            return value is None or value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
    return False


@dataclass(frozen=True)
class Service:
    """:ivar selector: None where it selects nothing by itself."""

    subject: Subject
    selector: Selector | None

    @property
    def headless(self) -> bool:
        return self.subject.raw.get("clusterIP") == "None"

    @property
    def ports(self) -> Sequence[Mapping[str, Any]]:
        ports: Sequence[Mapping[str, Any]] = self.subject.raw.get("ports", [])
        return ports


@dataclass(frozen=True)
class Budget:
    """A PodDisruptionBudget."""

    subject: Subject
    selector: Selector | None
    workloads: list[Workload] = field(default_factory=list)


@dataclass(frozen=True)
class Scaler:
    """A HorizontalPodAutoscaler."""

    subject: Subject

    @property
    def least(self) -> int:
        """The fewest pods that it leaves; 1 unless it says so."""
        return int(self.subject.raw.get("minReplicas", 1))


@dataclass(frozen=True)
class Container:
    """A container with its probes.

    :ivar raw: v1.Container, with the right types.
    :ivar init: it is among the init containers.
    :ivar refused: kinds of its probes that the API server refuses, as far as found out.
    """

    raw: Mapping[str, Any]
    init: bool
    workload: Workload
    refused: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        return str(self.raw.get("name", ""))

    @property
    def sidecar(self) -> bool:
        return self.init and is_sidecar(self.raw)

    @cached_property
    def probes(self) -> dict[str, Probe]:
        """Declared probes by kind."""
        return {probe.kind: probe for probe in probes_of(self.raw)}

    def sound(self, kind: str) -> Probe | None:
        """A probe whose numbers mean something."""
        return None if kind in self.refused else self.probes.get(kind)

    @cached_property
    def targets(self) -> list[tuple[Service, Mapping[str, Any], int]]:
        """Each port of a Service that leads into this container, with the number here.

        A number that no container of the pod declares leads into the only container, where there is but one: declaring is optional.
        """
        return [
            (service, port, number)
            for service in self.workload.services
            for port in service.ports
            if (number := self._target(port)) is not None
        ]

    def _target(self, port: Mapping[str, Any]) -> int | None:
        own = self.raw.get("ports", [])
        target = port.get("targetPort") or port.get("port")
        if isinstance(target, str):
            # A name is looked up in all containers, sidecars too (k8s.io/endpointslice/utils.go, FindPort).
            return next((item.get("containerPort") for item in own if item.get("name") == target), None)
        if any(item.get("containerPort") == target for item in own):
            return target
        alone = len(self.workload.running) == 1
        return target if alone else None


@dataclass(frozen=True)
class Workload:
    """Something that runs pods.

    :ivar pod: v1.PodSpec, with the right types.
    :ivar labels: of its pods.
    :ivar ends: its pods end by themselves (Job, CronJob, a Pod that isn't restarted): most of what probes are for doesn't concern it.
    """

    subject: Subject
    pod: Mapping[str, Any]
    labels: Mapping[str, str]
    ends: bool
    services: list[Service] = field(default_factory=list)
    scalers: list[Scaler] = field(default_factory=list)

    @cached_property
    def containers(self) -> list[Container]:
        return [
            *(Container(raw, True, self) for raw in self.pod.get("initContainers", [])),
            *(Container(raw, False, self) for raw in self.pod.get("containers", [])),
        ]

    @cached_property
    def running(self) -> list[Container]:
        """Those that run while the pod serves."""
        return [container for container in self.containers if not container.init or container.sidecar]

    def pod_fragment(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """These fields of its pods' spec, as the object has them."""
        if self.subject.kind == "Pod":
            return {"spec": dict(fields)}
        template = {"spec": {"template": {"spec": dict(fields)}}}
        return {"spec": {"jobTemplate": template}} if self.subject.kind == "CronJob" else template

    @property
    def grace(self) -> int:
        """Seconds that its pods have to end."""
        return int(self.pod.get("terminationGracePeriodSeconds", GRACE))

    @property
    def replicas(self) -> int | None:
        """The fewest pods that there shall be; None where nobody says (DaemonSet, Pod)."""
        if self.subject.kind not in ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"):
            return None
        if self.scalers:
            return min(scaler.least for scaler in self.scalers)
        return int(self.subject.raw.get("replicas", 1))


def scaled(value: int | str, total: int, *, up: bool) -> int | None:
    """A number or a percentage of the total, as Kubernetes rounds it (apimachinery/pkg/util/intstr, GetScaledValueFromIntOrPercent).

    :returns: None where it is neither.
    """
    if isinstance(value, int):
        return value
    number = value.removesuffix("%")
    if number == value or not (number.isascii() and number.isdigit() and len(number) < 6):
        return None
    exact = int(number) * total / 100
    return math.ceil(exact) if up else math.floor(exact)
