# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The matrix of versions, and its results: `make matrix`.

Renders the chart by each Helm for each Kubernetes: everything that an inventory may say, what is shipped, the examples, and applications
that are made up of options at random. Every object is held against the API of that version, by itself and by kubeconform; kube-score and
the collection's own audit judge each application once. What needs a cluster is in the matrix too, and says where it is run.
"""

from __future__ import annotations

import argparse
import glob
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.matrix import ansible_core, judges
from tests.matrix.applications import ROOT, made_up, values_of, written
from tests.matrix.schemas import CACHE, KUBERNETES, api
from tests.matrix.tools import tools

CHART = ROOT / "roles/release/files/chart"
MADE_UP = 25
ELSEWHERE = (
    ("Kubernetes 1.34, Helm 4, on a cluster", "make test"),
    ("Kubernetes 1.34, Helm 3 on top of Helm 4's release", "make test-all, step helm3"),
    ("Kubernetes 1.33, Helm 4, on a cluster", "make test-all, step integration: test_other_kubernetes"),
)
"""Rows that other commands fill: a cluster has to be made for them."""


@dataclass(frozen=True)
class Result:
    """:ivar faults: empty where all is well.
    :ivar checked: how many objects were held against the API.
    :ivar foreign: kinds that come from elsewhere, such as CustomResourceDefinitions', which the API doesn't describe.
    """

    kubernetes: str
    helm: str
    inventory: str
    faults: list[str]
    checked: int = 0
    foreign: frozenset[str] = frozenset()


def helms() -> dict[str, str]:
    """Version → path of those that the toolchain made, the newest of each major version."""
    found = {Path(path).parent.name.split("-")[0]: path for path in sorted(glob.glob(str(CACHE / "tools/helm/*/helm")))}
    return {version: found[version] for version in sorted(found)}


def render(kubernetes: str, helm: str, app: dict[str, Any]) -> list[dict[str, Any]]:
    """The objects of an application.

    :raises ValueError: Helm refuses it.
    """
    command = [helm, "template", "shop", str(CHART), "-n", "space", "--kube-version", kubernetes, "-f", "-"]
    done = subprocess.run(command, input=json.dumps(values_of(app)), capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(done.stderr.strip())
    return [item for item in yaml.safe_load_all(done.stdout) if item]


def check(kubernetes: str, version: str, helm: str, name: str, apps: Sequence[dict[str, Any]], kubeconform: str) -> Result:
    """Render, and hold each object against the API."""
    objects: list[dict[str, Any]] = []
    try:
        for app in apps:
            objects += render(kubernetes, helm, app)
    except ValueError as error:
        return Result(kubernetes, version, name, [str(error)])
    faults, foreign = [], set()
    for item in objects:
        found = api(kubernetes).faults(item)
        if found is None:
            foreign.add(f"{item['apiVersion']} {item['kind']}")
        faults += found or []
    known = sum(f"{item['apiVersion']} {item['kind']}" not in foreign for item in objects)
    said, looked_at = judges.kubeconform(kubeconform, kubernetes, [*objects, judges.MISSPELT])
    seen = [fault for fault in said if "Service/misspelt" in fault]
    said = [fault for fault in said if fault not in seen]
    if not seen:
        said.append("kubeconform takes a misspelt key")
    if looked_at + len(said) != known:
        said.append(f"kubeconform looked at {looked_at + len(said)} of {known} objects")
    return Result(kubernetes, version, name, faults + said, len(objects), frozenset(foreign))


def judged(name: str, helm: str, app: dict[str, Any], kube_score: str) -> list[str]:
    """What kube-score and the own audit say of an application, beside what its inventory has chosen."""
    objects = render(KUBERNETES[-1], helm, app)
    critical, expected = judges.kube_score(kube_score, objects), judges.chosen(app)
    found = [f"{name}: kube-score: {one}: {', '.join(sorted(of))}" for one, of in critical.items() if one not in expected]
    # Or it would say nothing whatever is wrong.
    found += [f"{name}: kube-score: {one} isn't found, though the inventory asks for it" for one in expected - critical.keys()]
    return found + [f"{name}: {fault}" for fault in judges.audited(objects)]


def table(results: list[Result]) -> str:
    lines = [f"{'Kubernetes':<12}{'Helm':<10}{'inventory':<27}{'objects':>8}  result"]
    for result in results:
        said = f"{len(result.faults)} faults" if result.faults else "ok"
        lines.append(f"{result.kubernetes:<12}{result.helm:<10}{result.inventory:<27}{result.checked:>8}  {said}")
        lines += [f"    {fault}" for fault in result.faults]
    lines += [f"{row:<61}see {where}" for row, where in ELSEWHERE]
    foreign = sorted(set().union(*(result.foreign for result in results)))
    lines.append(f"Not held against an API, as their kinds come from elsewhere: {', '.join(foreign) or 'none'}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kubernetes", action="append", choices=KUBERNETES, help="this version alone; may be given again")
    parser.add_argument("--chart", action="store_true", help="the chart alone, without the versions of ansible-core")
    chosen = parser.parse_args()
    if not helms():
        sys.exit("There is no Helm. What to do: make up, or run the role toolchain.")
    start = time.monotonic()
    judge = tools()
    groups = {name: [app] for name, app in written().items()} | {f"{MADE_UP} made up": list(made_up(MADE_UP))}
    results = [
        check(kubernetes, version, helm, name, apps, judge["kubeconform"])
        for kubernetes in chosen.kubernetes or KUBERNETES
        for version, helm in helms().items()
        for name, apps in groups.items()
    ]
    print(table(results))
    newest = list(helms().values())[-1]
    apps = [(f"{name} ({number})", app) for name, group in groups.items() for number, app in enumerate(group)]
    faults = [fault for name, app in apps for fault in judged(name, newest, app, judge["kube-score"])]
    print("\n".join([f"kube-score and the own audit, {len(apps)} applications: {len(faults) or 'no'} faults", *faults]))
    cores = {} if chosen.chart else {core.version: ansible_core.faults(core) for core in ansible_core.CORES}
    for core, said in cores.items():
        print(f"ansible-core {core:<39}{'; '.join(said) or 'ok'}")
    print(f"{sum(not result.faults for result in results)} of {len(results)} rendered and taken, {time.monotonic() - start:.0f} s")
    sys.exit(bool(faults) or any(result.faults for result in results) or any(cores.values()))


if __name__ == "__main__":
    main()
