#!/usr/bin/env python3
"""What the minikube module adds to `minikube start` typed by hand, and how long it takes to see that a cluster is there.

    PYTHONPATH=.venv/collections .venv/bin/python tests/bench/minikube_start.py [--rounds 2]

Needs Minikube, and the image of its node that the cluster role makes from packages. Takes turns on a profile of its own. Both get the
same command line; both end when Minikube says so, pods' names are resolved and nodes are Ready, which by hand is asked of kubectl five
times a second. Storage, metrics and the registry come after that and are left out on both sides.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._minikube.spec import start_arguments
from ansible_collections.proven.webapp.plugins.module_utils._module import Call
from ansible_collections.proven.webapp.plugins.modules.minikube import ARGUMENTS, run, spec_of

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "proven.webapp"
NAME = "proven-bench"
LIMIT = 600


def kubectl() -> str:
    """That of the newest version, which the node's image has."""
    found = (CACHE / "tools").glob("kubernetes/*/kubectl")
    return str(max(found, key=lambda path: [int(number) for number in path.parent.name.split("-")[0].split(".")]))


def base_image() -> str:
    command = ["docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "proven.webapp/minikube"]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    if not found:
        sys.exit("There is no image of Minikube's node: make a cluster with cluster_provider=minikube first.")
    return found[0]


def parameters(folder: Path) -> dict[str, Any]:
    given = {
        "profile": NAME,
        "kubernetes_version": Path(kubectl()).parent.name.split("-")[0],
        "cni": "bridge",
        "addons": [],
        "base_image": base_image(),
        "preloaded": True,
        "kubeconfig": str(folder / "kubeconfig"),
        "home": str(folder),
        "kubectl": kubectl(),
        "wait": LIMIT,
    }
    return {name: given.get(name, argument.get("default")) for name, argument in ARGUMENTS.items()}


def module(params: dict[str, Any], **changes: Any) -> tuple[dict[str, Any], float]:
    call = Call({**params, **changes}, check=False, diff=False, say=lambda _: None, warn=lambda _: None)
    began = time.monotonic()
    answer = run(call)
    return answer, time.monotonic() - began


def by_hand(params: dict[str, Any]) -> float:
    env = {**os.environ, "KUBECONFIG": params["kubeconfig"], "MINIKUBE_HOME": params["home"], "MINIKUBE_IN_STYLE": "false"}
    # Whoever types it has no key in the node.
    arguments = start_arguments(spec_of({**params, "encrypt_secrets": False}), force=os.geteuid() == 0, wait=LIMIT)
    ready = [
        params["kubectl"],
        "--kubeconfig",
        params["kubeconfig"],
        "--request-timeout=2s",
        "-n",
        "kube-system",
        "get",
        "deploy",
        "coredns",
    ]
    began = time.monotonic()
    done = subprocess.run(["minikube", "start", "-p", NAME, *arguments], env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    jsonpath = "jsonpath={.status.availableReplicas}"
    while subprocess.run([*ready, "-o", jsonpath], capture_output=True, text=True, check=False).stdout in ("", "0"):
        time.sleep(0.2)
    return time.monotonic() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=2)
    rounds = parser.parse_args().rounds
    hand, ours, looks = list[float](), list[float](), list[float]()
    with tempfile.TemporaryDirectory(prefix="proven-bench-") as folder:
        params = parameters(Path(folder))
        try:
            for _ in range(rounds):
                module(params, state="absent")
                hand.append(by_hand(params))
                module(params, state="absent")
                ours.append(module(params)[1])
                for _look in range(5):
                    answer, seconds = module(params)
                    assert not answer["changed"], answer
                    looks.append(seconds)
                print(f"by hand {hand[-1]:.1f} s, module {ours[-1]:.1f} s", flush=True)
        finally:
            with contextlib.suppress(Exception):
                module(params, state="absent")
    overhead = statistics.mean(ours) / statistics.mean(hand) - 1
    print(f"by hand {statistics.mean(hand):.1f} s, module {statistics.mean(ours):.1f} s, overhead {overhead:+.1%} (limit 5 %)")
    print(f"already there {statistics.median(looks):.2f} s (limit 1 s)")


if __name__ == "__main__":
    main()
