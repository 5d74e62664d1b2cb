# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A cluster as Minikube keeps it, from the files and answers that it gives, and how it differs from what is asked for. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._kind.spec import PortMapping
from ansible_collections.proven.webapp.plugins.module_utils._kind.state import Drift
from ansible_collections.proven.webapp.plugins.module_utils._minikube.spec import Spec, gates, mebibytes, version


@dataclass(frozen=True)
class Profile:
    """What a profile's config.json says.

    :ivar memory: MiB; `disk_size` too.
    :ivar extra_config: `component.key` → value.
    :ivar addons: those that are enabled.
    :ivar nodes: names, of their containers too.
    :ivar network: of the nodes' containers.
    """

    name: str
    driver: str
    container_runtime: str
    kubernetes_version: str
    cpus: int
    memory: int
    disk_size: int
    nodes: tuple[str, ...]
    ip: str
    cni: str
    base_image: str
    network: str
    extra_config: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[PortMapping, ...] = ()
    mounts: tuple[str, ...] = ()
    feature_gates: str = ""
    addons: frozenset[str] = frozenset()


PORT = re.compile(r"(?:(?:(?P<address>[0-9.]+):)?(?P<host>\d+):)?(?P<node>\d+)(?:/tcp)?")


def parse_port(text: str) -> PortMapping | None:
    """From `[address:][host port:]node port`, as Docker writes it; None of anything else, such as a range."""
    match = PORT.fullmatch(text)
    return PortMapping(int(match["node"]), int(match["host"] or match["node"]), match["address"] or "0.0.0.0") if match else None


def parse_profile(text: str) -> Profile | None:
    """From config.json; None where a start was cut off before it was whole."""
    try:
        raw: dict[str, Any] = json.loads(text)
        kubernetes = raw["KubernetesConfig"]
        nodes = raw["Nodes"] or [{}]
        options = kubernetes.get("ExtraOptions") or []
        return Profile(
            name=raw["Name"],
            driver=raw["Driver"],
            container_runtime=kubernetes["ContainerRuntime"].replace("-", ""),
            kubernetes_version=kubernetes["KubernetesVersion"],
            cpus=int(raw["CPUs"]),
            memory=int(raw["Memory"]),
            disk_size=int(raw["DiskSize"]),
            nodes=tuple("-".join(filter(None, (raw["Name"], node.get("Name")))) for node in nodes),
            ip=nodes[0].get("IP") or "",
            cni=kubernetes.get("CNI") or "",
            base_image=raw.get("KicBaseImage") or "",
            network=raw.get("Network") or raw["Name"],
            extra_config={f"{option['Component']}.{option['Key']}": str(option["Value"]) for option in options},
            ports=tuple(sorted(filter(None, map(parse_port, raw.get("ExposedPorts") or [])))),
            mounts=tuple(raw.get("ContainerVolumeMounts") or ([raw["MountString"]] if raw.get("MountString") else [])),
            feature_gates=kubernetes.get("FeatureGates") or "",
            addons=frozenset(name for name, enabled in (raw.get("Addons") or {}).items() if enabled),
        )
    except (ValueError, KeyError, TypeError):
        return None


@dataclass(frozen=True)
class Status:
    """What `minikube status` says of all nodes together.

    :ivar running: every host, kubelet and API server is.
    :ivar stopped: every host is.
    :ivar known: the kubeconfig leads to it.
    :ivar words: what isn't as it should be.
    """

    running: bool = False
    stopped: bool = False
    known: bool = False
    words: str = "it is not there"


def parse_status(text: str) -> Status:
    """From `minikube status --output=json`: an object for one node, a list for several."""
    try:
        parsed = json.loads(text)
    except ValueError:
        return Status(words="Minikube doesn't tell how it is")
    nodes: list[Mapping[str, Any]] = parsed if isinstance(parsed, list) else [parsed]
    late = [
        f"{node.get('Name')}: {part.lower()} {str(node.get(part)).lower()}"
        for node in nodes
        for part in ("Host", "Kubelet", "APIServer")
        if node.get(part) not in ("Running", "Irrelevant")
    ]
    return Status(
        running=not late,
        stopped=all(node.get("Host") == "Stopped" for node in nodes),
        known=all(node.get("Kubeconfig") in ("Configured", "Irrelevant") for node in nodes),
        words=", ".join(late),
    )


def drifts(spec: Spec, profile: Profile) -> list[Drift]:
    """How a cluster differs from the one that is asked for in what can't be changed while it lives; addons can."""

    def differs(what: str, have: object, want: object, *, blocks: bool = False) -> list[Drift]:
        return [] if not want or have == want else [Drift(f"{what} is {have or 'not set'}, asked for is {want}", blocks)]

    found = differs("its driver", profile.driver, spec.driver, blocks=True)
    found += differs("its container runtime", profile.container_runtime, spec.container_runtime.replace("-", ""), blocks=True)
    found += differs("its number of nodes", len(profile.nodes), spec.nodes, blocks=True)
    found += differs("its pods' network", profile.cni, spec.cni, blocks=True)
    have = profile.ports
    found += [Drift(f"port {mapping} isn't mapped", True) for mapping in spec.ports if mapping not in have]
    found += [Drift(f"port {mapping} is mapped, and not asked for") for mapping in have if mapping not in spec.ports]
    found += differs("its mount", ", ".join(profile.mounts), ", ".join(spec.mounts), blocks=True)
    found += differs("its Kubernetes", profile.kubernetes_version, version(spec.kubernetes_version))
    found += differs("its base image", profile.base_image, spec.base_image)
    found += differs("its number of CPUs", profile.cpus, int(spec.cpus) if spec.cpus.isdecimal() else 0)
    found += differs("its memory in MiB", profile.memory, mebibytes(spec.memory))
    found += differs("its disk in MiB", profile.disk_size, mebibytes(spec.disk_size))
    found += differs("its feature gates", profile.feature_gates, gates(spec.feature_gates))
    for key, value in spec.extra_config.items():
        found += differs(f"its setting {key}", profile.extra_config.get(key), value)
    return found


def parse_engine_access(text: str) -> dict[str, str]:
    """How a node's Docker engine is reached, from `minikube docker-env --output=json`; empty where Minikube tells of none."""
    try:
        raw: dict[str, Any] = json.loads(text)
    except ValueError:
        return {}
    if not raw.get("DOCKER_HOST"):
        return {}
    return {"host": raw["DOCKER_HOST"], **({"certificates": raw["DOCKER_CERT_PATH"]} if raw.get("DOCKER_CERT_PATH") else {})}


def addon_changes(spec: Spec, profile: Profile) -> tuple[list[str], list[str]]:
    """Addons to enable and to disable."""
    if spec.addons is None:
        return [], []
    wanted = set(spec.addons)
    return sorted(wanted - profile.addons), sorted(profile.addons - wanted)
