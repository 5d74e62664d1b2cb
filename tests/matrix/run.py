# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The matrix of versions, and its results: `make matrix`.

Renders the chart by each Helm for each Kubernetes, once with everything that an inventory may say and once as the dev inventory
has it, and holds every object against the API of that version. What needs a cluster is in the matrix too, and says where it is run.
"""

from __future__ import annotations

import argparse
import glob
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.proven.webapp.plugins.module_utils._spec.app import read_app
from ansible_collections.proven.webapp.plugins.module_utils._spec.values import chart_values

from tests.matrix import ansible_core
from tests.matrix.schemas import CACHE, KUBERNETES, api

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "roles/release/files/chart"
EVERYTHING = ROOT / "tests/unit/chart/everything.yaml"
DEV = ROOT / "inventories/dev/group_vars/all/webapp.yml"
DIGEST = "sha256:" + "0" * 64
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


def applications() -> dict[str, dict[str, Any]]:
    """Name → the chart's values."""
    everything = yaml.safe_load(EVERYTHING.read_text())
    said = yaml.safe_load(DEV.read_text())
    keys = {"webapp_name": "name", "webapp_namespace": "namespace", "webapp_components": "components"}
    dev = {name: said[key] for key, name in keys.items()} | {"secrets": list(said.get("webapp_secrets") or ())}
    secrets = {key for component in dev["components"].values() for key in component.get("secrets", ())}
    dev["secrets"] = sorted(secrets)
    return {"everything": values_of(everything), "inventories/dev": values_of(dev)}


def values_of(given: dict[str, Any]) -> dict[str, Any]:
    app = read_app(given)
    names = {name: f"{name}-1" for name in app.components}
    images = {name: f"registry.example/{name}@{DIGEST}" for name in app.components}
    return chart_values(app, images=images, secret_names=names, chart_digest=DIGEST, pull_secrets=["registry"])


def helms() -> dict[str, str]:
    """Version → path of those that the toolchain made, the newest of each major version."""
    found = {Path(path).parent.name.split("-")[0]: path for path in sorted(glob.glob(str(CACHE / "tools/helm/*/helm")))}
    return {version: found[version] for version in sorted(found)}


def check(kubernetes: str, version: str, helm: str, name: str, values: dict[str, Any]) -> Result:
    """Render, and hold each object against the API."""
    command = [helm, "template", "shop", str(CHART), "-n", "space", "--kube-version", kubernetes, "-f", "-"]
    done = subprocess.run(command, input=json.dumps(values), capture_output=True, text=True, check=False)
    if done.returncode:
        return Result(kubernetes, version, name, [done.stderr.strip()])
    faults: list[str] = []
    foreign: set[str] = set()
    objects = [item for item in yaml.safe_load_all(done.stdout) if item]
    for item in objects:
        found = api(kubernetes).faults(item)
        if found is None:
            foreign.add(f"{item['apiVersion']} {item['kind']}")
        faults += found or []
    return Result(kubernetes, version, name, faults, len(objects), frozenset(foreign))


def table(results: list[Result]) -> str:
    lines = [f"{'Kubernetes':<12}{'Helm':<10}{'inventory':<18}{'objects':>8}  result"]
    for result in results:
        said = f"{len(result.faults)} faults" if result.faults else "ok"
        lines.append(f"{result.kubernetes:<12}{result.helm:<10}{result.inventory:<18}{result.checked:>8}  {said}")
        lines += [f"    {fault}" for fault in result.faults]
    lines += [f"{row:<52}see {where}" for row, where in ELSEWHERE]
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
    results = [
        check(kubernetes, version, helm, name, values)
        for kubernetes in chosen.kubernetes or KUBERNETES
        for version, helm in helms().items()
        for name, values in applications().items()
    ]
    print(table(results))
    cores = {} if chosen.chart else {core.version: ansible_core.faults(core) for core in ansible_core.CORES}
    for core, faults in cores.items():
        print(f"ansible-core {core:<39}{'; '.join(faults) or 'ok'}")
    print(f"{sum(not result.faults for result in results)} of {len(results)} rendered and taken, {time.monotonic() - start:.0f} s")
    sys.exit(any(result.faults for result in results) or any(cores.values()))


if __name__ == "__main__":
    main()
