# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The types of what the audit reads: whatever has another type is left out and told, so that no check meets it.

A shape is one of the functions below or of what they make: it takes a value, its path and the faults to add to, and gives the value as a
check may have it, or None. Null stands for absent, as it does for the API server.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._probes.model import KINDS


@dataclass(frozen=True)
class Misfit:
    """A value that the API server would refuse or not see.

    :ivar path: as in `spec.template.spec.containers[0].livenessProbe.port`.
    :ivar text: what is wrong with it; never the value itself, which may be a secret.
    :ivar unknown: the name is unknown, rather than the value of a wrong type.
    :ivar container: the name of the container that it is in, if any.
    """

    path: str
    text: str
    unknown: bool = False
    container: str = ""

    @property
    def probe(self) -> str:
        """The kind of the probe that it is in, if any."""
        return next((kind for kind in KINDS if f".{kind}Probe" in self.path), "")


Shape = Callable[[Any, str, list[Misfit]], Any]

INT32 = 2**31
NAMES = {dict: "a mapping", list: "a list", str: "text", bool: "true or false", int: "a number", float: "a fraction"}


def _name(value: object) -> str:
    return NAMES.get(type(value), type(value).__name__)


def integer(value: Any, path: str, faults: list[Misfit]) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and -INT32 <= value < INT32:
        return value
    if isinstance(value, float) and value.is_integer() and -INT32 <= value < INT32:
        # JSON knows no difference between 5 and 5.0.
        return int(value)
    faults.append(Misfit(path, f"is {_name(value)}, and has to be a whole number of 32 bits"))
    return None


def text(value: Any, path: str, faults: list[Misfit]) -> str | None:
    if isinstance(value, str):
        return value
    faults.append(Misfit(path, f"is {_name(value)}, and has to be text: put it in quotes"))
    return None


def boolean(value: Any, path: str, faults: list[Misfit]) -> bool | None:
    if isinstance(value, bool):
        return value
    faults.append(Misfit(path, f"is {_name(value)}, and has to be true or false"))
    return None


def integer_or_text(value: Any, path: str, faults: list[Misfit]) -> int | str | None:
    return value if isinstance(value, str) else integer(value, path, faults)


def each(shape: Shape) -> Shape:
    """A list of that."""

    def read(value: Any, path: str, faults: list[Misfit]) -> list[Any]:
        if not isinstance(value, list):
            faults.append(Misfit(path, f"is {_name(value)}, and has to be a list"))
            return []
        found = [shape(item, f"{path}[{index}]", faults) for index, item in enumerate(value)]
        return [item for item in found if item is not None]

    return read


def texts(value: Any, path: str, faults: list[Misfit]) -> dict[str, str]:
    """A mapping of text to text, such as labels."""
    if not isinstance(value, Mapping):
        faults.append(Misfit(path, f"is {_name(value)}, and has to be a mapping"))
        return {}
    found = {}
    for key, item in value.items():
        if isinstance(key, str) and isinstance(item, str):
            found[key] = item
        elif item is not None:
            faults.append(Misfit(f"{path}.{key}", f"is {_name(item)}, and has to be text: put it in quotes"))
    return found


def fields(shapes: Mapping[str, Shape], *, closed: bool = False) -> Shape:
    """A mapping with these names; what has other names is left out.

    :param closed: other names are told.
    """

    def read(value: Any, path: str, faults: list[Misfit]) -> dict[str, Any] | None:
        if not isinstance(value, Mapping):
            faults.append(Misfit(path, f"is {_name(value)}, and has to be a mapping"))
            return None
        found: dict[str, Any] = {}
        for key, item in value.items():
            shape = shapes.get(key) if isinstance(key, str) else None
            if shape is not None:
                if item is not None:
                    read_item = shape(item, f"{path}.{key}" if path else key, faults)
                    if read_item is not None:
                        found[key] = read_item
            elif closed:
                faults.append(Misfit(f"{path}.{key}", f"is no field: there are {', '.join(shapes)}", unknown=True))
        return found

    return read


# --- what is read of Kubernetes' objects

HTTP = fields(
    {
        "path": text,
        "port": integer_or_text,
        "scheme": text,
        "host": text,
        "httpHeaders": each(fields({"name": text, "value": text}, closed=True)),
    },
    closed=True,
)
TCP = fields({"port": integer_or_text, "host": text}, closed=True)
# A name in a gRPC probe has a rule of its own.
GRPC = fields({"port": integer_or_text, "service": text}, closed=True)
EXEC = fields({"command": each(text)}, closed=True)
PROBE = fields(
    {
        "httpGet": HTTP,
        "tcpSocket": TCP,
        "grpc": GRPC,
        "exec": EXEC,
        "initialDelaySeconds": integer,
        "timeoutSeconds": integer,
        "periodSeconds": integer,
        "successThreshold": integer,
        "failureThreshold": integer,
        "terminationGracePeriodSeconds": integer,
    },
    closed=True,
)
HOOK = fields({"exec": EXEC, "httpGet": HTTP, "tcpSocket": TCP, "sleep": fields({"seconds": integer})})
_CONTAINER = fields(
    {
        "name": text,
        "image": text,
        "restartPolicy": text,
        "ports": each(fields({"name": text, "containerPort": integer, "protocol": text})),
        "startupProbe": PROBE,
        "livenessProbe": PROBE,
        "readinessProbe": PROBE,
        "lifecycle": fields({"preStop": HOOK}),
    }
)
PROBE_FIELDS = tuple(f"{kind}Probe" for kind in KINDS)


def container(value: Any, path: str, faults: list[Misfit]) -> Any:
    """A container, told of names that were meant to be a probe's."""
    before = len(faults)
    if isinstance(value, Mapping):
        faults += [
            Misfit(f"{path}.{key}", f"is no field: there are {', '.join(PROBE_FIELDS)}", unknown=True)
            for key in value
            if isinstance(key, str) and key not in PROBE_FIELDS and key.lower().endswith("probe")
        ]
    read = _CONTAINER(value, path, faults)
    if len(faults) > before and read:
        faults[before:] = [replace(fault, container=read.get("name", "")) for fault in faults[before:]]
    return read


POD_SPEC = fields(
    {
        "containers": each(container),
        "initContainers": each(container),
        "terminationGracePeriodSeconds": integer,
        "hostNetwork": boolean,
        "restartPolicy": text,
    }
)
METADATA = fields(
    {
        "name": text,
        "generateName": text,
        "namespace": text,
        "labels": texts,
        "annotations": texts,
        "ownerReferences": each(fields({"kind": text, "name": text, "controller": boolean})),
    }
)
_ROLLING = fields({"maxUnavailable": integer_or_text, "maxSurge": integer_or_text})
_STRATEGY = fields({"type": text, "rollingUpdate": _ROLLING})
_TEMPLATE = fields({"metadata": METADATA, "spec": POD_SPEC})
WORKLOAD_SPEC = fields(
    {
        "replicas": integer,
        "progressDeadlineSeconds": integer,
        "strategy": _STRATEGY,
        "updateStrategy": _STRATEGY,
        "template": _TEMPLATE,
    }
)
CRON_SPEC = fields({"jobTemplate": fields({"spec": fields({"template": _TEMPLATE})})})
SERVICE_SPEC = fields(
    {
        "type": text,
        "clusterIP": text,
        "selector": texts,
        "publishNotReadyAddresses": boolean,
        "ports": each(
            fields({"name": text, "port": integer, "targetPort": integer_or_text, "appProtocol": text, "protocol": text}),
        ),
    }
)
SELECTOR = fields({"matchLabels": texts, "matchExpressions": each(fields({"key": text, "operator": text, "values": each(text)}))})
BUDGET_SPEC = fields({"minAvailable": integer_or_text, "maxUnavailable": integer_or_text, "selector": SELECTOR})
SCALER_SPEC = fields({"scaleTargetRef": fields({"kind": text, "name": text}), "minReplicas": integer, "maxReplicas": integer})
