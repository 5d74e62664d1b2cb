# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Places that images are delivered to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._images.engine import Engine, Image
from ansible_collections.proven.webapp.plugins.module_utils._images.plan import Planned
from ansible_collections.proven.webapp.plugins.module_utils._images.registry import NeedsLogin, Registry


class Place(Protocol):
    """Where a cluster finds its images.

    :ivar asks_engine: whether it takes the engine's image to know that what was found is the one that is meant.
    """

    asks_engine: ClassVar[bool]

    def find(self, planned: Planned) -> str:
        """What it calls the image; empty where it hasn't got it.

        :raises Unreachable: where it can't be asked.
        """

    def holds(self, found: str, image: Image | None) -> bool:
        """Whether what was found is the image that is meant.

        :param image: as the engine has it.
        """

    def send(self, planned: Planned, image: Image | None, report: Callable[[str], None]) -> str:
        """Deliver what is missing of it; what the place calls it then.

        :raises ProvenError: where it isn't taken.
        """

    def ref(self, planned: Planned, found: str) -> str:
        """What to deploy."""


@dataclass(frozen=True)
class RegistryPlace:
    """A registry: only layers that it lacks travel, and images are deployed by digest."""

    asks_engine: ClassVar[bool] = False
    registry: Registry
    engine: Engine

    def find(self, planned: Planned) -> str:
        try:
            return self.registry.digest(planned.build.repository, planned.tag) or ""
        except NeedsLogin:
            return self.engine.remote_digest(planned.ref) or ""

    def holds(self, found: str, image: Image | None) -> bool:
        return bool(found)

    def send(self, planned: Planned, image: Image | None, report: Callable[[str], None]) -> str:
        self.engine.push(planned, report)
        found = self.find(planned)
        if not found:
            raise ProvenError(
                "The registry took the image, but doesn't have it now",
                where=planned.ref,
                fix="Look at the registry's log; is its disk full?",
            )
        return found

    def ref(self, planned: Planned, found: str) -> str:
        return f"{planned.registry}/{planned.build.repository}@{found}"
