# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Watches a release while Helm is at work on it, and ends what Helm would wait for in vain."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._rollout.cluster import Cluster
from ansible_collections.proven.webapp.plugins.module_utils._rollout.explain import explain
from ansible_collections.proven.webapp.plugins.module_utils._rollout.migration import judge_migrations, waited_for
from ansible_collections.proven.webapp.plugins.module_utils._rollout.model import Say, uid_of
from ansible_collections.proven.webapp.plugins.module_utils._rollout.watch import DOOMED, Limits, Outcome, Watch

HEADLINE = "what Helm waits for can't come to a good end"
BEGIN_SECONDS = 0.7
"""Only a Helm that takes its time is worth a watch."""
LEAVE_SECONDS = 1.0
"""What a cluster that doesn't answer may keep the end waiting for."""


class Onlooker:
    """Never gets in Helm's way: a cluster that doesn't answer is Helm's to tell.

    :param cluster: the release, if it can be asked.
    :param upgrade: whether there was a release before.
    :param stop: ends Helm.
    :ivar told: why Helm was ended, in a message for the user; empty where it wasn't.
    """

    def __init__(self, cluster: Callable[[], Cluster], *, upgrade: bool, say: Say, stop: Callable[[], None]) -> None:
        self._upgrade, self._say, self._stop = upgrade, say, stop
        self._over = threading.Event()
        self._watch: Watch | None = None
        self._thread: threading.Thread | None = None
        self.told = ""
        with suppress(ProvenError):
            self._cluster = cluster()
            # Helm deletes an earlier migration right before it makes the new one.
            self._earlier = {uid_of(job) for job in self._cluster.jobs()}
            self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Onlooker:
        if self._thread:
            self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        if self._watch:
            self._watch.stop()
        if self._thread:
            self._thread.join(LEAVE_SECONDS)

    def _follow(self) -> None:
        if self._over.wait(BEGIN_SECONDS):
            return
        judged = partial(judge_migrations, earlier=self._earlier, upgrade=self._upgrade)
        self._watch = Watch(self._cluster, Limits(math.inf), judged, self._say)
        with suppress(ProvenError):
            outcome = self._watch.run()
            if outcome.ended == DOOMED and not self._over.is_set():
                self._end(outcome)

    def _end(self, outcome: Outcome) -> None:
        """What there is to tell comes first: pods go with their Job."""
        self.told = explain(self._cluster, outcome.snapshot, outcome.verdict, headline=HEADLINE)
        self._stop()
        for job in waited_for(outcome.snapshot, self._earlier):
            self._cluster.end_job(str(job["metadata"]["name"]))
