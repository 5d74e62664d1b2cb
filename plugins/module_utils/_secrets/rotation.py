# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Replacing a secret while its old value is still accepted, in three steps with a release after each. Pure.

The application takes two keys: the secret, and a list of versions of it, `1:<new>,0:<old>`, of which it uses the first and accepts all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

STEPS = ("prepare", "use", "finish")


@dataclass(frozen=True)
class State:
    """The two keys' values.

    :ivar secret: what is signed with where there is no list.
    :ivar versions: (number, value), the one in use first; empty where there is no list.
    """

    secret: str = field(repr=False)
    versions: tuple[tuple[int, str], ...] = field(repr=False)

    @property
    def listed(self) -> str:
        return ",".join(f"{number}:{value}" for number, value in self.versions)


def parse(secret: str, listed: str, *, where: str) -> State:
    """:param where: the key of the list, for the error.

    :raises ProvenError: it isn't a list of versions.
    """
    versions = []
    for entry in listed.split(",") if listed else []:
        number, sign, value = entry.strip().partition(":")
        if not (sign and number.isdigit() and value):
            fix = "Write it as 1:<new>,0:<old>, the one in use first."
            raise ProvenError("The list of versions can't be read.", where=where, fix=fix)
        versions.append((int(number), value))
    if len({number for number, _value in versions}) < len(versions):
        raise ProvenError("The list of versions has a number twice.", where=where, fix="Give each version a number of its own.")
    return State(secret, tuple(versions))


def step(state: State, name: str, make: Callable[[], str], *, key: str) -> State:
    """The state after a step; the same where the step was done before.

    prepare: a new value is accepted, the old one stays in use. use: the new one is used, the old one is accepted. finish: the old one goes.

    :param make: makes a new value.
    :raises ProvenError: a step before it is yet to be done.
    """
    versions = state.versions
    newest = max(versions, default=None)
    pending = newest is not None and newest != versions[0]
    if name == "prepare":
        if pending or len(versions) > 1:
            return state
        before = versions or ((0, state.secret),)
        value = make()
        if "," in value:
            raise ProvenError("A generated value has a comma in it, which separates versions.", where=key, fix="Choose another generator.")
        return State(state.secret, (*before, (before[0][0] + 1, value)))
    if name == "use":
        if newest is None or (len(versions) == 1 and newest[1] == state.secret):
            raise _too_early(key, "prepare")
        return State(state.secret, (newest, *(one for one in versions if one != newest)))
    if newest is None:
        raise _too_early(key, "prepare")
    if pending:
        raise _too_early(key, "use")
    return State(newest[1], (newest,))


def _too_early(key: str, missing: str) -> ProvenError:
    return ProvenError(
        f"The step before this one is yet to be done: {missing}.",
        where=key,
        fix=f"Run with -e secrets_step={missing}, and deploy; each step wants a release of its own.",
    )
