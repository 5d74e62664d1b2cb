# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The images that the role made: what they run as, how large they are, and what is in no layer of theirs."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.molecule.images.layers import host_settings, leaks, writable
from ansible_collections.proven.webapp.molecule.support import (
    FACTS,
    ROOT,
    Cluster,
    ansible_playbook,
    copy_inventory,
    disguises,
    plain_secrets,
    variables,
)

COMPONENTS = ("database", "backend", "frontend")
MAY_BE_WRITTEN = ("/tmp", "/var/tmp", "/run/lock", "/dev/shm", "/var/lib/postgresql/data")
LARGEST = {"database": 200_000_000, "backend": 200_000_000, "frontend": 250_000_000}


@pytest.fixture(scope="session")
def images(cluster: Cluster) -> dict[str, dict[str, Any]]:
    """Component → what the role's second run said of it; the image itself is in the engine."""
    found: dict[str, dict[str, Any]] = json.loads((FACTS / "images.json").read_text())
    assert set(found) == set(COMPONENTS)
    for image in found.values():
        cluster.docker("pull", "--quiet", image["ref"])
    return found


def configuration(cluster: Cluster, image: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(cluster.docker("image", "inspect", image["ref"]))[0]
    return found


def test_nothing_is_built_or_delivered_again(images: dict[str, dict[str, Any]]) -> None:
    assert not [name for name, image in images.items() if image["built"] or image["pushed"]]


def test_they_are_named_by_digest(images: dict[str, dict[str, Any]]) -> None:
    assert all("@sha256:" in image["ref"] for image in images.values())


@pytest.mark.parametrize("name", COMPONENTS)
def test_the_user_is_a_number_and_not_root(cluster: Cluster, images: dict[str, dict[str, Any]], name: str) -> None:
    assert configuration(cluster, images[name])["Config"]["User"] == "1001:1001"


@pytest.mark.parametrize("name", COMPONENTS)
def test_no_shell_stands_before_the_process(cluster: Cluster, images: dict[str, dict[str, Any]], name: str) -> None:
    config = configuration(cluster, images[name])["Config"]
    command = [*(config["Entrypoint"] or []), *(config["Cmd"] or [])]
    assert command
    assert "-c" not in command


@pytest.mark.parametrize("name", COMPONENTS)
def test_it_is_small(cluster: Cluster, images: dict[str, dict[str, Any]], name: str) -> None:
    size = configuration(cluster, images[name])["Size"]
    assert size <= LARGEST[name], f"{name}: {size / 1e6:.0f} MB"


@pytest.mark.parametrize("name", COMPONENTS)
def test_its_user_can_write_nowhere_but_to_scratch_and_data(
    cluster: Cluster, images: dict[str, dict[str, Any]], name: str, tmp_path: Path
) -> None:
    paths = writable(cluster.tools.get("docker", "docker"), images[name]["ref"], tmp_path, 1001)
    assert "/tmp" in paths
    assert not {path for path in paths if not path.startswith(MAY_BE_WRITTEN)}


def sought() -> dict[str, bytes]:
    """What must be in no layer: the application's secrets, and this machine's own settings, which the builds were given."""
    secrets = disguises(plain_secrets(variables()).values())
    return {f"secret {number}": value.encode() for number, value in enumerate(secrets)} | host_settings()


@pytest.mark.parametrize("name", COMPONENTS)
def test_no_layer_holds_secrets_tests_or_settings_of_this_machine(
    cluster: Cluster, images: dict[str, dict[str, Any]], name: str, tmp_path: Path
) -> None:
    assert leaks(cluster.tools.get("docker", "docker"), images[name]["ref"], sought(), tmp_path) == []


def test_what_a_layer_hides_is_found(cluster: Cluster, images: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    """The test before this one sees: each kind of leak, put into an image and removed again by its next layer, is told."""
    wanted = sought()
    context = tmp_path / "context"
    (context / "tests").mkdir(parents=True)
    for number, value in enumerate(wanted.values()):
        (context / f"leak-{number}").write_bytes(b"before " + value + b" after")
    for name in (".env", ".npmrc", "pip.conf", "page.test.tsx", "secret"):
        (context / name).write_text("anything")
    lines = [
        f"FROM {images['backend']['ref']}",
        "USER 0",
        "COPY . /app/",
        "COPY secret /run/secrets/ca",
        "RUN rm -rf /app /run/secrets",
        f"LABEL word={next(iter(wanted.values())).decode()}",
    ]
    (context / "Dockerfile").write_text("\n".join(lines) + "\n")
    tag = "proven-test/leaky:1"
    cluster.run("buildx", "build", "--quiet", "--tag", tag, str(context))
    try:
        found = leaks(cluster.tools.get("docker", "docker"), tag, wanted, tmp_path)
    finally:
        cluster.docker("image", "rm", tag)
    told = "\n".join(found)
    assert "in the image's configuration" in told
    for number in range(len(wanted)):
        assert f"app/leak-{number} of" in told
    for name in (".env", ".npmrc", "pip.conf", "page.test.tsx", "tests", "Dockerfile"):
        assert f"app/{name} in" in told
    assert "run/secrets/ca in" in told


@pytest.mark.usefixtures("images")
def test_what_dockerignore_leaves_out_changes_nothing(tmp_path: Path) -> None:
    """Files beside the application make no new image, and one of its own does."""
    components = variables()["webapp_components"]
    for name in ("backend", "frontend"):
        skip = shutil.ignore_patterns("node_modules", ".next", ".*_cache", "__pycache__")
        shutil.copytree(ROOT / "docker" / name, tmp_path / name, ignore=skip)
        components[name]["build"]["context"] = str(tmp_path / name)
        (tmp_path / name / ".env").write_text("PASSWORD=anything\n")
        (tmp_path / name / "tests/test_more.py").write_text("assert True\n")
    inventory = copy_inventory(tmp_path / "inventory", {"webapp_components": components})
    assert not ansible_playbook("playbooks/build.yml", inventory, "--check").succeeded().recap["changed"]
    (tmp_path / "backend/todo/more.py").write_text("MORE = True\n")
    run = ansible_playbook("playbooks/build.yml", inventory, "--check", "--diff").succeeded()
    assert run.recap["changed"] == 1, run.output
    # Which of its images the engine takes for the newest, where earlier runs have left several, is no matter here
    assert re.search(r"^-backend: c-\w+\n\+backend: c-\w+$", run.output, re.MULTILINE)
    assert "frontend: c-" not in run.output
