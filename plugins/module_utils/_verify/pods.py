# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What pods say of themselves, and which of their probes can be asked again from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PROBES = ("startup", "liveness", "readiness")


@dataclass(frozen=True)
class Replay:
    """An HTTP probe as the API server's pod proxy can ask it.

    :ivar target: the proxy's name of pod and port, `[https:]pod:8000`.
    :ivar path: with a leading slash.
    :ivar headers: what the kubelet would send besides its own.
    """

    pod: str
    container: str
    probe: str
    target: str
    path: str
    headers: tuple[tuple[str, str], ...]


def is_current(pod: Mapping[str, Any]) -> bool:
    """Neither finished nor on its way out."""
    return not pod["metadata"].get("deletionTimestamp") and pod.get("status", {}).get("phase") not in ("Succeeded", "Failed")


def component_of(pod: Mapping[str, Any]) -> str:
    return str(pod["metadata"].get("labels", {}).get("app.kubernetes.io/component", ""))


def is_ready(pod: Mapping[str, Any]) -> bool:
    conditions = pod.get("status", {}).get("conditions") or []
    return any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)


def why_not_ready(pod: Mapping[str, Any]) -> str:
    """The plainest reason that the pod's status has."""
    for status in pod.get("status", {}).get("containerStatuses") or []:
        waiting = (status.get("state") or {}).get("waiting") or {}
        if waiting.get("reason"):
            return f"{status['name']} is waiting: {waiting['reason']} {waiting.get('message', '')}".strip()
        if not status.get("started", True):
            return f"{status['name']} has not passed its startup probe"
        if not status.get("ready", True):
            return f"{status['name']} does not pass its readiness probe"
    for condition in pod.get("status", {}).get("conditions") or []:
        if condition.get("status") != "True" and condition.get("message"):
            return str(condition["message"])
    return str(pod.get("status", {}).get("phase", "unknown"))


def pod_problems(pods: Sequence[Mapping[str, Any]], replicas: Mapping[str, int]) -> list[str]:
    """What keeps the components from being there in full.

    :param pods: the release's pods.
    :param replicas: component → how many pods have to be ready.
    """
    problems = []
    current = [pod for pod in pods if is_current(pod)]
    for component, wanted in replicas.items():
        own = [pod for pod in current if component_of(pod) == component]
        ready = [pod for pod in own if is_ready(pod)]
        if len(ready) < wanted:
            reasons = [f"{pod['metadata']['name']}: {why_not_ready(pod)}" for pod in own if not is_ready(pod)]
            problems.append(f"{component}: {len(ready)} of {wanted} pods ready" + (f" ({'; '.join(reasons)})" if reasons else ""))
    return problems


def port_number(container: Mapping[str, Any], port: int | str) -> int | None:
    """A probe's port by number; a name is looked up in the same container, as the kubelet does."""
    if isinstance(port, int) or str(port).isdigit():
        return int(port)
    found = next((item for item in container.get("ports") or [] if item.get("name") == port), None)
    return int(found["containerPort"]) if found else None


def replays(pod: Mapping[str, Any]) -> list[Replay]:
    """The HTTP probes of a pod that can be asked again through the API server."""
    found = []
    name = pod["metadata"]["name"]
    for container in pod["spec"]["containers"]:
        for kind in PROBES:
            handler = (container.get(f"{kind}Probe") or {}).get("httpGet")
            if not handler or handler.get("host"):
                continue
            number = port_number(container, handler["port"])
            if number is None:
                continue
            scheme = "https:" if handler.get("scheme") == "HTTPS" else ""
            headers = tuple((item["name"], item["value"]) for item in handler.get("httpHeaders") or [])
            path = "/" + str(handler.get("path") or "/").lstrip("/")
            found.append(Replay(name, container["name"], kind, f"{scheme}{name}:{number}", path, headers))
    return found


def probe_passes(status: int) -> bool:
    """As the kubelet sees it: pkg/probe/http, 200–399."""
    return 200 <= status < 400


def probes_judged_by_kubelet(pod: Mapping[str, Any]) -> int:
    """How many probes can't be asked again from outside, so that the pod's Ready condition stands for them."""
    declared = sum(1 for container in pod["spec"]["containers"] for kind in PROBES if container.get(f"{kind}Probe"))
    return declared - len(replays(pod))
