# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A batch of images: look at all, then build and deliver at once what is missing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._images.engine import Engine, EngineUnreachable, Image, Stopped
from ansible_collections.proven.webapp.plugins.module_utils._images.place import Place
from ansible_collections.proven.webapp.plugins.module_utils._images.plan import Plan, Planned
from ansible_collections.proven.webapp.plugins.module_utils._images.registry import Unreachable
from ansible_collections.proven.webapp.plugins.module_utils._images.spec import Build, Rootfs

WORKERS = 16


@dataclass
class Outcome:
    """What became of one image.

    :param place: where it belongs; None for the engine.
    :param found: what that place calls it, such as its digest in a registry; empty where it isn't there yet.
    :param image: as the engine has it.
    :param built: made in this run; in check mode: would be.
    :param pushed: delivered in this run; in check mode: would be.
    """

    planned: Planned
    place: Place | None = None
    found: str = ""
    image: Image | None = None
    built: bool = False
    pushed: bool = False
    seconds: float = 0.0

    @property
    def delivered(self) -> bool:
        """Whether it is where it belongs."""
        return self.place.holds(self.found, self.image) if self.place else self.image is not None

    @property
    def ref(self) -> str:
        """What to deploy: by digest where there is one."""
        return self.place.ref(self.planned, self.found) if self.place and self.found else self.planned.ref

    def as_dict(self) -> dict[str, Any]:
        return {
            "ref": self.ref,
            "tag": self.planned.tag,
            "id": self.image.id if self.image else None,
            "size_bytes": self.image.size_bytes if self.image else None,
            "built": self.built,
            "pushed": self.pushed,
            "seconds": round(self.seconds, 1),
        }


@dataclass
class Batch:
    """Works a plan off.

    :param place: where images go; None for the engine alone.
    :param report: takes progress lines.
    """

    plan: Plan
    engine: Engine
    place: Place | None
    report: Callable[[str], None]
    builds: dict[str, Outcome] = field(init=False)
    bases: dict[str, Outcome] = field(init=False)

    def __post_init__(self) -> None:
        self.builds = {name: Outcome(planned, self.place) for name, planned in self.plan.builds.items()}
        self.bases = {name: Outcome(planned) for name, planned in self.plan.bases.items()}

    def look(self, *, forgiving: bool) -> None:
        """Find out what is there.

        :param forgiving: without a registry or an engine nothing is there, rather than an error (check mode).
        :raises ProvenError: where a registry or engine can't be asked.
        """
        if self.place:
            place = self.place
            with ThreadPoolExecutor(WORKERS) as pool:
                list(pool.map(lambda outcome: self._ask(place, outcome, forgiving), self.builds.values()))
            if not place.asks_engine and all(outcome.delivered for outcome in self.builds.values()):
                return  # a look at the engine would take longer than all others
        everything = [*self.builds.values(), *self.bases.values()]
        try:
            found = self.engine.images([outcome.planned.parts[0][1] for outcome in everything if outcome.planned.tag])
        except EngineUnreachable:
            if not forgiving:
                raise
            found = {}
        for outcome in everything:
            outcome.image = found.get(outcome.planned.parts[0][1])

    @staticmethod
    def _ask(place: Place, outcome: Outcome, forgiving: bool) -> None:
        """What the place calls one image."""
        if not outcome.planned.tag:
            return
        try:
            outcome.found = place.find(outcome.planned)
        except Unreachable:
            if not forgiving:
                raise

    def predict(self) -> None:
        """Mark what `make` would do."""
        for outcome in self.builds.values():
            outcome.built = not outcome.delivered and outcome.image is None
            outcome.pushed = not outcome.delivered and self.place is not None
        for name in self._bases_to_make():
            self.bases[name].built = True

    def make(self) -> None:
        """Build and deliver what is missing, all at the same time as far as bases allow.

        :raises ProvenError: the first failure; what else was running is given up.
        """
        missing = {name: outcome for name, outcome in self.builds.items() if not outcome.delivered}
        if not missing:
            return
        base_names = self._bases_to_make()
        done: dict[str, Future[None]] = {}
        with ThreadPoolExecutor(len(missing) + len(base_names)) as pool:
            # bases come in an order in which each stands behind those that it needs
            for name in base_names:
                done[name] = pool.submit(self._make_one, self.bases[name], done)
            running = {*done.values(), *(pool.submit(self._make_one, outcome, done) for outcome in missing.values())}
            try:
                self._watch(running)
            except BaseException:
                self.engine.stop()
                raise
        made = self.engine.images(
            outcome.planned.parts[0][1] for outcome in (*missing.values(), *(self.bases[name] for name in base_names))
        )
        for outcome in (*missing.values(), *(self.bases[name] for name in base_names)):
            outcome.image = made.get(outcome.planned.parts[0][1])

    @staticmethod
    def _watch(running: Iterable[Future[None]]) -> None:
        """Wait for all; raise the first error at once."""
        pending = set(running)
        while pending:
            finished, pending = wait(pending, return_when=FIRST_COMPLETED)
            errors = [error for future in finished if (error := future.exception()) is not None]
            # a build that waited for the failed one carries the same error, or gave up because of it
            for error in sorted(errors, key=lambda error: isinstance(error, Stopped)):
                raise error

    def _bases_to_make(self) -> list[str]:
        """Bases that a missing image needs and the engine lacks, needed ones first."""
        order: list[str] = []

        def visit(planned: Planned) -> None:
            for name in planned.needs:
                if name not in order and self.bases[name].image is None:
                    visit(self.bases[name].planned)
                    order.append(name)

        for outcome in self.builds.values():
            if not outcome.delivered and outcome.image is None:
                visit(outcome.planned)
        return order

    def _make_one(self, outcome: Outcome, bases: Mapping[str, Future[None]]) -> None:
        planned = outcome.planned
        for name in planned.needs:
            if name in bases:
                bases[name].result()
        start = time.monotonic()
        if outcome.image is None or planned.platforms:
            self._build(planned)
            outcome.built = True
        if outcome.place:
            outcome.found = outcome.place.send(planned, outcome.image, self.report)
            outcome.pushed = True
            outcome.image = None  # it may have been built just now: looked up again in the end
        outcome.seconds = time.monotonic() - start
        self.report(f"{planned.name}  ready, {outcome.seconds:.1f}s")

    def _build(self, planned: Planned) -> None:
        match planned.build:
            case Rootfs(tar=tar):
                self.report(f"{planned.name}  importing {tar.name}")
                self.engine.load(tar, planned.ref)
            case Build() as build:
                self.report(f"{planned.name}  building")
                self.engine.build(planned, build, self.report)
