# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What others say of rendered objects: kubeconform for each version of Kubernetes, kube-score, and the collection's own audit."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._audit.documents import Document
from ansible_collections.proven.webapp.plugins.module_utils._audit.engine import audit

from tests.matrix.schemas import CACHE, fetch, kinds, strict

CRITICAL = 1
"""kube-score's grade."""
FLAGS = ("--kubernetes-version", "v1.34", "--ignore-container-cpu-limit", "--output-format", "json")
"""A CPU limit holds up probes and start-up and protects nobody who has a request: the collection sets none (the chart's README)."""

Object = dict[str, Any]

MISSPELT: Object = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "misspelt"}, "spec": {"prots": []}}
"""What has to be refused, or nothing is shown by what is taken."""


def schemas(version: str) -> Path:
    """A folder with the API of a version of Kubernetes as kubeconform reads it: a file for each kind."""
    target = CACHE / "schemas" / f"kubeconform-{version}"
    if not target.exists():
        definitions = json.loads(fetch(version).read_text())
        part = target.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        (part / "all.json").write_text(json.dumps({"definitions": strict(definitions)}))
        for (api, kind), name in kinds(definitions).items():
            group, _, version_of = api.rpartition("/")
            suffix = "-".join(filter(None, (group.partition(".")[0], version_of)))
            (part / f"{kind}-{suffix}.json".lower()).write_text(json.dumps({"$ref": f"all.json#/definitions/{name}"}))
        part.rename(target)
    return target


def kubeconform(binary: str, version: str, objects: Sequence[Object]) -> tuple[list[str], int]:
    """(what is wrong with them, how many of them were looked at): kinds that come from elsewhere aren't known to it."""
    command = [binary, "-strict", "-ignore-missing-schemas", "-output", "json", "-verbose", "-kubernetes-version", version]
    command += ["-schema-location", f"{schemas(version)}/{{{{ .ResourceKind }}}}{{{{ .KindSuffix }}}}.json", "-"]
    text = "\n---\n".join(map(json.dumps, objects))
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    try:
        found = json.loads(done.stdout)["resources"]
    except (ValueError, KeyError):
        return [f"kubeconform: {done.stdout}{done.stderr}"], 0
    bad = [item for item in found if item["status"] in ("statusInvalid", "statusError")]
    faults = [f"kubeconform: {item['kind']}/{item['name']}: {item['msg']}" for item in bad]
    return faults, sum(item["status"] == "statusValid" for item in found)


def kube_score(binary: str, objects: Sequence[Object]) -> dict[str, set[str]]:
    """Check → the objects that it is critical of."""
    text = "\n---\n".join(map(json.dumps, objects))
    done = subprocess.run([binary, "score", *FLAGS, "-"], input=text, capture_output=True, text=True, check=False)
    # It ends with 1 where it is critical of anything.
    assert done.returncode in (0, 1), done.stderr
    found: dict[str, set[str]] = {}
    for item in json.loads(done.stdout):
        for check in item["checks"]:
            if check["grade"] == CRITICAL and not check["skipped"]:
                found.setdefault(check["check"]["id"], set()).add(item["object_name"])
    return found


def chosen(app: Mapping[str, Any]) -> set[str]:
    """Checks of kube-score that must be critical of an application, because of what its own inventory says."""
    found = set()
    components = app["components"].values()
    if not app.get("network", {}).get("isolate") and any("network" not in component for component in components):
        found.add("pod-networkpolicy")
    if any(component.get("security", {}).get("read_only") is False for component in components):
        # What a program writes beside its volumes has no bounds then.
        found |= {"container-security-context-readonlyrootfilesystem", "container-ephemeral-storage-request-and-limit"}
    beside = [item for component in components for key in ("init", "sidecars") for item in component.get(key, {}).values()]
    if any("memory" not in item["resources"].get("limits", {}) for item in (*components, *beside) if "resources" in item):
        found.add("container-resources")
    return found


def audited(objects: Sequence[Object]) -> list[str]:
    """What the collection's own audit calls an error."""
    return [
        f"{one.rule.id} {one.place}: {one.what}" for one in audit([Document(item) for item in objects]).findings if one.severity == "error"
    ]
