# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The images that a cluster on this machine is made of, built from programs and packages: the node's and the registry's.

An image's tag names its content. Programs of hundreds of megabytes are told apart by version folder, size and time of their files,
so that looking costs next to nothing.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import tarfile
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._given import given
from ansible_collections.proven.webapp.plugins.module_utils._host_network import PROXIES
from ansible_collections.proven.webapp.plugins.module_utils._kind.engine import OWN_LABEL, Docker
from ansible_collections.proven.webapp.plugins.module_utils._kind.follow import follow
from ansible_collections.proven.webapp.plugins.module_utils._kind.state import useful_lines

KUBERNETES = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubelet", "kubeadm", "kubectl")
OTHERS = ("etcd", "coredns", "local-path-provisioner", "metrics-server")
VERSIONED = ("local-path-provisioner", "metrics-server")
"""Their version is part of a tag: it goes into the build context as `bin/<name>.version`."""
NODE_REPOSITORY = "proven.webapp/node"
REGISTRY_REPOSITORY = "proven.webapp/registry"
BASE_REPOSITORY = "proven.webapp/node-base"
SUITE = "bookworm"
"""Of Debian, that the images stand on."""
BUILD_ARGUMENTS: dict[str, dict[str, Any]] = {
    "ca_bundle": {"type": "path"},
    "buildx": {"type": "str", "default": "buildx"},
    "docker": {"type": "str", "default": "docker"},
}
"""Argument spec entries of the modules that build them; their documentation is the fragment `node_image`."""
BUILD_SECONDS = 1200.0
VERSION = re.compile(r"v?(\d+\.\d+\.\d+)")


@dataclass(frozen=True)
class Entry:
    """A file of a build context.

    :ivar source: on this machine; or its content.
    :ivar identity: what tells this content from another.
    """

    name: str
    source: Path | bytes
    mode: int
    identity: str


def version_of(path: Path) -> str:
    """The version in the name of the folder that a program is in.

    :raises ProvenError: there is none.
    """
    match = VERSION.match(path.parent.name)
    if not match:
        raise ProvenError("The folder of this program doesn't name its version.", where=str(path), fix="Run the toolchain role again.")
    return match.group(1)


def folder_entries(folder: Path) -> list[Entry]:
    """All files below a folder, by content."""
    entries = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        mode = 0o755 if os.access(path, os.X_OK) else 0o644
        content = path.read_bytes()
        entries.append(Entry(path.relative_to(folder).as_posix(), content, mode, hashlib.sha256(content).hexdigest()))
    return entries


def program_entry(path: Path, name: str) -> Entry:
    """A program, by version folder, size and time.

    :raises ProvenError: it isn't there.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise ProvenError(f"{name} is missing.", where=str(path), fix="Run the toolchain role again.") from error
    return Entry(f"bin/{name}", path, 0o755, f"{path.parent.name} {status.st_size} {status.st_mtime_ns}")


def node_entries(folder: Path, parts: Mapping[str, str]) -> list[Entry]:
    """The build context of the node's image.

    :param parts: name → path of a program.
    :raises ProvenError: one is missing.
    """
    lacking = [name for name in (*KUBERNETES, *OTHERS) if not parts.get(name)]
    if lacking:
        raise ProvenError(f"The node's image needs {', '.join(lacking)}.", where="parts", fix="Run the toolchain role first.")
    entries = folder_entries(folder)
    entries += [program_entry(Path(parts[name]), name) for name in (*KUBERNETES, *OTHERS)]
    for name in VERSIONED:
        version = version_of(Path(parts[name]))
        entries.append(Entry(f"bin/{name}.version", f"{version}\n".encode(), 0o644, version))
    return entries


def registry_entries(folder: Path, parts: Mapping[str, str]) -> list[Entry]:
    """The build context of the registry's image."""
    if not parts.get("registry"):
        raise ProvenError("The registry's image needs registry.", where="parts", fix="Run the toolchain role first.")
    return [*folder_entries(folder), program_entry(Path(parts["registry"]), "registry")]


def content_tag(entries: Iterable[Entry], *more: str) -> str:
    """The same for the same content, 12 characters."""
    digest = hashlib.sha256()
    for entry in sorted(entries, key=lambda entry: entry.name):
        digest.update(f"{entry.name}\0{entry.mode:o}\0{entry.identity}\n".encode())
    for text in more:
        digest.update(f"\n{text}".encode())
    return digest.hexdigest()[:12]


def base_image(rootfs: Path) -> str:
    """Name of the base image made of a root file system.

    :raises ProvenError: it isn't there.
    """
    try:
        status = rootfs.stat()
    except OSError as error:
        raise ProvenError("The root file system is missing.", where=str(rootfs), fix="Run the toolchain role again.") from error
    return f"{BASE_REPOSITORY}:{hashlib.sha256(f'{rootfs.name} {status.st_size} {status.st_mtime_ns}'.encode()).hexdigest()[:12]}"


def write_context(entries: Iterable[Entry], target: io.RawIOBase | io.BufferedIOBase) -> None:
    """A build context as a tar stream, with constant times and owners so that only content decides what is built again."""
    with tarfile.open(fileobj=target, mode="w|") as tar:
        for entry in entries:
            info = tarfile.TarInfo(entry.name)
            info.mode = entry.mode
            if isinstance(entry.source, bytes):
                info.size = len(entry.source)
                tar.addfile(info, io.BytesIO(entry.source))
            else:
                with entry.source.open("rb") as file:
                    info.size = os.fstat(file.fileno()).st_size
                    tar.addfile(info, file)


@dataclass(frozen=True)
class Builder:
    """Builds images with BuildKit.

    :ivar buildx: path of the buildx program.
    :ivar secrets: id → file; present during the build, in no layer.
    """

    docker: Docker
    buildx: str
    secrets: Mapping[str, str | Path]
    say: Callable[[str], None]

    def import_base(self, rootfs: Path, name: str) -> None:
        self.docker.run("import", "--change", f"LABEL {OWN_LABEL}=base", str(rootfs), name, timeout=300)

    def build(self, name: str, entries: list[Entry], arguments: Mapping[str, str]) -> None:
        """
        :raises ProvenError: with the lines that say why.
        """
        command = [self.buildx, "build", "--progress=plain", f"--tag={name}"]
        command += [f"--build-arg={key}={value}" for key, value in arguments.items()]
        # by name alone: buildx takes the value, which may hold a password, from its environment
        command += [f"--build-arg={name}" for name in PROXIES if os.environ.get(name)]
        command += [f"--secret=id={key},src={path}" for key, path in self.secrets.items()]
        process = subprocess.Popen(
            [*command, "-"], env=self.docker.environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        feeder = threading.Thread(target=self._feed, args=(entries, process), daemon=True)
        feeder.start()
        said = follow(process, build_step, self.say, BUILD_SECONDS)
        feeder.join(timeout=10)
        if process.returncode != 0:
            reasons = useful_lines("\n".join(said)) or said[-8:]
            raise ProvenError(
                "\n".join([f"The image {name} could not be built.", *(f"  {line}" for line in reasons)]),
                fix="See that Debian's mirror is within reach of containers, then run it again.",
            )

    @staticmethod
    def _feed(entries: list[Entry], process: subprocess.Popen[bytes]) -> None:
        try:
            with given(process.stdin) as target:
                write_context(entries, target)  # type: ignore[arg-type]
        except (BrokenPipeError, ValueError):
            pass  # the build ended early, and says why itself


STEP = re.compile(r"^#\d+ \[[^\]]*\] (COPY|RUN|FROM) (.{0,70})")
PACKED = re.compile(r"^#\d+ [\d.]+ (packed \S+)")


def build_step(line: str) -> str | None:
    """What BuildKit begins with this line of its plain output, or None."""
    packed = PACKED.match(line)
    if packed:
        return packed.group(1)
    match = STEP.match(line)
    if not match:
        return None
    return {"COPY": "copying ", "RUN": "running ", "FROM": "from "}[match.group(1)] + re.sub(r"--\S+\s+", "", match.group(2)).strip()
