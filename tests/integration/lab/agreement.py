# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks every probe of every case while the kubelet does, and puts both answers side by side."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._api import Unreachable
from ansible_collections.proven.webapp.plugins.module_utils._probes.model import probed_containers, probes_of
from ansible_collections.proven.webapp.plugins.module_utils._verify.replay import Answer, Replayer

from .cases import CASES, ERROR, NOT_SHOWN, STEPS, SUCCESS, WARNING, Case
from .lab import Lab, until
from .manifests import SERVING, starter
from .oracle import MIXED, STARTUP, Asked, Seen, verdict

PASSES = (SUCCESS, WARNING)
ASKING = 16
"""So many probes are asked at the same time: more would make a small machine slow enough to change the answers."""

SLOW = ("untaken", "full", "silent", "slow", "drip", "short")
"""Behaviours that keep whoever asks waiting: asked first, so that nobody waits for them in the end."""

TRIES = 3
"""How often a window is repeated in which the kubelet itself found both, and a question that the API server had no time for."""


@dataclass(frozen=True)
class Question:
    """A probe of a case in one of its steps."""

    case: Case
    step: int
    behaviour: str
    expected: str
    container: str
    kind: str


@dataclass(frozen=True)
class Row:
    """:ivar kubelet: what it counted.
    :ivar ours: what the replay answered in the same seconds.
    """

    question: Question
    kubelet: str
    ours: Answer

    @property
    def agrees(self) -> bool:
        return self.ours.result == self.kubelet or (self.ours.result == NOT_SHOWN and bool(self.question.case.not_shown))

    @property
    def false_pass(self) -> bool:
        return self.ours.result in PASSES and self.kubelet not in PASSES

    @property
    def false_alarm(self) -> bool:
        return self.ours.result not in (*PASSES, NOT_SHOWN) and self.kubelet in PASSES


def questions(case: Case, step: int) -> Iterator[Question]:
    """A startup probe is asked as long as it hasn't passed."""
    known = case.results
    if step >= len(known):
        return
    behaviour, expected = known[step]
    for kind in ("liveness", "readiness"):
        yield Question(case, step, behaviour, expected, SERVING, kind)
    if not any(result in PASSES for _, result in known[:step]):
        yield Question(case, step, behaviour, expected, starter(case), STARTUP)


class Asker:
    """Runs the steps on a lab whose pods are there."""

    def __init__(self, lab: Lab, cases: Sequence[Case] = CASES) -> None:
        self.lab = lab
        self.cases = cases
        self.replayer = Replayer(lab.api, exec_allowed=True)

    def rows(self) -> Iterator[Row]:
        for step in range(STEPS):
            asked = [question for case in self.cases for question in questions(case, step)]
            asked.sort(key=lambda question: not question.behaviour.startswith(SLOW))
            if step:
                self._change(step)
            self._wait_for(asked, None if step == 0 else self.lab.see(), 1 if step == 0 else 2)
            for left in range(TRIES, 0, -1):
                rows = self._window(asked)
                yield from (row for row in rows if row.kubelet != MIXED or left == 1)
                asked = [row.question for row in rows if row.kubelet == MIXED]

    def _change(self, step: int) -> None:
        with ThreadPoolExecutor(ASKING) as pool:
            cases = [case for case in self.cases if step < len(case.results)]
            list(pool.map(lambda case: self.lab.become(case.name, case.main_port, case.results[step][0]), cases))

    def _asked(self, pods: Mapping[str, Mapping[str, Any]], question: Question) -> Asked:
        return Asked(pods[question.case.name]["metadata"]["uid"], question.container, question.kind)

    def _wait_for(self, asked: Iterable[Question], since: Seen | None, times: int) -> None:
        """Until the kubelet has asked each probe so often since then.

        The answer that was under way at a change is still one of before: twice is surely once after it.
        """
        pods = self.lab.pods()
        missing: list[Question] = list(asked)

        def has_asked(question: Question, seen: Seen) -> bool:
            probe = self._asked(pods, question)
            if question.kind == STARTUP and seen.of(probe).successful:
                return True
            if question.expected == ERROR:
                return probe in seen.said.errored
            return seen.of(probe).total - (since.of(probe).total if since else 0) >= times

        def done() -> bool:
            seen = self.lab.see()
            missing[:] = [question for question in missing if not has_asked(question, seen)]
            return not missing

        until(done, 180 if since is None else 40, lambda: [(one.case.name, one.behaviour, one.kind) for one in missing], every=1)

    def _window(self, asked: Sequence[Question]) -> list[Row]:
        """The kubelet asks each probe at least once more while and after we do."""
        if not asked:
            return []
        before = self.lab.see()
        pods = self.lab.pods()
        with ThreadPoolExecutor(ASKING) as pool:
            answers = list(pool.map(lambda question: self._ask(pods[question.case.name], question), asked))
        self._wait_for(asked, before, 1)
        after = self.lab.see()
        return [
            Row(question, verdict(self._asked(pods, question), before, after), answer)
            for question, answer in zip(asked, answers, strict=True)
        ]

    def _ask(self, pod: Mapping[str, Any], question: Question) -> Answer:
        (container,) = [one for one in probed_containers(pod["spec"]) if one["name"] == question.container]
        (probe,) = [one for one in probes_of(container) if one.kind == question.kind]
        for _ in range(TRIES):
            # An API server that is too busy to answer says nothing of the pod.
            with contextlib.suppress(Unreachable):
                return self.replayer.ask(pod, container, probe)
        return self.replayer.ask(pod, container, probe)


def table(rows: Iterable[Row]) -> list[str]:
    """A line for each case and step; probes that differ have lines of their own."""
    lines: dict[tuple[str, str, str, str, bool], list[str]] = {}
    for row in rows:
        key = (row.question.case.name, row.question.behaviour, row.kubelet, row.ours.result, row.agrees)
        lines.setdefault(key, []).append(row.question.kind)
    rows = sorted(rows, key=lambda row: (row.question.case.name, row.question.step))
    head = f"{'case':<28} {'server':<44} {'probe':<28} {'kubelet':<8} {'ours':<9} agree"
    return [
        head,
        *(
            f"{name:<28} {behaviour[:44]:<44} {' '.join(sorted(kinds)):<28} {kubelet:<8} {ours:<9} {'yes' if agrees else 'NO'}"
            for (name, behaviour, kubelet, ours, agrees), kinds in lines.items()
        ),
    ]
