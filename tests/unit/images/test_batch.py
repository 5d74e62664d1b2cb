"""The order of work, with an engine and a registry of cardboard."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._images.batch import Batch
from ansible_collections.proven.webapp.plugins.module_utils._images.engine import EngineUnreachable, Image, Stopped
from ansible_collections.proven.webapp.plugins.module_utils._images.place import RegistryPlace
from ansible_collections.proven.webapp.plugins.module_utils._images.plan import LOCAL, Plan, Planned
from ansible_collections.proven.webapp.plugins.module_utils._images.registry import NeedsLogin, Unreachable
from ansible_collections.proven.webapp.plugins.module_utils._images.spec import Build, Rootfs

REGISTRY = "localhost:5001"


class FakeRegistry:
    def __init__(self) -> None:
        self.tags: dict[str, str] = {}
        self.error: Exception | None = None

    def digest(self, repository: str, tag: str) -> str | None:
        if self.error:
            raise self.error
        return self.tags.get(f"{REGISTRY}/{repository}:{tag}")


class FakeEngine:
    def __init__(self, registry: FakeRegistry) -> None:
        self.registry = registry
        self.have: set[str] = set()
        self.done: list[str] = []
        self.failing: set[str] = set()
        self.absent = False
        self.stopped = threading.Event()
        self.meet: threading.Barrier | None = None

    def images(self, refs: Iterable[str]) -> dict[str, Image]:
        if self.absent:
            raise EngineUnreachable("no engine")
        return {ref: Image("sha256:id", 5) for ref in refs if ref in self.have}

    def load(self, tar: Path, ref: str) -> None:
        self.done.append(f"load {tar.name}")
        self.have.add(ref)

    def build(self, planned: Planned, build: Build, report: Callable[[str], None]) -> None:
        if self.meet:
            self.meet.wait(5)
        if build.name in self.failing:
            raise ProvenError(f"{build.name} is broken")
        if self.failing and not self.stopped.wait(5):
            raise AssertionError("nobody stopped this build")
        if self.stopped.is_set():
            raise Stopped
        self.done.append(f"build {build.name}")
        self.have.add(planned.ref)

    def push(self, planned: Planned, report: Callable[[str], None]) -> None:
        self.done.append(f"push {planned.name}")
        self.registry.tags[planned.ref] = "sha256:pushed"

    def remote_digest(self, ref: str) -> str | None:
        return "sha256:with-login"

    def stop(self) -> None:
        self.stopped.set()


def planned(name: str, registry: str = REGISTRY, needs: tuple[str, ...] = ()) -> Planned:
    build = Build(name, f"todo/{name}", Path("x"), Path("x/Dockerfile"), "", {})
    return Planned(build, registry, {}, needs, "c-1", "")


class Bench:
    def __init__(self) -> None:
        self.registry = FakeRegistry()
        self.engine = FakeEngine(self.registry)
        self.bases = {
            "rootfs": Planned(Rootfs("rootfs", "base/rootfs", Path("r.tar"), ""), LOCAL, {}, (), "c-1", ""),
            "python": planned("python", LOCAL, ("rootfs",)),
        }
        self.builds = {"web": planned("web", needs=("python",)), "api": planned("api", needs=("python",))}

    def batch(self, *, registry: bool = True, forgiving: bool = False) -> Batch:
        engine: Any = self.engine
        fake: Any = self.registry
        place = RegistryPlace(fake, engine) if registry else None
        batch = Batch(Plan(self.builds, self.bases), engine, place, lambda _text: None)
        batch.look(forgiving=forgiving)
        return batch


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_bases_first_each_once_then_the_images_then_push(bench: Bench) -> None:
    batch = bench.batch()
    batch.make()
    assert bench.engine.done[:2] == ["load r.tar", "build python"]
    assert sorted(bench.engine.done[2:]) == ["build api", "build web", "push api", "push web"]
    assert batch.builds["web"].as_dict() | {"seconds": 0} == {
        "ref": f"{REGISTRY}/todo/web@sha256:pushed",
        "tag": "c-1",
        "id": "sha256:id",
        "size_bytes": 5,
        "built": True,
        "pushed": True,
        "seconds": 0,
    }
    assert batch.bases["python"].built


def test_a_second_look_finds_nothing_to_do_even_without_engine_and_bases(bench: Bench) -> None:
    bench.batch().make()
    bench.engine.done.clear()
    bench.engine.have.clear()
    bench.engine.absent = True
    batch = bench.batch()
    batch.make()
    assert bench.engine.done == []
    assert all(outcome.delivered for outcome in batch.builds.values())


def test_images_are_built_at_the_same_time(bench: Bench) -> None:
    bench.engine.have |= {base.ref for base in bench.bases.values()}
    bench.engine.meet = threading.Barrier(2)
    bench.batch().make()


def test_an_image_that_only_the_registry_lacks_is_pushed_not_built(bench: Bench) -> None:
    bench.engine.have |= {build.ref for build in bench.builds.values()}
    batch = bench.batch()
    batch.make()
    assert sorted(bench.engine.done) == ["push api", "push web"]
    assert not batch.builds["web"].built


def test_without_a_registry_the_engine_is_the_place(bench: Bench) -> None:
    bench.builds = {"web": planned("web", LOCAL)}
    batch = bench.batch(registry=False)
    batch.make()
    assert bench.engine.done == ["build web"]
    assert batch.builds["web"].ref == "localhost/todo/web:c-1"
    assert bench.batch(registry=False).builds["web"].delivered


def test_a_failing_build_stops_the_others_and_is_the_error(bench: Bench) -> None:
    bench.engine.have |= {base.ref for base in bench.bases.values()}
    bench.engine.failing = {"api"}
    with pytest.raises(ProvenError, match="api is broken"):
        bench.batch().make()
    assert bench.engine.done == []


def test_a_failing_base_is_the_error(bench: Bench) -> None:
    bench.engine.failing = {"python"}
    with pytest.raises(ProvenError, match="python is broken"):
        bench.batch().make()


def test_check_mode_foretells(bench: Bench) -> None:
    bench.engine.have.add(bench.builds["web"].ref)
    batch = bench.batch()
    batch.predict()
    assert (batch.builds["web"].built, batch.builds["web"].pushed) == (False, True)
    assert (batch.builds["api"].built, batch.builds["api"].pushed) == (True, True)
    assert [name for name, outcome in batch.bases.items() if outcome.built] == ["rootfs", "python"]
    assert bench.engine.done == []


def test_check_mode_needs_neither_engine_nor_registry(bench: Bench) -> None:
    bench.engine.absent = True
    bench.registry.error = Unreachable("gone")
    batch = bench.batch(forgiving=True)
    batch.predict()
    assert batch.builds["web"].built
    assert batch.builds["web"].ref == f"{REGISTRY}/todo/web:c-1"


def test_otherwise_both_are_needed(bench: Bench) -> None:
    bench.registry.error = Unreachable("gone")
    with pytest.raises(Unreachable):
        bench.batch()
    bench.registry.error = None
    bench.engine.absent = True
    with pytest.raises(EngineUnreachable):
        bench.batch()


def test_a_registry_with_a_login_is_asked_by_dockers_tools(bench: Bench) -> None:
    bench.registry.error = NeedsLogin()
    assert bench.batch().builds["web"].found == "sha256:with-login"
