# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each test runs against the stand-in of each cloud."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._cloud import http, pulling, waiting
from ansible_collections.proven.webapp.plugins.module_utils._module import Call, answer
from ansible_collections.proven.webapp.plugins.modules import cloud_cluster, cloud_registry

from .standin.aks import Aks
from .standin.clouds import Cloud, Real
from .standin.doks import Doks
from .standin.gke import Gke
from .standin.server import StandIn

PREFIXES = ("DIGITALOCEAN", "DO_API", "GOOGLE", "GCP", "GCE", "CLOUDSDK", "AZURE")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """A server whose certificate is trusted; nothing of this machine's environment speaks of clouds."""
    for name in list(os.environ):
        if name.startswith(PREFIXES):
            monkeypatch.delenv(name)
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setattr(waiting, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(http, "BACKOFF", 0.0)
    # Behind these stand-ins is no cluster
    monkeypatch.setattr(pulling, "secrets_of", lambda _kubeconfig, _context: ["acme"])
    standing = StandIn(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(standing.ca))
    yield standing
    standing.close()


@pytest.fixture(params=[Doks, Gke, Aks], ids=lambda kind: kind.provider)
def cloud(request: pytest.FixtureRequest, server: StandIn, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    made: Cloud = request.param(server, Real())
    for name, value in made.address.items():
        monkeypatch.setenv(name, value)
    return made


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Path:
    return tmp_path / "state/prod/kubeconfig"


Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(cloud: Cloud, kubeconfig: Path) -> Run:
    """Runs a module; what it said and warned of is with its result."""

    def call(work: Any = cloud_cluster.run, *, check: bool = False, **given: Any) -> dict[str, Any]:
        arguments = cloud_registry.ARGUMENTS if work is cloud_registry.run else cloud_cluster.ARGUMENTS
        params = {name: option.get("default") for name, option in arguments.items()}
        params |= {"provider": cloud.provider, "name": "prod", "credentials": cloud.credentials, "kubeconfig": str(kubeconfig), "wait": 5}
        params |= {"context": "prod", **cloud.arguments, **given}
        said: list[str] = []
        warned: list[str] = []
        params = {name: value for name, value in params.items() if name in arguments}
        result = answer(work, Call(params, check, True, said.append, warned.append))
        return {**result, "said": said, "warned": warned}

    return call
