#!/usr/bin/env python3
"""What the kind provider adds to `kind create cluster` typed by hand, and how long it takes to see that a cluster is there.

    PYTHONPATH=.venv/collections .venv/bin/python tests/bench/kind_start.py [--rounds 2]

Needs the cluster of the dev inventory for its node image (make up). Takes turns on names and ports of its own. Both end when the API server
has a Ready node, a default storage class, and names are resolved; by hand, that is asked of kubectl five times a second. The registry's
container is ours alone and is there before.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._module import Call
from ansible_collections.proven.webapp.plugins.modules.kind_cluster import ARGUMENTS, run

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "proven.webapp"
NAME = "proven-bench"
LIMIT = 300


def tool(name: str, folder: str = "") -> str:
    return str(max((CACHE / "tools").glob(f"{folder or name}/*/{name}"), key=lambda path: path.stat().st_mtime))


def usable(kubeconfig: str) -> bool:
    def ask(*words: str) -> str:
        command = [tool("kubectl", "kubernetes"), "--kubeconfig", kubeconfig, "--request-timeout=2s", "get", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout

    ready = 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}'
    return (
        ask("nodes", "-o", ready) == "True"
        and "(default)" in ask("storageclass")
        and ask("-n", "kube-system", "deploy", "coredns", "-o", "jsonpath={.status.availableReplicas}") not in ("", "0")
        and ask("-n", "local-path-storage", "deploy", "-o", "jsonpath={.items[*].status.availableReplicas}") not in ("", "0")
    )


def by_hand(image: str, folder: Path) -> float:
    kubeconfig = str(folder / "by-hand")
    start = time.monotonic()
    command = [tool("kind"), "create", "cluster", "--name", NAME, "--image", image, "--kubeconfig", kubeconfig]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    while not usable(kubeconfig):
        if time.monotonic() - start > LIMIT:
            sys.exit("The cluster made by hand doesn't become usable.")
        time.sleep(0.2)
    took = time.monotonic() - start
    subprocess.run([tool("kind"), "delete", "cluster", "--name", NAME, "--kubeconfig", kubeconfig], capture_output=True, check=True)
    return took


class Ours:
    def __init__(self, image: str, folder: Path) -> None:
        defaults = {name: option.get("default") for name, option in ARGUMENTS.items()}
        given = {"name": NAME, "image": image, "kubeconfig": str(folder / "state/kubeconfig")}
        self.arguments = {**defaults, **given, "kind": tool("kind"), "kubectl": tool("kubectl", "kubernetes")}

    def call(self, **more: Any) -> float:
        start = time.monotonic()
        run(Call({**self.arguments, **more}, False, False, lambda _line: None, lambda _line: None))
        return time.monotonic() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=2)
    args = parser.parse_args()
    node = subprocess.run(["docker", "inspect", "proven-dev-control-plane"], capture_output=True, text=True, check=False)
    if node.returncode:
        sys.exit("There is no cluster proven-dev. What to do: make up")
    image = json.loads(node.stdout)[0]["Config"]["Image"]
    took: dict[str, list[float]] = {"by hand": [], "ours": [], "there already": []}
    with tempfile.TemporaryDirectory() as folder:
        ours = Ours(image, Path(folder))
        for _round in range(args.rounds):
            took["by hand"].append(by_hand(image, Path(folder)))
            took["ours"].append(ours.call())
            took["there already"] += [ours.call() for _ in range(5)]
            ours.call(state="absent")
    print(f"load of the machine {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores")
    for name, values in took.items():
        print(f"{name:<14} median {statistics.median(values):.2f} s, best {min(values):.2f} s")
    print(f"ours against by hand: {statistics.median(took['ours']) / statistics.median(took['by hand']):.2f}")


if __name__ == "__main__":
    main()
