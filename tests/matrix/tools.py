# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tools that only the matrix needs: built from Go modules once, as the role toolchain builds its own, and kept in its cache."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.proven.webapp.plugins.module_utils._toolchain.catalog import GoBuild, Tool
from ansible_collections.proven.webapp.plugins.module_utils._toolchain.gobuild import build, machine_go
from ansible_collections.proven.webapp.plugins.module_utils._toolchain.jobs import Job, run_jobs

from tests.matrix.schemas import CACHE

OLDEST_GO = "1.24"
TOOLS = (
    Tool("kubeconform", "0.8.0", ("kubeconform",), go=GoBuild("github.com/yannh/kubeconform", ("cmd/kubeconform",))),
    Tool("kube-score", "1.20.0", ("kube-score",), go=GoBuild("github.com/zegl/kube-score", ("cmd/kube-score",))),
)


def find_go() -> str:
    """The machine's own Go, or the one that the role toolchain fetched.

    :raises SystemExit: there is none.
    """
    go = machine_go(OLDEST_GO) or next(map(str, sorted(CACHE.glob("tools/go/*/bin/go"), reverse=True)), None)
    if not go:
        raise SystemExit("There is no Go. What to do: run the role toolchain, or install Go.")
    return go


def job(tool: Tool, folder: Path, go: str) -> Job:
    return Job(tool.name, folder, lambda made, run: build(tool, go, CACHE, made, run))


def tools() -> dict[str, str]:
    """Name → path.

    :raises ProvenError: one can't be built.
    """
    folders = {tool.name: CACHE / "tools" / tool.name / tool.version for tool in TOOLS}
    if missing := [tool for tool in TOOLS if not folders[tool.name].exists()]:
        go = find_go()
        run_jobs([job(tool, folders[tool.name], go) for tool in missing], lambda line: print(line, flush=True), workers=1)
    return {tool.name: str(folders[tool.name] / tool.binaries[0]) for tool in TOOLS}
