# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a secret may show up. Each channel yields places and the bytes that are there."""

from __future__ import annotations

import base64
import gzip
import json
import os
import subprocess
import tarfile
import tempfile
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType

from ansible_collections.proven.webapp.molecule.support import Cluster

Places = Iterator[tuple[str, bytes]]
LARGEST = 64 << 20
"""Bytes of a file that is looked into."""
EVERYTHING = (
    "configmaps,events,pods,services,endpoints,serviceaccounts,deployments,replicasets,statefulsets,jobs,cronjobs,leases,"
    "networkpolicies,poddisruptionbudgets,resourcequotas,controllerrevisions"
)
"""Kinds of objects but Secrets."""
RELEASE = "helm.sh/release.v1"


def files(*folders: Path, since: float = 0, but: Iterable[str] = ()) -> Places:
    """What is written in folders.

    :param since: only what was changed after that time.
    :param but: names of folders that are left out.
    """
    left_out = tuple(but)
    for folder in folders:
        for path, names, found in os.walk(folder):
            names[:] = [name for name in names if not name.startswith(left_out)] if left_out else names
            for file in (Path(path) / name for name in found):
                try:
                    status = file.lstat()
                    if file.is_symlink() or not file.is_file() or status.st_mtime < since or status.st_size > LARGEST:
                        continue
                    yield f"file {file}", file.read_bytes()
                except OSError:
                    continue  # it went, as temporary files do


def helm(cluster: Cluster, namespace: str) -> Places:
    """What Helm keeps in the cluster of each revision, unpacked, and what it tells of the last one."""
    kept = cluster.get("secrets", "-n", namespace, "--field-selector", f"type={RELEASE}")
    for secret in kept:
        packed = base64.b64decode(base64.b64decode(secret["data"]["release"]))
        yield f"Secret {secret['metadata']['name']}", gzip.decompress(packed)
    for name in sorted({secret["metadata"]["labels"]["name"] for secret in kept}):
        for what in (("values", "--all"), ("manifest",), ("notes",), ("metadata",)):
            yield f"helm get {what[0]}", cluster.helm("get", what[0], name, "-n", namespace, *what[1:]).encode()


def objects(cluster: Cluster, namespace: str) -> Places:
    """All that is in a namespace but Secrets."""
    for item in cluster.get(EVERYTHING, "-n", namespace, "--show-managed-fields"):
        yield f"{item['kind']} {item['metadata']['name']}", json.dumps(item).encode()


def images(cluster: Cluster, *references: str) -> Places:
    """Layers, configuration and history of images."""
    for reference in references:
        yield f"history of {reference}", cluster.docker("history", "--no-trunc", reference).encode()
        with tempfile.TemporaryFile() as archive:
            subprocess.run([cluster.tools.get("docker", "docker"), "save", reference], stdout=archive, check=True, timeout=300)
            archive.seek(0)
            with tarfile.open(fileobj=archive) as parts:
                for part in parts:
                    content = parts.extractfile(part) if part.isfile() else None
                    yield f"{part.name} of {reference}", content.read() if content else b""


class Processes:
    """Arguments and environment of every process, looked at all through a run.

    Those of pods are left out: an application's environment is where its secrets belong.
    """

    def __init__(self, every: float = 0.03) -> None:
        self._every = every
        self._seen: dict[tuple[str, bytes], str] = {}
        self._pods: dict[str, bool] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Processes:
        self._thread.start()
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def places(self) -> Places:
        for (what, content), name in self._seen.items():
            yield f"{what} of the process {name}", content

    def _watch(self) -> None:
        own = str(os.getpid())
        while not self._over.wait(self._every):
            for pid in filter(str.isdigit, os.listdir("/proc")):
                if pid != own:
                    self._look(pid)

    def _look(self, pid: str) -> None:
        folder = Path("/proc") / pid
        try:
            if pid not in self._pods:
                self._pods[pid] = "kubepods" in (folder / "cgroup").read_text()
            if self._pods[pid]:
                return
            for what, file in (("arguments", "cmdline"), ("environment", "environ")):
                content = (folder / file).read_bytes()
                if content and (what, content) not in self._seen:
                    self._seen[what, content] = f"{(folder / 'comm').read_text().strip()} ({pid})"
        except OSError:
            return  # it is over


def text(what: str, said: str) -> Places:
    yield what, said.encode()
