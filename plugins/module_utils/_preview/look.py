# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Is there anything to be done?"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._preview import stored
from ansible_collections.proven.webapp.plugins.module_utils._release import claim

DRIVER = "HELM_DRIVER"
DRIVERS = ("", "secret", "secrets")
"""Values of HELM_DRIVER by which Helm keeps its records in Secrets."""


@dataclass(frozen=True)
class Look:
    """:ivar unchanged: the newest revision is deployed from the same values and chart, and nothing of it was removed.
    :ivar missing: what somebody removed of a revision that is the same otherwise.
    """

    past: stored.Past
    unchanged: bool = False
    missing: tuple[str, ...] = ()
    failed_since: bool = False
    """The revision that is deployed is the same, but a newer one failed, of which nobody knows how much was applied."""

    @property
    def repeat(self) -> bool:
        """Whether the same has to be applied once more. By values and versions alone, there would be nothing to do."""
        return bool(self.missing) or self.failed_since


def look(place: claim.Place, values: Mapping[str, Any], chart: str, pool: ThreadPoolExecutor) -> Look:
    """Compare what Helm has stored, and what is there of it, with what is wanted.

    :param chart: its folder.
    :raises ProvenError: Helm's records can't be read, or there is no chart.
    """
    past = stored.read(place)
    if past.newest is None or past.serving is None or not stored.same(past.serving, values, Path(chart)):
        return Look(past)
    if past.serving.number != past.newest.number:
        return Look(past, failed_since=True)
    wanted = stored.wanted_kinds(past.newest.manifests(place.namespace), place.namespace)
    gone = [name for found in pool.map(lambda item: stored.missing(place, *item), wanted.items()) for name in found]
    return Look(past, unchanged=not gone, missing=tuple(gone))
