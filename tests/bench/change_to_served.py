#!/usr/bin/env python3
"""How long one changed line of the backend takes until the cluster serves it: ours against the same typed by hand.

    .venv/bin/python tests/bench/change_to_served.py [--rounds 3] [-e VARS ...]

Needs the application deployed (make up). Takes turns in one run, so that both see the same machine:

- ours: `ansible-playbook site.yml --tags release`, which checks the inventory, looks at tools and cluster, builds, delivers, upgrades
  and watches.
- by hand: `docker build`, `kind load docker-image`, `helm upgrade --wait`, with nothing checked in between.

The clock stops for both at the same sign, which a watch of its own sees: no Deployment has a pod of the old image any more, and all of the
new are available, so that every request is answered by the changed line. When the command has come back is shown beside it: ours also
waits for the old pods to end. Works on a copy of the project. The last round leaves ours deployed.
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
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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


def documents(stream: Any) -> Iterator[dict[str, Any]]:
    """kubectl's objects as they come, one after the other."""
    decoder, text = json.JSONDecoder(), ""
    while piece := os.read(stream.fileno(), 1 << 16):
        text += piece.decode()
        while text.lstrip():
            try:
                found, end = decoder.raw_decode(text.lstrip())
            except ValueError:
                break
            text = text.lstrip()[end:]
            yield found


class Served:
    """When the Deployments of the backend's image have nothing but another image, and all of it available."""

    def __init__(self, kubeconfig: str) -> None:
        command = [tool("kubernetes/*/kubectl"), "--kubeconfig", kubeconfig, "get", "deployments", "-n", "todo", "--watch", "-o", "json"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        self._now: dict[str, dict[str, Any]] = {}
        self._changed = threading.Condition()
        threading.Thread(target=self._follow, daemon=True).start()

    def _follow(self) -> None:
        for item in documents(self._process.stdout):
            with self._changed:
                self._now[item["metadata"]["name"]] = item
                self._changed.notify_all()

    def image(self) -> str:
        """The backend's."""
        with self._changed:
            self._changed.wait_for(lambda: "todo-backend" in self._now, 30)
            return image_of(self._now["todo-backend"])

    def wait(self, old: str, names: list[str]) -> float:
        """The moment."""
        with self._changed:
            if not self._changed.wait_for(lambda: all(image_of(self._now[name]) != old and over(self._now[name]) for name in names), 300):
                sys.exit("It isn't served after 300 s.")
            return time.monotonic()

    def of(self, image: str) -> list[str]:
        """Deployments of that image."""
        with self._changed:
            return [name for name, item in self._now.items() if image_of(item) == image]

    def close(self) -> None:
        self._process.terminate()


def image_of(item: dict[str, Any]) -> str:
    return str(item["spec"]["template"]["spec"]["containers"][0]["image"])


def over(item: dict[str, Any]) -> bool:
    """As `kubectl rollout status` takes it."""
    status, wanted = item["status"], item["spec"]["replicas"]
    seen = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas")]
    return status.get("observedGeneration", 0) >= item["metadata"]["generation"] and seen == [wanted] * 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cluster", default="proven-dev")
    parser.add_argument("-e", dest="extra", action="append", default=[], help="extra variables for our run")
    args = parser.parse_args()
    state = Path(os.environ.get("XDG_STATE_HOME", Path.home() / ".local/state")) / "proven.webapp" / args.cluster / "kubeconfig"
    extra = [part for item in args.extra for part in ("-e", item)]
    took: dict[str, list[float]] = {"by hand": [], "ours": []}
    back: dict[str, list[float]] = {"by hand": [], "ours": []}
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
        served = Served(str(state))
        for _round in range(args.rounds):
            for name in took:
                old = served.image()
                names = served.of(old)
                moments: list[float] = []
                watching = threading.Thread(target=lambda: moments.append(served.wait(old, names)))  # noqa: B023 (joined below)
                change(copy)
                watching.start()
                start = time.monotonic()
                if name == "ours":
                    ours(copy, extra)
                else:
                    by_hand(copy, args.cluster, str(state), base, values)
                back[name].append(time.monotonic() - start)
                watching.join()
                took[name].append(moments[0] - start)
                print(f"{name}: served after {took[name][-1]:.1f} s, command over after {back[name][-1]:.1f} s", flush=True)
                # The old pods are no part of the next one.
                time.sleep(10)
        served.close()
    for what, seconds in (("served", took), ("command over", back)):
        middle = {name: statistics.median(values) for name, values in seconds.items()}
        ratio = middle["ours"] / middle["by hand"]
        print(f"{what}: median by hand {middle['by hand']:.1f} s, ours {middle['ours']:.1f} s, ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
