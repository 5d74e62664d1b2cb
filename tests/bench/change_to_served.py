#!/usr/bin/env python3
"""How long one changed line of the backend takes until the cluster serves it: ours against the same typed by hand.

    .venv/bin/python tests/bench/change_to_served.py [--rounds 3] [-e VARS ...]

Needs the application deployed (make up). Takes turns in one run, so that both see the same machine:

- ours: `ansible-playbook site.yml --tags release`, which checks the inventory, looks at tools and cluster, builds, delivers, upgrades
  and watches.
- by hand: `docker build`, `kind load docker-image`, `helm upgrade --wait`, with nothing checked in between.

Both end when the changed line is served by every pod: the rollout is complete. Works on a copy of the project. The last round leaves
ours deployed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHANGED = Path("docker/backend/todo/__init__.py")


def run(*command: str, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


def tool(pattern: str) -> str:
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "proven.webapp" / "tools"
    return str(max(cache.glob(pattern), key=lambda path: path.stat().st_mtime))


def change(copy: Path) -> None:
    with (copy / CHANGED).open("a") as file:
        file.write(f"# {time.time()}\n")


def ours(copy: Path, extra: list[str]) -> None:
    playbook, inventory, project = str(ROOT / "site.yml"), str(ROOT / "inventories/dev"), f"preflight_project_dir={copy}"
    run(str(ROOT / ".venv/bin/ansible-playbook"), playbook, "-i", inventory, "--tags", "release", "-e", project, *extra, cwd=ROOT)


def by_hand(copy: Path, cluster: str, kubeconfig: str, base: str, values: Path) -> None:
    image = f"todo-by-hand:{time.time_ns()}"
    secret = ["--secret", "id=ca,src=/etc/ssl/certs/ca-certificates.crt"]
    context = str(copy / "docker/backend")
    run(tool("buildx/*/buildx"), "build", "--load", *secret, "--build-arg", f"PYTHON_IMAGE={base}", "-t", image, context, cwd=copy)
    run(tool("kind/*/kind"), "load", "docker-image", image, "--name", cluster, cwd=copy)
    document = json.loads(values.read_text())
    components = document["components"]
    was = components["backend"]["image"]
    # The worker and the job by the clock are made of the same image.
    for component in components.values():
        if component["image"] == was:
            component["image"] = f"docker.io/library/{image}"
    values.write_text(json.dumps(document))
    chart = str(ROOT / "roles/release/files/chart")
    helm = [tool("helm/*/helm"), "--kubeconfig", kubeconfig, "upgrade", "todo", chart, "-n", "todo", "-f", str(values), "--wait"]
    run(*helm, cwd=copy)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cluster", default="proven-dev")
    parser.add_argument("-e", dest="extra", action="append", default=[], help="extra variables for our run")
    args = parser.parse_args()
    state = Path(os.environ.get("XDG_STATE_HOME", Path.home() / ".local/state")) / "proven.webapp" / args.cluster / "kubeconfig"
    extra = [part for item in args.extra for part in ("-e", item)]
    took: dict[str, list[float]] = {"by hand": [], "ours": []}
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "project"
        shutil.copytree(ROOT / "docker", copy / "docker", ignore=shutil.ignore_patterns("node_modules", ".next", "__pycache__"))
        values = Path(folder) / "values.json"
        # A first build has its base image made, which the one by hand takes too.
        change(copy)
        ours(copy, extra)
        images = subprocess.run(
            ["docker", "images", "--format", "{{.Repository}}:{{.Tag}}"], capture_output=True, text=True, check=True
        ).stdout
        base = next(
            (line for line in images.splitlines() if line.startswith("localhost/proven-webapp/python:")),
            "docker.io/library/python:3.13-slim-trixie",
        )
        helm = [tool("helm/*/helm"), "--kubeconfig", str(state), "get", "values", "todo", "-n", "todo", "-o", "json"]
        values.write_text(run(*helm, cwd=copy))
        for _round in range(args.rounds):
            for name in took:
                change(copy)
                start = time.monotonic()
                if name == "ours":
                    ours(copy, extra)
                else:
                    by_hand(copy, args.cluster, str(state), base, values)
                took[name].append(time.monotonic() - start)
                print(f"{name}: {took[name][-1]:.1f} s", flush=True)
    middle = {name: statistics.median(values) for name, values in took.items()}
    print(f"median: by hand {middle['by hand']:.1f} s, ours {middle['ours']:.1f} s, ratio {middle['ours'] / middle['by hand']:.2f}")


if __name__ == "__main__":
    main()
