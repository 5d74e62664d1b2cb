#!/usr/bin/env python3
"""How long it takes to say that a release is up, or can't come up: ours beside `kubectl rollout status` and `helm upgrade --wait`.

    PYTHONPATH=.venv/collections .venv/bin/python tests/bench/time_to_verdict.py [--facts build/molecule/cluster.json] [CASE ...]
    PYTHONPATH=.venv/collections .venv/bin/python tests/bench/time_to_verdict.py --pods 200 [--seconds 60]

The first one needs a cluster with the application released (make up), and runs the cases of tests/integration/rollout one after the other
in a namespace of its own. All watch the same pods: what comes up is applied by `helm upgrade --wait`, what is doomed by `kubectl apply`,
and the others begin when it is there. Seconds are from the beginning to the verdict. What isn't doomed by kubectl within --limit is shown
as over it; Helm isn't asked there, as it waits for its whole timeout.

The second one needs no cluster: a stand-in of the API server (tests/unit/rollout/standin.py) in a process of its own streams the changes of
so many pods that get ready within so many seconds, each with six changes and some events, and the share of a core that watching them takes
is shown.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.proven.webapp.molecule.support import Cluster, until
from ansible_collections.proven.webapp.plugins.module_utils._rollout.cluster import Cluster as Release
from ansible_collections.proven.webapp.plugins.module_utils._rollout.model import Tolerance
from ansible_collections.proven.webapp.plugins.module_utils._rollout.task import run
from ansible_collections.proven.webapp.plugins.module_utils._rollout.watch import Limits, wait
from ansible_collections.proven.webapp.tests.integration.rollout.cases import Case, cases, quota
from ansible_collections.proven.webapp.tests.unit.rollout import made
from ansible_collections.proven.webapp.tests.unit.rollout.standin import Standin

ROOT = Path(__file__).resolve().parents[2]
NAMESPACE = "proven-rollout-bench"
CHANGES = 6


# --- a real cluster


class Bench:
    def __init__(self, cluster: Cluster, limit: int) -> None:
        self.cluster = cluster
        self.limit = limit

    def kubectl(self, *words: str, stdin: str | None = None, ok: bool = True) -> str:
        return self.cluster.kubectl("-n", NAMESPACE, *words, stdin=stdin, ok=ok)

    def clear(self) -> None:
        self.kubectl("delete", "deployments,statefulsets,daemonsets,jobs,pvc,services", "--all", "--wait", "--cascade=foreground")
        until(lambda: not self.cluster.get("pods", "-n", NAMESPACE), 120)

    def apply(self, objects: Any) -> None:
        self.kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}))

    def prepared(self, case: Case) -> None:
        self.clear()
        if case.before:
            self.apply(case.before)
            self.watch(case)

    def watch(self, case: Case) -> dict[str, Any]:
        names = {"release": case.name, "namespace": NAMESPACE, "failure": None, "timeout": 180, "no_activity": 0}
        limits = {"restarts_tolerated": 2, "ready_within": 60, "patience": 0}
        where = {"kubeconfig": self.cluster.kubeconfig, "context": self.cluster.context}
        return run({**where, **names, **limits}, check=False, say=lambda _line: None)

    def ours(self, case: Case, began: float) -> str:
        result = self.watch(case)
        took = time.monotonic() - began
        right = bool(result.get("doomed")) is bool(case.doomed)
        return f"{took:.1f}{'' if right else ' WRONG: ' + str(result.get('msg', 'it is up'))}"

    def by_kubectl(self, case: Case, began: float) -> str:
        kinds = [item for item in case.objects if item["kind"] in ("Deployment", "StatefulSet", "DaemonSet")]
        if not kinds:
            return "-"
        name = f"{kinds[0]['kind']}/{kinds[0]['metadata']['name']}"
        answer = self.kubectl("rollout", "status", name, f"--timeout={self.limit}s", ok=False)
        took = time.monotonic() - began
        return f"{took:.1f}" if "successfully" in answer or "complete" in answer else f"> {self.limit}"

    def by_helm(self, case: Case, folder: Path, began: float) -> str:
        """Applies it, too."""
        (folder / "templates").mkdir()
        (folder / "Chart.yaml").write_text(yaml.safe_dump({"apiVersion": "v2", "name": "bench", "version": "0.1.0"}))
        (folder / "templates" / "all.yaml").write_text(yaml.safe_dump_all(case.objects))
        where = ("--kubeconfig", self.cluster.kubeconfig, "--kube-context", self.cluster.context, "-n", NAMESPACE)
        words = ("upgrade", "--install", "bench", str(folder), "--wait", "--wait-for-jobs", f"--timeout={self.limit}s")
        answer = self.cluster.run("helm", *words, *where, ok=False)
        return f"{time.monotonic() - began:.1f}" if "STATUS: deployed" in answer else f"> {self.limit}"

    def row(self, case: Case) -> tuple[str, str, str]:
        """Ours, kubectl's, Helm's."""
        self.prepared(case)
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor() as threads:
            helm = None
            if case.doomed:
                self.apply(case.objects)
            else:
                helm = threads.submit(self.by_helm, case, Path(folder), began)
                until(lambda: self.kubectl("get", "deployments,statefulsets,daemonsets,jobs", "-o", "name"), 60)
            ours, kubectl = threads.submit(self.ours, case, began), threads.submit(self.by_kubectl, case, began)
            row = ours.result(), kubectl.result(), helm.result() if helm else "-"
        if helm:
            self.cluster.helm("uninstall", "bench", "-n", NAMESPACE)
        return row


def on_cluster(facts: Path, wanted: list[str], limit: int) -> None:
    cluster = Cluster(**json.loads(facts.read_text()))
    image = str(cluster.get("pods", "-n", "todo", "-l", "app.kubernetes.io/component=backend")[0]["spec"]["containers"][0]["image"])
    bench = Bench(cluster, limit)
    cluster.kubectl("create", "namespace", NAMESPACE)
    priority = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "quota-class"}, "value": 1}
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(priority))
    try:
        bench.apply([quota("quota-class")])
        print(f"{'case':18}{'ours':>10}{'kubectl':>10}{'helm':>10}   load")
        for case in cases(image):
            if not wanted or case.name in wanted:
                row = bench.row(case)
                print(f"{case.name:18}{row[0]:>10}{row[1]:>10}{row[2]:>10}   {os.getloadavg()[0]:.1f}", flush=True)
    finally:
        cluster.kubectl("delete", "namespace", NAMESPACE, "--wait=false")
        cluster.kubectl("delete", "priorityclass", "quota-class", "--ignore-not-found")


# --- many pods


def clutter() -> dict[str, Any]:
    """What makes a real pod some 8 KB."""
    return {"managedFields": [{"manager": "kubelet", "fieldsV1": {f"f:field{number}": {"f:x": {}} for number in range(150)}}]}


def stream(port: Any, pods: int, seconds: float) -> None:
    """The server's process: pods that start, run and get ready."""
    server = Standin(begins=made.T0)
    server.put("replicasets", made.NEW)

    def numbers(done: int) -> dict[str, Any]:
        return made.deployment(replicas=pods, updatedReplicas=pods, availableReplicas=done)

    def change(number: int, step: int) -> None:
        states = [made.waiting("ContainerCreating")] * 3 + [made.running()] * 3
        ready = [{"type": "Ready", "status": "True" if step == CHANGES - 1 else "False", "lastTransitionTime": made.at(0)}]
        item = made.pod(name=f"todo-backend-{number}", state=states[step], conditions=ready, spec={"readinessProbe": made.probe()})
        item["metadata"] |= clutter()
        server.put("pods", item)

    server.put("deployments", numbers(0))
    for number in range(pods):
        change(number, 0)
    port.send(server.port)
    began, total = time.monotonic(), pods * (CHANGES - 1)
    for count in range(total):
        step, number = 1 + count // pods, count % pods
        change(number, step)
        if count % 2 == 0:
            about = {"uid": f"todo-backend-{number}", "fieldPath": "spec.containers{backend}"}
            name = f"e{number}-{count}"
            what = {"reason": "Pulled", "message": "Container image already present", "lastTimestamp": made.at(1), "type": "Normal"}
            server.put("events", {"metadata": {"uid": name, "name": name}, "involvedObject": about, **what})
        if step == CHANGES - 1:
            server.put("deployments", numbers(number + 1))
        time.sleep(max(began + seconds * count / total - time.monotonic(), 0))
    time.sleep(5)


def many_pods(pods: int, seconds: float) -> None:
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=stream, args=(there, pods, seconds))
    process.start()
    with tempfile.TemporaryDirectory() as folder:
        server = Standin.__new__(Standin)
        server.port = here.recv()
        release = Release(server.kubeconfig(Path(folder)), None, "todo", "todo")
        said: list[str] = []
        cpu, began = time.process_time(), time.monotonic()
        outcome = wait(release, Limits(seconds + 60), Tolerance(), said.append)
        took, used = time.monotonic() - began, time.process_time() - cpu
    process.terminate()
    process.join()
    share = 100 * used / took
    print(
        f"{pods} pods, {pods * CHANGES} changes in {took:.1f} s: {outcome.ended}, {used:.2f} s of processor time, {share:.1f} % of a core"
    )
    print(f"{len(said)} lines said; load {os.getloadavg()[0]:.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", metavar="CASE")
    parser.add_argument("--facts", type=Path, default=ROOT / "build/molecule/cluster.json")
    parser.add_argument("--limit", type=int, default=90, help="seconds that kubectl and Helm get")
    parser.add_argument("--pods", type=int, default=0, help="measure the processor time of so many pods instead")
    parser.add_argument("--seconds", type=float, default=60)
    args = parser.parse_args()
    if args.pods:
        many_pods(args.pods, args.seconds)
    else:
        on_cluster(args.facts, args.cases, args.limit)


if __name__ == "__main__":
    main()
