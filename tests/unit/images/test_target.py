# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where images go, from what is asked for."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._images.login import docker_environment
from ansible_collections.proven.webapp.plugins.module_utils._images.registry import Login, Registry
from ansible_collections.proven.webapp.plugins.module_utils._images.target import Target, check_emulation, read_target


def target(**given: Any) -> Target:
    nothing = {"registry": None, "registry_username": None, "registry_password": None, "ca_bundle": None}
    return read_target({"delivery": "auto", "containers": [], "platforms": [], "engine": None, **nothing, **given})


def test_auto_takes_the_fastest_that_there_is() -> None:
    registry = target(registry="localhost:5001", containers=["node"]).registry
    assert registry is not None
    assert registry.address == "localhost:5001"
    assert target(containers=["node"]) == Target(containers=("node",))
    assert target() == Target()
    assert target(delivery="load", registry="localhost:5001", containers=["node"]) == Target(containers=("node",))


def test_the_engine_that_runs_the_clusters_containers_goes_before_its_nodes() -> None:
    engine = {"host": "tcp://127.0.0.1:32771", "certificates": "/home/me/.minikube/certs"}
    variables = {"DOCKER_HOST": engine["host"], "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": engine["certificates"]}
    for delivery in ("auto", "load"):
        assert target(delivery=delivery, engine=engine, containers=["node"]) == Target(engine=variables)
    assert target(engine=engine, registry="localhost:5001").registry
    assert target(engine={"host": "unix:///run/other.sock"}).engine == {"DOCKER_HOST": "unix:///run/other.sock"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"delivery": "load"}, "none of the cluster's nodes is a container"),
        ({"delivery": "push"}, "no registry for images_delivery: push"),
        ({"delivery": "registry"}, "no registry for images_delivery: registry"),
        ({"delivery": "registry", "registry": "ghcr.io/acme"}, "no registry of this machine"),
        ({"registry": "https://ghcr.io"}, "without https://"),
        ({"registry": "ghcr.io", "registry_username": "me"}, "images_registry_password"),
        ({"registry": "ghcr.io", "registry_password": "x"}, "images_registry_username"),
        ({"registry": "ghcr.io", "registry_username": "a:b", "registry_password": "x"}, "colon"),
        ({"platforms": ["arm64"], "registry": "ghcr.io"}, "is no platform"),
        ({"platforms": ["linux/arm64"], "containers": ["node"]}, "go to a registry only"),
        ({"platforms": ["linux/arm64"], "engine": {"host": "tcp://127.0.0.1:1"}}, "go to a registry only"),
    ],
)
def test_what_cannot_be_had_is_told_with_the_variable(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ProvenError, match=words) as error:
        target(**given)
    assert "images_" in str(error.value)


def test_in_check_mode_the_nodes_may_be_yet_to_come() -> None:
    nothing = dict.fromkeys(("registry", "registry_username", "registry_password", "ca_bundle"))
    assert read_target({"delivery": "load", "containers": [], "platforms": [], "engine": None, **nothing}, forgiving=True) == Target()


def test_emulation_is_wanted_where_programs_of_another_platform_run() -> None:
    check_emulation(["linux/amd64"], ["linux/amd64"], ["web"])
    with pytest.raises(ProvenError, match="web can't be built for linux/arm64"):
        check_emulation(["linux/amd64", "linux/arm64"], ["linux/amd64"], ["web"])


def test_a_login_lies_in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own"
    (own / "contexts").mkdir(parents=True)
    (own / "config.json").write_text('{"currentContext": "far", "auths": {"kept": {}}}')
    monkeypatch.setenv("DOCKER_CONFIG", str(own))
    folder = tmp_path / "made"
    assert docker_environment(Registry("ghcr.io/acme", Login("me", "a-token")), folder) == {"DOCKER_CONFIG": str(folder)}
    assert stat.S_IMODE((folder / "config.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert json.loads((folder / "config.json").read_text()) == {"auths": {"ghcr.io": {"auth": "bWU6YS10b2tlbg=="}}, "currentContext": "far"}
    assert (folder / "contexts").is_symlink()
    assert "a-token" not in (own / "config.json").read_text()
    assert docker_environment(Registry("ghcr.io"), tmp_path / "none") == {}


def test_a_password_is_not_shown() -> None:
    assert "a-token" not in repr(Registry("ghcr.io", Login("me", "a-token")))
