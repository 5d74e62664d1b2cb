# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Steps of replacing a secret, as functions."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._secrets.rotation import State, parse, step

OLD, NEW, NEWER = "old-value", "new-value", "newer-value"


def made(*values: str) -> Callable[[], str]:
    left = iter(values)
    return lambda: next(left)


def test_three_steps_and_the_next_three() -> None:
    state, make = State(OLD, ()), made(NEW, NEWER)
    seen = []
    for name in ("prepare", "use", "finish") * 2:
        state = step(state, name, make, key="K")
        assert step(state, name, make, key="K") == state, f"{name} is taken once"
        seen.append((state.secret, state.listed))
    assert seen == [
        (OLD, f"0:{OLD},1:{NEW}"),
        (OLD, f"1:{NEW},0:{OLD}"),
        (NEW, f"1:{NEW}"),
        (NEW, f"1:{NEW},2:{NEWER}"),
        (NEW, f"2:{NEWER},1:{NEW}"),
        (NEWER, f"2:{NEWER}"),
    ]


def test_what_is_in_use_is_accepted_before_and_after_each_step() -> None:
    state, make = State(OLD, ()), made(NEW)
    for name in ("prepare", "use"):
        after = step(state, name, make, key="K")
        in_use = after.versions[0][1]
        assert in_use in {state.secret, *(value for _number, value in state.versions)}, "pods of before accept it"
        assert (state.versions[0][1] if state.versions else state.secret) in {value for _number, value in after.versions}
        state = after


@pytest.mark.parametrize(
    ("state", "name", "missing"),
    [
        (State(OLD, ()), "use", "prepare"),
        (State(OLD, ()), "finish", "prepare"),
        (State(OLD, ((0, OLD), (1, NEW))), "finish", "use"),
        (State(NEW, ((1, NEW),)), "use", "prepare"),
    ],
)
def test_no_step_is_left_out(state: State, name: str, missing: str) -> None:
    with pytest.raises(ProvenError, match=f"yet to be done: {missing}") as caught:
        step(state, name, made(NEW), key="K")
    assert "value" not in str(caught.value)


@pytest.mark.parametrize("listed", ["value", "x:value", "1:", "1:value,", "1:value,1:other"])
def test_a_list_that_is_none(listed: str) -> None:
    with pytest.raises(ProvenError, match="list of versions") as caught:
        parse(OLD, listed, where="KEYS")
    assert "value" not in str(caught.value)


def test_a_value_with_a_comma_would_be_two() -> None:
    with pytest.raises(ProvenError, match="comma"):
        step(State(OLD, ()), "prepare", made("a,b"), key="K")
