# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A shop an environment, in namespaces that are removed in the end; on the scenarios' cluster or the one whose facts PROVEN_LAB names."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ansible_collections.proven.webapp.molecule.support import Cluster, Run, ansible_playbook

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tests.integration.byo.site import Site
from tests.integration.leaks.channels import Places, Processes, files, helm, objects, text
from tests.integration.leaks.finder import Finder
from tests.integration.leaks.shop import Shop

ENVIRONMENTS = ("dev", "staging", "prod")
LEFT = ("pytest-", "go-build", "bash_jobs")
"""Folders of what is temporary that aren't a run's own."""


@dataclass
class Gate:
    """Watches what runs do, and looks for the secrets of all environments."""

    cluster: Cluster
    shops: dict[str, Shop]
    folder: Path
    finder: Finder
    started: float = field(default_factory=time.time)

    def site(self, environment: str) -> Site:
        folder = self.folder / environment
        (folder / "tmp").mkdir(parents=True, exist_ok=True)
        return Site(self.cluster, f"leaks-{environment}", folder)

    def environment(self, site: Site) -> dict[str, str]:
        """Of a run: what is temporary goes where it can be looked at."""
        return {"TMPDIR": str(site.folder / "tmp")}

    def run(self, site: Site, *arguments: str, playbook: str = "site.yml") -> tuple[Run, list[tuple[str, bytes]]]:
        """A run, and all that was to be seen of it from outside."""
        with Processes() as processes:
            run = ansible_playbook(playbook, site.folder, *arguments, env=self.environment(site))
        return run, [*text("output", run.output), *processes.places(), *self.left(site)]

    def left(self, site: Site) -> Places:
        """What a run wrote: evidence, reports, and what it forgot."""
        yield from files(site.folder)
        home = Path.home()
        yield from files(Path("/tmp"), Path("/dev/shm"), home / ".ansible", home / ".local/state", since=self.started, but=LEFT)

    def cluster_side(self, site: Site) -> Places:
        yield from helm(self.cluster, site.namespace)
        yield from objects(self.cluster, site.namespace)


@pytest.fixture(scope="session")
def gate(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    shops = {environment: Shop.of(environment) for environment in ENVIRONMENTS}
    secrets = {name: value for shop in shops.values() for name, value in shop.sentinels.items()}
    gate = Gate(cluster, shops, tmp_path_factory.mktemp("leaks"), Finder(secrets))
    yield gate
    for environment in ENVIRONMENTS:
        gate.site(environment).remove()
