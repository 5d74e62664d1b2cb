"""Which schema this code needs, and whether the database has it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alembic.script import ScriptDirectory

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


@dataclass(frozen=True)
class Schema:
    """`head`: the revision that this code needs; `known`: every revision that this code ships."""

    head: str
    known: frozenset[str]

    @classmethod
    def of_this_code(cls) -> Schema:
        script = ScriptDirectory(str(MIGRATIONS))
        head = script.get_current_head()
        if head is None:
            raise RuntimeError("no migration is packaged")
        return cls(head, frozenset(step.revision for step in script.walk_revisions()))

    def problem(self, found: list[str]) -> str | None:
        """Why a database at these revisions can't be used, or None when it can.

        A revision that this code doesn't know was made by newer code. Migrations only add what the release before can live with, so
        that is fine: during a rolling update, and after a rollback, old code runs on the newer schema.
        """
        if not found:
            return "schema is missing: run the migrations"
        if self.head in found or not self.known.issuperset(found):
            return None
        return f"schema is behind: {', '.join(sorted(found))}, needs {self.head}"
