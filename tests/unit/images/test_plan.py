"""Tags: what they depend on, and what not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._images.plan import Plan, Planner
from ansible_collections.proven.webapp.plugins.module_utils._images.spec import Build, Rootfs

DOCKERFILE = """\
ARG PYTHON_IMAGE=python:3
ARG NODE_IMAGE=node:24
FROM ${NODE_IMAGE} AS assets
FROM ${PYTHON_IMAGE} AS app
"""


class World:
    """A build on bases of the batch."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "rootfs.tar").write_bytes(b"rootfs")
        base = self.folder("base", "ARG ROOTFS_IMAGE\nFROM ${ROOTFS_IMAGE} AS python\n")
        self.web = self.folder("web", DOCKERFILE)
        self.bases: dict[str, Build | Rootfs] = {
            "rootfs": Rootfs("rootfs", "base/rootfs", root / "rootfs.tar", "trixie"),
            "python": replace(base, name="python", repository="base/python", target="python"),
        }
        self.base_images = {"ROOTFS_IMAGE": "rootfs", "PYTHON_IMAGE": "python"}
        self.asked: list[str] = []
        self.upstream: str | None = "sha256:1"

    def folder(self, name: str, dockerfile: str) -> Build:
        folder = self.root / name
        folder.mkdir()
        (folder / "Dockerfile").write_text(dockerfile)
        return Build(name, f"todo/{name}", folder, folder / "Dockerfile", "", {})

    def identify(self, ref: str) -> str | None:
        self.asked.append(ref)
        return self.upstream

    def plan(
        self, build: Build | None = None, registry: str = "localhost:5001", platform: str = "linux/x86_64", forgiving: bool = False
    ) -> Plan:
        planner = Planner(self.bases, self.base_images, self.identify, platform, forgiving=forgiving)
        return planner.plan({"web": build or self.web}, registry)

    def tag(self, build: Build | None = None, registry: str = "localhost:5001", platform: str = "linux/x86_64") -> str:
        return self.plan(build, registry, platform).builds["web"].tag


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_bases_of_the_batch_are_named_and_handed_in(world: World) -> None:
    plan = world.plan()
    web, python = plan.builds["web"], plan.bases["python"]
    assert web.needs == ("python",)
    assert python.needs == ("rootfs",)
    assert python.ref.startswith("localhost/base/python:c-")
    assert web.args == {"PYTHON_IMAGE": python.ref}
    assert web.ref == f"localhost:5001/todo/web:{web.tag}"
    assert web.suite == "trixie"


def test_a_tag_never_looks_like_a_number(world: World) -> None:
    assert world.tag().startswith("c-")


def test_where_it_goes_and_how_it_is_called_do_not_count(world: World) -> None:
    before = world.tag()
    assert world.tag(registry="") == before
    assert world.tag(replace(world.web, name="other", repository="x/y")) == before


def test_bases_that_the_target_does_not_start_from_are_neither_asked_for_nor_handed_in(world: World) -> None:
    assert world.plan(replace(world.web, target="app")).builds["web"].needs == ("python",)
    assert world.asked == []
    assert world.plan(replace(world.web, target="assets")).builds["web"].args == {}
    assert world.asked == ["node:24"]


@pytest.mark.parametrize(
    "change",
    [
        lambda world: world.root.joinpath("rootfs.tar").write_bytes(b"changed"),
        lambda world: world.root.joinpath("base/extra").touch(),
        lambda world: world.root.joinpath("web/extra").touch(),
        lambda world: world.root.joinpath("web/Dockerfile").write_text(DOCKERFILE + "RUN x\n"),
        lambda world: world.base_images.pop("PYTHON_IMAGE"),
        lambda world: setattr(world, "web", replace(world.web, args={"A": "1"})),
        lambda world: setattr(world, "web", replace(world.web, target="assets")),
    ],
    ids=["root file system", "base", "context", "Dockerfile", "base image", "argument", "target"],
)
def test_content_counts(world: World, change: Callable[[World], object]) -> None:
    before = world.tag()
    change(world)
    assert world.tag() != before


def test_the_platform_and_upstream_digests_count(world: World) -> None:
    build = replace(world.web, target="assets")
    before = world.tag(build)
    assert world.tag(build, platform="linux/aarch64") != before
    world.upstream = "sha256:2"
    assert world.tag(build) != before


def test_a_dockerfile_ignored_by_its_own_context_counts(world: World) -> None:
    (world.root / "web" / ".dockerignore").write_text("Dockerfile\n")
    before = world.tag()
    (world.root / "web" / "Dockerfile").write_text(DOCKERFILE + "RUN x\n")
    assert world.tag() != before


def test_own_arguments_win(world: World) -> None:
    planned = world.plan(replace(world.web, args={"PYTHON_IMAGE": "mine:1"}, target="app")).builds["web"]
    assert (planned.needs, planned.args) == ((), {"PYTHON_IMAGE": "mine:1"})


def test_an_identity_that_nobody_knows_makes_an_unknown_tag(world: World) -> None:
    world.upstream = None
    planned = world.plan(replace(world.web, target="assets")).builds["web"]
    assert planned.tag == ""
    assert planned.ref.endswith(":unknown")


def test_a_missing_archive(world: World) -> None:
    (world.root / "rootfs.tar").unlink()
    with pytest.raises(ProvenError, match=r"no root file system archive .*rootfs\.tar"):
        world.plan()
    assert world.plan(forgiving=True).builds["web"].tag == ""
    # nobody needs it
    assert world.plan(replace(world.web, target="assets")).builds["web"].tag


def test_bases_that_need_each_other(world: World) -> None:
    world.base_images["ROOTFS_IMAGE"] = "python"
    with pytest.raises(ProvenError, match="need each other\nWhere: python → python"):
        world.plan()
