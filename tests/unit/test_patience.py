"""An API server that restarts is waited for."""

from __future__ import annotations

from typing import Any, cast

import pytest
from ansible_collections.proven.webapp.plugins.module_utils import _patience
from ansible_collections.proven.webapp.plugins.module_utils._api import Unreachable
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Server:
    """Is away for so many seconds, and then begins for a few more."""

    def __init__(self, clock: Clock, away: float, begins: float = 0.0) -> None:
        self._clock, self._away, self._begins = clock, clock.now + away, clock.now + away + begins

    def get(self, path: str) -> tuple[int, bytes]:
        assert path == "/readyz"
        if self._clock.now < self._away:
            raise Unreachable("The cluster doesn't answer: refused")
        return (500 if self._clock.now < self._begins else 403), b""


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    one = Clock()
    monkeypatch.setattr(_patience, "time", one)
    return one


@pytest.mark.parametrize(
    ("away", "begins", "patience", "waited"),
    [(0, 0, 60, 0), (12, 0, 60, 12), (12, 3, 60, 15), (1e9, 0, 20, 20), (5, 0, 0, 0)],
    ids=["there", "restarts", "begins", "stays away", "nobody waits"],
)
def test_it_is_waited_for(clock: Clock, away: float, begins: float, patience: float, waited: float) -> None:
    said = list[str]()
    _patience.until_answered(cast(Any, Server(clock, away, begins)), patience, said.append)
    assert waited <= clock.now - 1000 < waited + 1
    assert len(said) == (waited + 4) // 5
    if said:
        assert said[0] == f"the cluster doesn't answer; waiting for it for up to {patience} s"


@pytest.mark.parametrize(("patience", "does"), [(60, True), (5, False), (0, False)])
def test_what_it_interrupts_is_begun_again(clock: Clock, patience: float, does: bool) -> None:
    server, tries, said = Server(clock, 12, 3), list[float](), list[str]()

    def work() -> str:
        tries.append(clock.now - 1000)
        if clock.now - 1000 < 15:
            raise Unreachable("The connection broke")
        return "done"

    if does:
        assert _patience.patiently(work, cast(Any, server), patience, said.append) == "done"
        assert tries == [0, 15]
        return
    with pytest.raises(Unreachable, match="broke"):
        _patience.patiently(work, cast(Any, server), patience, said.append)
    assert clock.now - 1000 <= patience + 1


def test_one_that_flaps_is_not_waited_for_for_ever(clock: Clock) -> None:
    def work() -> str:
        clock.sleep(1)
        raise Unreachable("The connection broke")

    with pytest.raises(Unreachable):
        _patience.patiently(work, cast(Any, Server(clock, 0)), 10, list[str]().append)
    assert clock.now - 1000 < 60


@pytest.mark.parametrize(("refused", "does"), [(40, True), (60, False)])
def test_one_that_has_just_come_back_may_refuse_for_a_moment(clock: Clock, refused: float, does: bool) -> None:
    def work() -> str:
        if clock.now - 1000 < 15:
            raise Unreachable("The connection broke")
        if clock.now - 1000 < refused:
            raise ProvenError("The user may not list pods.")
        return "done"

    if does:
        assert _patience.patiently(work, cast(Any, Server(clock, 12, 3)), 60, list[str]().append) == "done"
        return
    with pytest.raises(ProvenError, match="may not"):
        _patience.patiently(work, cast(Any, Server(clock, 12, 3)), 60, list[str]().append)
    assert clock.now - 1000 < 50


def test_a_refusal_without_a_restart_is_told_at_once(clock: Clock) -> None:
    def work() -> str:
        raise ProvenError("The user may not list pods.")

    with pytest.raises(ProvenError, match="may not"):
        _patience.patiently(work, cast(Any, Server(clock, 0)), 60, list[str]().append)
    assert clock.now == 1000
