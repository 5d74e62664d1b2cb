# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a Minikube cluster is asked to be, and the command line for it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._kind.encryption import ARGUMENT, FILE
from ansible_collections.proven.webapp.plugins.module_utils._kind.spec import PortMapping

PROFILE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,48}[a-z0-9]")
"""Nodes are named after it, and Kubernetes wants names of nodes in lower case."""
RESERVED = ("start", "stop", "status", "delete", "config", "open", "profile", "addons", "cache", "logs")
"""Minikube's own words."""
VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(-[0-9A-Za-z.]+)?")
SIZE = re.compile(r"(\d+)\s*([bkmg]?)i?b?", re.IGNORECASE)
MIB = {"b": 1 / 1024**2, "k": 1 / 1024, "": 1, "m": 1, "g": 1024}
WORDS = ("max", "no-limit")
"""What may stand in the place of a number of CPUs or of memory."""
CONTAINER_DRIVERS = ("docker", "podman")
"""Their nodes are containers on this machine: ports can be mapped, and root needs Minikube's --force."""
DEFAULT_ADDONS = frozenset({"default-storageclass", "storage-provisioner"})
"""Those that Minikube enables where nobody says anything."""

ENCRYPTION_FOLDER = "/var/lib/minikube/certs/encryption"
"""In the node; of what it has on disk, the API server sees the folder of its certificates, and that outlives the node's sleep."""


@dataclass(frozen=True)
class Spec:
    """A cluster as it is asked for. What is empty or None, Minikube decides, and nothing is compared.

    :ivar cpus: a number, `max` or `no-limit`.
    :ivar memory: as `4g` or `4096` (MiB), `max` or `no-limit`; `disk_size` alike.
    :ivar addons: all that are to be enabled, and no others.
    :ivar extra_config: `component.key` → value.
    :ivar mounts: `/folder/here:/folder/there`.
    :ivar preloaded: the base image brings Kubernetes' programs and images: nothing is fetched.
    :ivar encrypt_secrets: in etcd, where the driver lets a key be put into the node. Counts when it is made; one that is there stays as
        it is.
    """

    profile: str
    driver: str = "docker"
    container_runtime: str = "containerd"
    kubernetes_version: str = ""
    cpus: str = ""
    memory: str = ""
    disk_size: str = ""
    nodes: int = 1
    cni: str = ""
    addons: tuple[str, ...] | None = None
    extra_config: Mapping[str, str] = field(default_factory=dict)
    base_image: str = ""
    ports: tuple[PortMapping, ...] = ()
    mounts: tuple[str, ...] = ()
    feature_gates: Mapping[str, bool] = field(default_factory=dict)
    preloaded: bool = False
    encrypt_secrets: bool = False

    @property
    def encrypted(self) -> bool:
        return self.encrypt_secrets and self.driver == "docker" and f"apiserver.{ARGUMENT}" not in self.extra_config

    @property
    def in_container(self) -> bool:
        return self.driver in CONTAINER_DRIVERS


def check(spec: Spec) -> None:
    """What can be told to be wrong without a look at anything.

    :raises ProvenError: it is.
    """
    if not PROFILE_NAME.fullmatch(spec.profile) or spec.profile in RESERVED:
        raise ProvenError(
            f"{spec.profile!r} can't be the name of a profile.",
            where="profile",
            fix="Use 2 to 50 lower-case letters, digits and hyphens, with a letter or digit at both ends, and none of Minikube's commands.",
        )
    if spec.kubernetes_version and not VERSION.fullmatch(spec.kubernetes_version):
        raise ProvenError(
            f"{spec.kubernetes_version!r} is no version of Kubernetes.",
            where="kubernetes_version",
            fix="Write it as 1.34.4, with all numbers.",
        )
    for key in ("cpus", "memory", "disk_size"):
        value = getattr(spec, key)
        good = value in WORDS if key != "disk_size" and value in WORDS else bool(mebibytes(value) if key != "cpus" else value.isdecimal())
        if value and not good:
            fix = "Use a whole number, max or no-limit." if key == "cpus" else "Write it as 4g, 4096m or 4096 (MiB)."
            raise ProvenError(f"{value!r} is no {'number of CPUs' if key == 'cpus' else 'size'}.", where=key, fix=fix)
    if spec.nodes < 1:
        raise ProvenError("A cluster has at least one node.", where="nodes", fix="Use 1 or more.")
    if len(spec.mounts) > 1:
        raise ProvenError("Minikube mounts one folder.", where="mounts", fix="Name one folder that holds the others.")
    if spec.mounts and not re.fullmatch(r"/[^:]*:/[^:]+", spec.mounts[0]):
        raise ProvenError(f"{spec.mounts[0]!r} is no mount.", where="mounts[0]", fix="Write it as /folder/here:/folder/there.")
    if (spec.ports or spec.base_image) and not spec.in_container:
        where = "ports" if spec.ports else "base_image"
        raise ProvenError(
            f"{where} is for the drivers {' and '.join(CONTAINER_DRIVERS)}, not for {spec.driver}.",
            where=where,
            fix="Leave it out: a node of this driver has an address of its own, at which its ports are reached.",
        )
    for key in spec.extra_config:
        if "." not in key:
            raise ProvenError(
                f"{key!r} names no component.", where="extra_config", fix="Write keys as component.key, such as kubelet.max-pods."
            )


def mebibytes(size: str) -> int | None:
    """MiB of a size as Minikube reads it; None where it isn't one."""
    match = SIZE.fullmatch(size.strip())
    return int(int(match.group(1)) * MIB[match.group(2).lower()]) if match else None


def version(text: str) -> str:
    """With its `v`."""
    return text if not text or text.startswith("v") else f"v{text}"


def start_arguments(spec: Spec, *, force: bool, wait: int) -> list[str]:
    """For `minikube start` of a cluster that isn't there yet.

    :param force: Minikube is told to do what it warns of, which it asks root for.
    :param wait: seconds that Kubernetes has to become healthy.
    """
    plain = {
        "driver": spec.driver,
        "container-runtime": spec.container_runtime,
        "kubernetes-version": version(spec.kubernetes_version),
        "cpus": spec.cpus,
        "memory": spec.memory,
        "disk-size": spec.disk_size,
        "nodes": str(spec.nodes) if spec.nodes > 1 else "",
        "cni": spec.cni,
        "base-image": spec.base_image,
        "feature-gates": gates(spec.feature_gates),
        "mount-string": spec.mounts[0] if spec.mounts else "",
        "wait-timeout": f"{wait}s",
    }
    found = [f"--{key}={value}" for key, value in plain.items() if value]
    found += [f"--extra-config={key}={value}" for key, value in spec.extra_config.items()]
    found += [f"--extra-config=apiserver.{ARGUMENT}={ENCRYPTION_FOLDER}/{FILE}"] if spec.encrypted else []
    found += [f"--ports={mapping.address}:{mapping.host_port}:{mapping.node_port}" for mapping in spec.ports]
    if spec.preloaded:
        found += ["--preload=false", "--cache-images=false"]
    if spec.addons is not None:
        # Minikube's own addons come unless none do
        found += [f"--addons={','.join(spec.addons)}"] if set(spec.addons) >= DEFAULT_ADDONS else ["--install-addons=false"]
    return [*found, *start_options(force)]


def start_options(force: bool) -> list[str]:
    """What every `minikube start` is told."""
    return ["--embed-certs", "--interactive=false", "--output=json", *(["--force"] if force else [])]


def gates(feature_gates: Mapping[str, bool]) -> str:
    return ",".join(f"{name}={'true' if on else 'false'}" for name, on in sorted(feature_gates.items()))
