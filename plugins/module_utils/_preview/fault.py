# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a release would be refused: all reasons in one message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError


@dataclass(frozen=True)
class Fault:
    """One reason.

    :ivar object: such as ``Deployment/todo-backend``.
    :ivar field: path inside of the object; empty where the object as a whole is meant.
    :ivar what: what is wrong with it.
    :ivar fix: what to do about it.
    """

    object: str
    field: str
    what: str
    fix: str

    def __str__(self) -> str:
        place = f"{self.object}, {self.field}" if self.field else self.object
        return f"{place}: {self.what}; {self.fix}"

    def as_dict(self) -> dict[str, str]:
        """Plain JSON types."""
        return asdict(self)


class Refused(ProvenError):
    """All reasons in one message."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(dict.fromkeys(faults))
        count = "1 reason" if len(self.faults) == 1 else f"{len(self.faults)} reasons"
        super().__init__(f"The release would fail for {count}; nothing was changed.\n" + "\n".join(f"  {fault}" for fault in self.faults))
