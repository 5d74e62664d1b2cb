# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is there, told from Docker's and the API server's answers, and how it differs from what is asked for. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._kind.engine import Container
from ansible_collections.proven.webapp.plugins.module_utils._kind.spec import API_PORT, ClusterSpec, PortMapping

DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
AUTHORITIES_ANNOTATION = "proven.webapp/authorities"
"""On a node: digest of the certificates that it was told to trust."""
MANIFEST_ANNOTATION = "proven.webapp/manifest"

NODES = "/api/v1/nodes"
STORAGE = "/apis/storage.k8s.io/v1/storageclasses"
REGISTRY_HOSTING = "/api/v1/namespaces/kube-public/configmaps/local-registry-hosting"
DEPLOYMENTS = "/apis/apps/v1/deployments"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
DAEMON_SETS = "/apis/apps/v1/namespaces/kube-system/daemonsets"
QUESTIONS = (NODES, STORAGE, DEPLOYMENTS, DAEMON_SETS, REGISTRY_HOSTING, LEASES)
"""All that is asked of an API server to know how a cluster is."""

POLICY_ENFORCERS = ("kindnet", "calico-node", "cilium", "antrea-agent", "kube-router", "kube-network-policies", "weave-net")
"""DaemonSets that see to NetworkPolicies, kind's own network from version 0.24 on."""
SYSTEM_DEPLOYMENTS = ("coredns", "local-path-provisioner")


@dataclass(frozen=True)
class Health:
    """How a cluster is, as its API server says.

    :ivar answers: it does; without that, `reason` is all there is.
    :ivar ready: nodes that are Ready → True.
    :ivar storage_class: the default one, or "".
    :ivar pending: system deployments that have no pod available yet.
    :ivar metrics: digest of the metrics-server manifest that was applied; "" without one of ours, None without any.
    :ivar registry_hosting: what the cluster says about its local registry, or "".
    :ivar authorities: digests of the certificates that its nodes were told to trust; "" for one that was told of none.
    :ivar network_policies: something is there that enforces them.
    :ivar reported: when all nodes were last heard of, in seconds since the epoch.
    :ivar expected: how many nodes there are to be.
    """

    answers: bool
    reason: str = ""
    ready: Mapping[str, bool] | None = None
    version: str = ""
    storage_class: str = ""
    pending: tuple[str, ...] = ()
    metrics: str | None = None
    registry_hosting: str = ""
    authorities: frozenset[str] = frozenset()
    network_policies: bool = False
    reported: float = 0
    expected: int = 0

    @property
    def usable(self) -> bool:
        """Pods run, and claims for storage are answered."""
        return not self.missing

    @property
    def missing(self) -> str:
        """What it lacks to be usable, in words; empty when it is."""
        if not self.answers:
            return self.reason or "the API server doesn't answer"
        if not self.ready:
            return "no node has joined"
        if len(self.ready) < self.expected:
            return f"{len(self.ready)} of {self.expected} nodes have joined"
        late = [name for name, ready in self.ready.items() if not ready]
        if late:
            return f"node {', '.join(late)} isn't Ready"
        if not self.storage_class:
            return "there is no default storage class"
        if self.pending:
            return f"{', '.join(self.pending)} isn't running"
        return ""


def health(answers: Mapping[str, tuple[int, Mapping[str, Any]]], expected: int = 1) -> Health:
    """From the answers (status, body) to `QUESTIONS`, of a cluster of so many nodes."""
    status, nodes = answers[NODES]
    if status != 200:
        return Health(False, f"the API server answers {status}: {nodes.get('message', 'no reason given')}")
    items = nodes.get("items") or []
    deployments = {item["metadata"]["name"]: item for item in answers[DEPLOYMENTS][1].get("items") or []}
    metrics = deployments.get("metrics-server")
    classes = answers[STORAGE][1].get("items") or []
    return Health(
        answers=True,
        ready={item["metadata"]["name"]: _condition(item, "Ready") for item in items},
        version=items[0]["status"].get("nodeInfo", {}).get("kubeletVersion", "") if items else "",
        storage_class=next(
            (item["metadata"]["name"] for item in classes if (item["metadata"].get("annotations") or {}).get(DEFAULT_CLASS) == "true"), ""
        ),
        pending=tuple(
            name
            for name in SYSTEM_DEPLOYMENTS
            if name in deployments and not (deployments[name].get("status") or {}).get("availableReplicas")
        ),
        metrics=(metrics["metadata"].get("annotations") or {}).get(MANIFEST_ANNOTATION, "") if metrics else None,
        registry_hosting=(answers[REGISTRY_HOSTING][1].get("data") or {}).get("localRegistryHosting.v1", ""),
        authorities=frozenset((item["metadata"].get("annotations") or {}).get(AUTHORITIES_ANNOTATION, "") for item in items),
        network_policies=any(item["metadata"]["name"] in POLICY_ENFORCERS for item in answers[DAEMON_SETS][1].get("items") or []),
        expected=expected,
        reported=min((_renewed(lease) for lease in answers[LEASES][1].get("items") or []), default=0),
    )


def _renewed(lease: Mapping[str, Any]) -> float:
    text = (lease.get("spec") or {}).get("renewTime")
    return datetime.fromisoformat(text).timestamp() if text else 0


def _condition(item: Mapping[str, Any], kind: str) -> bool:
    conditions = (item.get("status") or {}).get("conditions") or []
    return any(condition.get("type") == kind and condition.get("status") == "True" for condition in conditions)


def control_plane(nodes: Sequence[Container]) -> Container | None:
    return next((node for node in nodes if node.labels.get("io.x-k8s.kind.role") == "control-plane"), None)


def api_server(node: Container) -> str:
    """URL under which this machine reaches the API server of a node, or ""."""
    published = node.published(API_PORT)
    return f"https://{published[0]}:{published[1]}" if published else ""


def mapped_ports(node: Container) -> tuple[PortMapping, ...]:
    """The node's ports that this machine answers for, the API server's left out."""
    return tuple(sorted(PortMapping(inner, port, address) for address, port, inner in node.ports if inner != API_PORT))


def count(nodes: int) -> str:
    return "1 node" if nodes == 1 else f"{nodes} nodes"


@dataclass(frozen=True)
class Drift:
    """A difference between a cluster and what is asked for that can't be changed while it lives.

    :ivar blocks: what is asked for won't work.
    """

    what: str
    blocks: bool = False


def drifts(spec: ClusterSpec, nodes: Sequence[Container]) -> list[Drift]:
    """How a cluster differs from the one that is asked for."""
    found: list[Drift] = []
    if len(nodes) != spec.nodes:
        found.append(
            Drift(f"it has {count(len(nodes))}, asked for {'is' if spec.nodes == 1 else 'are'} {spec.nodes}", len(nodes) < spec.nodes)
        )
    for image in sorted({node.image for node in nodes} - {spec.image}):
        others = [node.name for node in nodes if node.image == image]
        found.append(Drift(f"{', '.join(others)} {'runs' if len(others) == 1 else 'run'} the image {image}, asked for is {spec.image}"))
    node = control_plane(nodes)
    have = mapped_ports(node) if node else ()
    found += [Drift(f"port {mapping} isn't mapped", blocks=True) for mapping in spec.mappings if mapping not in have]
    found += [Drift(f"port {mapping} is mapped, and not asked for") for mapping in have if mapping not in spec.mappings]
    return found


USELESS = re.compile(r"^(goroutine |\s+/|\t|created by|\S+\.go:\d+ \+0x|main\.|k8s\.io/\S+\(|github\.com/\S+\(|sigs\.k8s\.io/\S+\()")
WORTH = re.compile(
    r"\b(error|fail|fatal|denied|refused|cannot|can't|unable|no space|not permitted|missing|invalid|panic|timed? ?out)", re.IGNORECASE
)
STAMP = re.compile(r"^(\w{3} \d+ [\d:]+ \S+ )?(\S+?\[\d+\]: )?([IWEF]\d{4} [\d:.]+\s+\d+ )?")


def useful_lines(log: str, count: int = 8) -> list[str]:
    """The last lines of a log that say what went wrong, each once, without time stamps."""
    found: list[str] = []
    for line in reversed(log.splitlines()):
        text = STAMP.sub("", line.rstrip()).strip()
        if text and text not in found and WORTH.search(text) and not USELESS.match(line):
            found.append(text[:300])
            if len(found) == count:
                break
    return found[::-1]


KIND_STEP = re.compile(r"^\s*[•✓✗]\s*(.+?)\s*(?:\.\.\.)?\s*$")
DECORATION = re.compile(r"[^\w\s\-.,:;/()=≤]+", re.UNICODE)


def kind_step(line: str) -> str | None:
    """The step that kind begins with this line of its output, without its pictures; None where it begins none."""
    match = KIND_STEP.match(line)
    if not match or "•" not in line:
        return None
    return DECORATION.sub("", match.group(1)).replace("...", "").strip() or None
