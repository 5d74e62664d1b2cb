#!/usr/bin/env python3
"""How fast the shipped application answers under load, and whether it answers every call: Locust in a pod in the cluster.

    PYTHONPATH=.venv/collections .venv/bin/python tests/bench/load.py [--facts build/molecule/cluster.json] [--users 50] [--seconds 60]

Needs the application released (make up). Every user signs up first, which isn't measured, and then lists, adds, changes, completes and
deletes todos, with a pause between two calls. Once as people do, by a browser's calls through the frontend, and once as programs do, at the
backend's API with a bearer token. Each answer is looked at: the list has to hold what was left there.

Times are in milliseconds, from the call until its answer is there, seen from within the cluster; Locust has its share of the same
processors. Fails where a call does.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict, replace
from pathlib import Path

from ansible_collections.proven.webapp.molecule.support import FACTS, Cluster
from ansible_collections.proven.webapp.tests.load.image.load.model import Numbers, Order, Result
from ansible_collections.proven.webapp.tests.load.sending import Sender, have_image

COLUMNS = ("p50", "p95", "p99", "slowest", "requests", "failures")


def row(name: str, numbers: Numbers) -> str:
    cells = [getattr(numbers, column) for column in COLUMNS]
    return f"  {name:10}" + "".join(f"{cell:>10.0f}" if isinstance(cell, float) else f"{cell:>10}" for cell in cells)


def shown(result: Result) -> str:
    lines = ["  " + " " * 10 + "".join(f"{column:>10}" for column in COLUMNS), row("all", result.all)]
    lines += [row(name, numbers) for name, numbers in result.calls.items()]
    lines.append(
        f"  {result.per_second:.1f} requests a second for {result.seconds:.0f} s; signing up: {result.signing_up.failures} failures"
    )
    lines += [f"  lost: {sample.call} {sample.at - result.at:.1f} s into it: {sample.why}" for sample in result.lost[:20]]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--facts", type=Path, default=os.environ.get("PROVEN_LAB") or FACTS / "cluster.json", help="of the cluster")
    parser.add_argument("--namespace", default="todo", help="of the application; the load's pod runs there, too")
    parser.add_argument("--release", default="todo")
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument(
        "--think", type=float, nargs=2, default=Order.think, metavar=("LEAST", "MOST"), help="seconds between two calls of a user"
    )
    parser.add_argument("--only", choices=("people", "programs"), help="one of the two")
    parser.add_argument("--json", type=Path, help="where to write it, too")
    given = parser.parse_args()
    cluster = Cluster(**json.loads(Path(given.facts).read_text()))
    sender = Sender(cluster, have_image(cluster), given.namespace)
    frontend = f"{given.release}-frontend"
    order = Order(f"http://{frontend}:3000", "", given.users, given.seconds, tuple(given.think))
    found: dict[str, Result] = {}
    if given.only != "programs":
        with sender.sending(order) as sending:
            found["people"] = sending.result()
    if given.only != "people":
        with sender.asking(replace(order, backend=f"http://{given.release}-backend:8000"), frontend) as sending:
            found["programs"] = sending.result()
    for name, result in found.items():
        print(f"{given.users} {name}, {given.think[0]:g} to {given.think[1]:g} s between two calls; load {os.getloadavg()[0]:.1f}")
        print(shown(result), flush=True)
    if given.json:
        given.json.write_text(json.dumps({name: asdict(result) for name, result in found.items()}, indent=2))
    if failures := sum(result.failures for result in found.values()):
        sys.exit(f"{failures} calls failed")


if __name__ == "__main__":
    main()
