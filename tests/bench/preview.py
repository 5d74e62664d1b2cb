#!/usr/bin/env python3
"""How long it takes to see that nothing changed, and to look at a change, on a cluster with the shipped application.

    .venv/bin/python tests/bench/preview.py --kubeconfig FILE --helm FILE [--release todo] [--namespace todo] [--rounds 10]

Nothing is changed. Tells the least and the middle of the rounds, and the processor time of this process and of helm: the API server
shares this machine's processors with what is measured.
"""

from __future__ import annotations

import argparse
import copy
import resource
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / ".venv/collections"))

from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.plugins.module_utils._preview import look, run, stored
from ansible_collections.proven.webapp.plugins.module_utils._preview.helm import Helm
from ansible_collections.proven.webapp.plugins.module_utils._release import claim
from ansible_collections.proven.webapp.plugins.module_utils._rollout import task

CHART = str(ROOT / "roles/release/files/chart")


def processor() -> float:
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def measure(name: str, rounds: int, work: Callable[[], Any]) -> None:
    times, before = [], processor()
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    used = (processor() - before) / rounds
    print(f"{name:40s} least {min(times):.3f} s, middle {statistics.median(times):.3f} s, processors {used:.3f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kubeconfig", required=True)
    parser.add_argument("--helm", required=True)
    parser.add_argument("--release", default="todo")
    parser.add_argument("--namespace", default="todo")
    parser.add_argument("--rounds", type=int, default=10)
    chosen = parser.parse_args()

    def place() -> claim.Place:
        """As a task begins: with no connection yet."""
        return claim.Place(Api(chosen.kubeconfig, None), chosen.release, chosen.namespace)

    newest = stored.read(place()).newest
    assert newest, "There is no such release."
    values = dict(newest.values)
    changed = copy.deepcopy(values)
    next(iter(changed["components"].values())).setdefault("env", {})["BENCH"] = "1"
    helm = Helm(chosen.helm, chosen.kubeconfig, None)

    def unchanged() -> None:
        with ThreadPoolExecutor(8) as pool:
            assert look.look(place(), values, CHART, pool).unchanged, "The release isn't of this chart."

    def preview(**options: Any) -> Callable[[], Any]:
        return lambda: run.preview(run.Request(place(), helm, CHART, changed, **options))

    def watched() -> None:
        where = {"kubeconfig": chosen.kubeconfig, "context": None, "release": chosen.release, "namespace": chosen.namespace}
        limits = {"failure": None, "timeout": 60, "no_activity": 0, "restarts_tolerated": 2, "ready_within": 60, "patience": 0}
        assert not task.run({**where, **limits}, check=False, say=lambda _line: None).get("failed"), "The release doesn't serve."

    measure("seeing that nothing changed", chosen.rounds, unchanged)
    measure("watching what serves already", chosen.rounds, watched)
    measure("looking at a change", chosen.rounds, preview())
    measure("looking at a change, with its difference", chosen.rounds, preview(diff=True))


if __name__ == "__main__":
    main()
