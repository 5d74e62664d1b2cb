# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Straight into the nodes of a cluster in containers of this machine: only layers that a node lacks travel."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._given import given
from ansible_collections.proven.webapp.plugins.module_utils._images.archive import Archive
from ansible_collections.proven.webapp.plugins.module_utils._images.engine import Engine, Image
from ansible_collections.proven.webapp.plugins.module_utils._images.plan import Planned
from ansible_collections.proven.webapp.plugins.module_utils._images.registry import Unreachable

CTR = "ctr --namespace=k8s.io"
ID_LABEL = "proven.webapp/id"
"""On an image in a node: the engine's id of it."""
SEND_SECONDS = 600


@dataclass
class NodesPlace:
    """The nodes' containerd.

    :param containers: of the nodes.
    :param scratch: a folder for archives, which goes away afterwards.
    """

    asks_engine: ClassVar[bool] = True
    engine: Engine
    containers: tuple[str, ...]
    scratch: Path
    _known: dict[str, dict[str, str]] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, planned: Planned) -> str:
        """The engine's id of the image that all nodes have; empty where one hasn't got it, or another one."""
        with self._lock:
            if self._known is None:
                with ThreadPoolExecutor(len(self.containers)) as pool:
                    self._known = dict(zip(self.containers, pool.map(self._images, self.containers), strict=True))
        ids = {known.get(planned.ref, "") for known in self._known.values()}
        return ids.pop() if len(ids) == 1 else ""

    def holds(self, found: str, image: Image | None) -> bool:
        return bool(found) and (image is None or image.id == found)

    def ref(self, planned: Planned, found: str) -> str:
        return planned.ref

    def send(self, planned: Planned, image: Image | None, report: Callable[[str], None]) -> str:
        image = image or self.engine.images([planned.ref])[planned.ref]
        lacking = [node for node in self.containers if (self._known or {}).get(node, {}).get(planned.ref) != image.id]
        with tempfile_of(self.scratch, planned.name) as path:
            self.engine.save(planned.ref, path)
            with ThreadPoolExecutor(len(lacking) or 1) as pool:
                sent = list(pool.map(lambda node: self._send(node, path, planned.ref, image.id), lacking))
        for node, (layers, of) in zip(lacking, sent, strict=True):
            report(f"{planned.name}  loaded {layers} of {of} layers into {node}")
        return image.id

    def _images(self, node: str) -> dict[str, str]:
        """Name of an image → the engine's id that it was loaded with."""
        code, out, err = self._execute(node, f"{CTR} images ls")
        if code:
            raise Unreachable(
                f"The node {node} can't be asked for its images: {err.strip() or 'no reason given'}",
                where="images_load.containers",
                fix="See that the cluster runs (role cluster)",
            )
        found = {}
        for line in out.splitlines()[1:]:
            name, labels = line.split()[0], line.split()[-1]
            found[name] = next((label.partition("=")[2] for label in labels.split(",") if label.startswith(f"{ID_LABEL}=")), "")
        return found

    def _send(self, node: str, path: Path, ref: str, identifier: str) -> tuple[int, int]:
        """How many layers travelled, and of how many."""
        _code, out, _err = self._execute(node, f"{CTR} content ls -q")
        present = frozenset(out.split())
        with Archive(path) as archive:
            code, said = self._import(node, archive, ref, identifier, present)
            if code and present:  # something was cleaned away between the look and now
                present = frozenset()
                code, said = self._import(node, archive, ref, identifier, present)
            if code:
                raise ProvenError(
                    f"The node {node} doesn't take the image: {said}", where=ref, fix="Has it room? docker exec " + node + " df -h /var"
                )
            missing = sum(layer.digest not in present for layer in archive.layers)
            return missing, len(archive.layers)

    def _import(self, node: str, archive: Archive, ref: str, identifier: str, present: frozenset[str]) -> tuple[int, str]:
        script = f'{CTR} images import - >/dev/null && {CTR} images label "$1" "$2" >/dev/null'
        command = [self.engine.docker, "exec", "-i", node, "sh", "-c", script, "sh", ref, f"{ID_LABEL}={identifier}"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        timer = threading.Timer(SEND_SECONDS, process.kill)
        timer.start()
        try:
            target = given(process.stdin)
            with contextlib.suppress(BrokenPipeError):
                archive.write(target, ref, present)
            with contextlib.suppress(BrokenPipeError):
                target.close()
            process.stdin = None
            _out, err = process.communicate()
        finally:
            timer.cancel()
        said = err.decode(errors="replace").strip().splitlines()
        return process.returncode, said[-1] if said else "no reason given"

    def _execute(self, node: str, script: str) -> tuple[int, str, str]:
        return self.engine.capture([self.engine.docker, "exec", node, "sh", "-c", script])


@contextlib.contextmanager
def tempfile_of(folder: Path, name: str) -> Iterator[Path]:
    path = folder / f"{name}.tar"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
