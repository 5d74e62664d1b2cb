# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is to be sent, and what became of it. Pure; on both sides of the pod's log, so Python's standard library alone."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

TOKENS_PORT = 9900
"""Where the pod plays the backend of a frontend of its own: see tokens.py."""

SHOWN = 300
"""Lost calls that are told one by one."""


@dataclass(frozen=True)
class Order:
    """What is to be sent.

    :ivar url: the frontend's; everybody signs up there.
    :ivar backend: the API's own, which is asked with a bearer token then; empty: calls go through the frontend, as a browser sends them.
    :ivar users: how many, each with an account of their own.
    :ivar seconds: that they send; these begin when everybody has signed up.
    :ivar think: seconds between two calls of one user, at least and at most.
    """

    url: str
    backend: str = ""
    users: int = 50
    seconds: float = 60
    think: tuple[float, float] = (0.5, 1.5)

    def as_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def of(cls, text: str) -> Order:
        given = json.loads(text)
        return cls(**{**given, "think": tuple(given["think"])})


@dataclass(frozen=True)
class Sample:
    """One call.

    :ivar at: seconds since 1970 at which it began.
    :ivar why: it failed; empty where it didn't.
    """

    at: float
    call: str
    milliseconds: float
    why: str = ""


@dataclass(frozen=True)
class Numbers:
    """Of calls of one kind, or of all; times in milliseconds, of those that failed too."""

    requests: int = 0
    failures: int = 0
    p50: float = 0
    p95: float = 0
    p99: float = 0
    slowest: float = 0

    @classmethod
    def of(cls, samples: Sequence[Sample]) -> Numbers:
        times = sorted(sample.milliseconds for sample in samples)
        lost = sum(bool(sample.why) for sample in samples)
        return cls(len(times), lost, *(round(percentile(times, percent), 1) for percent in (50, 95, 99, 100)))


@dataclass(frozen=True)
class Result:
    """What became of an order.

    :ivar at: seconds since 1970 at which everybody had signed up.
    :ivar seconds: from then until the last call was over.
    :ivar signing_up: the calls before that.
    :ivar lost: calls that failed, those before `at` too.
    """

    at: float
    seconds: float
    all: Numbers
    calls: dict[str, Numbers]
    signing_up: Numbers
    lost: list[Sample] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        return self.all.requests / self.seconds if self.seconds else 0

    @property
    def failures(self) -> int:
        return self.all.failures + self.signing_up.failures

    def as_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def of(cls, given: dict[str, Any]) -> Result:
        return cls(
            at=given["at"],
            seconds=given["seconds"],
            all=Numbers(**given["all"]),
            calls={name: Numbers(**numbers) for name, numbers in given["calls"].items()},
            signing_up=Numbers(**given["signing_up"]),
            lost=[Sample(**item) for item in given["lost"]],
        )

    @classmethod
    def sum_of(cls, samples: Iterable[Sample], at: float, until: float) -> Result:
        """:param until: seconds since 1970 at which the last call was over."""
        known = sorted(samples, key=lambda sample: sample.at)
        counted = [sample for sample in known if sample.at >= at]
        names = sorted({sample.call for sample in counted})
        return cls(
            at=at,
            seconds=round(until - at, 3),
            all=Numbers.of(counted),
            calls={name: Numbers.of([sample for sample in counted if sample.call == name]) for name in names},
            signing_up=Numbers.of([sample for sample in known if sample.at < at]),
            lost=[sample for sample in known if sample.why][:SHOWN],
        )


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent don't exceed; 0 where there is none."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)] if ordered else 0.0
