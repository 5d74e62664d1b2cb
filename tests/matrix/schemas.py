# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the API servers of Kubernetes' versions take: their own published description of the API, out of the Go module of each version."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator  # type: ignore[import-untyped]

KUBERNETES = ("1.32.13", "1.33.13", "1.34.4", "1.35.4", "1.36.3")
MODULE = "k8s.io/kubernetes"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "proven.webapp"
UTIL = "io.k8s.apimachinery.pkg"
LOOSE: dict[str, dict[str, Any]] = {
    f"{UTIL}.util.intstr.IntOrString": {"type": ["integer", "string"]},
    f"{UTIL}.api.resource.Quantity": {"type": ["number", "string"]},
}
"""Types that an API server reads in more ways than their description says."""

Schema = dict[str, Any]
Kind = tuple[str, str]
"""apiVersion and kind."""


def fetch(version: str) -> Path:
    """The file with the API of a version; downloaded once, checked by Go against its checksum database.

    :raises SystemExit: it can't be had.
    """
    target = CACHE / "schemas" / f"kubernetes-{version}.json"
    if target.exists():
        return target
    go = shutil.which("go") or next(map(str, CACHE.glob("tools/go/*/bin/go")), None)
    if not go:
        raise SystemExit("There is no Go to fetch the API of Kubernetes with. What to do: run the role toolchain, or install Go.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        env = {**os.environ, "GOMODCACHE": folder, "GOFLAGS": "-modcacherw"}
        command = [go, "mod", "download", "-json", f"{MODULE}@v{version}"]
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{MODULE} {version} can't be fetched: {done.stdout}{done.stderr}")
        with zipfile.ZipFile(json.loads(done.stdout)["Zip"]) as module:
            content = module.read(f"{MODULE}@v{version}/api/openapi-spec/swagger.json")
        part = Path(folder) / "api.json"
        part.write_text(json.dumps(json.loads(content)["definitions"]))
        part.replace(target)
    return target


def strict(definitions: dict[str, Schema]) -> dict[str, Schema]:
    """The same, with fields refused that aren't there, as the API server does when it is asked to validate strictly."""
    found = {}
    for name, schema in definitions.items():
        changed = {**schema, **LOOSE.get(name, {})}
        changed.pop("format", None)
        if changed.get("properties") and not changed.get("x-kubernetes-preserve-unknown-fields"):
            changed.setdefault("additionalProperties", False)
        found[name] = changed
    return found


def kinds(definitions: dict[str, Schema]) -> dict[Kind, str]:
    """Kind → name of its definition."""
    return {
        ("/".join(filter(None, (kind["group"], kind["version"]))), kind["kind"]): name
        for name, schema in definitions.items()
        for kind in schema.get("x-kubernetes-group-version-kind") or ()
    }


class Api:
    """What one version takes."""

    def __init__(self, definitions: dict[str, Schema]) -> None:
        self._definitions = strict(definitions)
        self._names = kinds(definitions)
        self._validators: dict[Kind, Draft7Validator] = {}

    def faults(self, item: dict[str, Any]) -> list[str] | None:
        """What is wrong with an object; None where its kind isn't the API's own."""
        kind = (str(item.get("apiVersion")), str(item.get("kind")))
        if kind not in self._names:
            return None
        if kind not in self._validators:
            schema = {"$ref": f"#/definitions/{self._names[kind]}", "definitions": self._definitions}
            self._validators[kind] = Draft7Validator(schema)
        return [
            f"{kind[1]}/{item['metadata']['name']} {'.'.join(map(str, error.absolute_path)) or '(top)'}: {error.message[:200]}"
            for error in self._validators[kind].iter_errors(item)
        ]


@cache
def api(version: str) -> Api:
    return Api(json.loads(fetch(version).read_text()))
