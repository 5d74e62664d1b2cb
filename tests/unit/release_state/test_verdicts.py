"""Which revision a rollback goes to."""

from __future__ import annotations

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._release import verdicts
from ansible_collections.proven.webapp.plugins.module_utils._release.history import Revision


def revision(number: int, status: str = "superseded", uid: str = "") -> Revision:
    return Revision(number, status, f"sh.helm.release.v1.todo.v{number}", uid or f"uid-{number}")


def recorded(number: int, verdict: str = "proven") -> verdicts.Recorded:
    return verdicts.Recorded(verdict, f"uid-{number}", "2026-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("known", "said", "expected"),
    [
        ([revision(1), revision(2, "deployed")], {1: recorded(1), 2: recorded(2)}, 2),
        ([revision(1), revision(2, "deployed")], {1: recorded(1)}, 1),
        ([revision(1), revision(2, "deployed")], {1: recorded(1), 2: recorded(2, "not_proven")}, 1),
        ([revision(1), revision(2, "deployed")], {1: recorded(1), 2: recorded(2, "not_shown")}, 1),
        # A record of the same number from before an uninstall
        ([revision(1, "deployed", uid="other")], {1: recorded(1)}, None),
        # Proven once, but Helm's history has lost it
        ([revision(2, "deployed")], {1: recorded(1)}, None),
        ([revision(1, "failed")], {1: recorded(1)}, None),
        ([], {}, None),
    ],
)
def test_the_last_proven_revision(known: list[Revision], said: dict[int, verdicts.Recorded], expected: int | None) -> None:
    assert verdicts.last_proven(known, said) == expected


def test_only_older_ones_when_asked() -> None:
    known = [revision(1), revision(2, "deployed")]
    assert verdicts.last_proven(known, {1: recorded(1), 2: recorded(2)}, before=2) == 1


def test_what_is_written_is_read_back_and_the_verdicts_of_lost_revisions_go() -> None:
    body = verdicts.body(
        "todo", "shop", {1: recorded(1), 2: recorded(2, "not_proven"), 3: recorded(3)}, [revision(2), revision(3, uid="x")]
    )
    assert verdicts.read(body) == {2: recorded(2, "not_proven")}


def test_what_can_t_be_read_was_proven_by_nobody() -> None:
    assert verdicts.read({"data": {"1": "proven", "x": "{}", "2": '{"verdict": "proven"}'}}) == {}
    assert verdicts.read(None) == {}
