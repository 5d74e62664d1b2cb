#!/usr/bin/env python3
"""How long images take to the nodes: 250 MB with 5 KB of it changed, and nothing changed at all.

    PYTHONPATH=.venv/collections .venv/bin/python tests/bench/images.py [--cluster proven-dev] [--registry localhost:5001] [--rounds 5]

Needs a cluster of kind's or Minikube's with its registry (make up, or cluster_nodes: 3 for the comparison of one node with all). Builds
are not in the times. In each round the upper layer is new, and then

- registry: pushed, and pulled by one node, and another round by all of them at the same time;
- load: sent straight into all nodes;
- unchanged: the module's whole look at three images that are in the registry.

What it makes is removed in the end; the registry keeps its layers.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._images.engine import Engine
from ansible_collections.proven.webapp.plugins.module_utils._images.nodes import NodesPlace
from ansible_collections.proven.webapp.plugins.module_utils._images.place import RegistryPlace
from ansible_collections.proven.webapp.plugins.module_utils._images.plan import Planned, Planner
from ansible_collections.proven.webapp.plugins.module_utils._images.registry import Registry
from ansible_collections.proven.webapp.plugins.module_utils._images.spec import Build, read_builds
from ansible_collections.proven.webapp.plugins.module_utils._module import Call
from ansible_collections.proven.webapp.plugins.modules.image_build import ARGUMENTS, run

MEGABYTES = 250
CHANGED = 5 * 1024
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "proven.webapp"


def quiet(_line: str) -> None:
    pass


def seconds(work: Callable[[], object]) -> float:
    start = time.monotonic()
    work()
    return time.monotonic() - start


class Bench:
    def __init__(self, folder: Path, registry: str, nodes: list[str], buildx: str) -> None:
        self.folder = folder
        self.registry = registry
        self.nodes = nodes
        self.buildx = buildx
        self.repository = f"bench-{uuid.uuid4().hex[:8]}"
        self.engine = Engine("docker", [buildx], lambda _suite: {})
        self.made: list[str] = []
        context = folder / "big"
        context.mkdir()
        (context / "Dockerfile").write_text("FROM scratch\nCOPY large /\nCOPY small /\n")
        with (context / "large").open("wb") as large:
            for _ in range(MEGABYTES):
                large.write(os.urandom(1024 * 1024))

    def changed(self, registry: str) -> Planned:
        """The image with another upper layer, built."""
        (self.folder / "big/small").write_bytes(os.urandom(CHANGED))
        builds = read_builds({"big": {"context": "big"}}, key="builds", root=self.folder, prefix=self.repository)
        planned = Planner({}, {}, lambda _ref: None, "linux/bench", forgiving=False).plan(builds, registry).builds["big"]
        assert isinstance(planned.build, Build)
        self.engine.build(planned, planned.build, quiet)
        self.made.append(planned.ref)
        return planned

    def through_registry(self, nodes: list[str]) -> float:
        place = RegistryPlace(Registry(self.registry), self.engine)
        planned = self.changed(self.registry)

        def deliver() -> None:
            ref = place.ref(planned, place.send(planned, None, quiet))
            with ThreadPoolExecutor(len(nodes)) as pool:
                list(pool.map(lambda node: self.pull(node, ref), nodes))

        return seconds(deliver)

    def pull(self, node: str, ref: str) -> None:
        pull = ["ctr", "-n", "k8s.io", "images", "pull", "--hosts-dir", "/etc/containerd/certs.d", ref]
        done = subprocess.run(["docker", "exec", node, *pull], capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stderr)

    def load(self) -> float:
        planned = self.changed("localhost")
        place = NodesPlace(self.engine, tuple(self.nodes), self.folder)
        place.find(planned)
        return seconds(lambda: place.send(planned, None, quiet))

    def unchanged(self) -> float:
        builds: dict[str, Any] = {}
        for name in ("one", "two", "three"):
            context = self.folder / name
            context.mkdir(exist_ok=True)
            (context / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
            builds[name] = {"context": name}
        given = {"builds": builds, "root": str(self.folder), "registry": self.registry, "repository": self.repository}
        defaults = {name: option.get("default") for name, option in ARGUMENTS.items()}
        call = Call({**defaults, **given, "buildx": self.buildx, "secrets": {}}, False, False, quiet, quiet)
        refs = [image["tag"] for image in run(call)["images"].values()]
        self.made += [f"{self.registry}/{self.repository}/{name}:{tag}" for name, tag in zip(builds, refs, strict=True)]
        return min(seconds(lambda: run(call)) for _ in range(5))

    def clean(self) -> None:
        subprocess.run(["docker", "image", "rm", "--force", *self.made], capture_output=True, check=False)
        for node in self.nodes:
            images = ["docker", "exec", node, "ctr", "-n", "k8s.io", "images"]
            names = subprocess.run([*images, "ls", "-q"], capture_output=True, text=True, check=False).stdout.split()
            subprocess.run([*images, "rm", *(name for name in names if self.repository in name)], stdout=subprocess.DEVNULL, check=False)


def nodes_of(label: str) -> list[str]:
    listed = subprocess.run(
        ["docker", "ps", "--filter", f"label={label}", "--format", "{{.Names}}"], capture_output=True, text=True, check=True
    )
    return sorted(listed.stdout.split())


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cluster", default="proven-dev")
    parser.add_argument("--registry", default="localhost:5001")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    nodes = nodes_of(f"io.x-k8s.kind.cluster={args.cluster}") or nodes_of(f"name.minikube.sigs.k8s.io={args.cluster}")
    if not nodes:
        sys.exit(f"There is no cluster {args.cluster}.")
    buildx = str(max((CACHE / "tools").glob("buildx/*/buildx"), key=lambda path: path.stat().st_mtime))
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), args.registry, nodes, buildx)
        try:
            # the large layer is there before anything is measured
            bench.through_registry(nodes)
            bench.load()
            ways: dict[str, Callable[[], float]] = {
                "registry, 1 node": lambda: bench.through_registry(nodes[:1]),
                f"registry, {len(nodes)} nodes": lambda: bench.through_registry(nodes),
                f"load, {len(nodes)} nodes": bench.load,
                "unchanged, 3 images": bench.unchanged,
            }
            took: dict[str, list[float]] = {name: [] for name in ways}
            for _round in range(args.rounds):
                for name, way in ways.items():
                    took[name].append(way())
        finally:
            bench.clean()
    print(f"load of the machine {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores")
    for name, values in took.items():
        print(f"{name:<22} median {statistics.median(values):.2f} s, best {min(values):.2f} s")
    one, every = (statistics.median(took[name]) for name in list(took)[:2])
    print(f"{len(nodes)} nodes against one: {every / one:.2f}")


if __name__ == "__main__":
    main()
