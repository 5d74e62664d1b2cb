# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pods that can't even be created: a quota, an admission that refuses. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.proven.webapp.plugins.module_utils._rollout import signs
from ansible_collections.proven.webapp.plugins.module_utils._rollout.model import (
    Look,
    Now,
    Object,
    Snapshot,
    Trouble,
    condition,
    leaving,
    over,
    when,
)

STALE_SECONDS = 15.0
"""An event that is older than the watch by more is of an earlier rollout."""


def creation(owner: Object, component: str, snapshot: Snapshot, made: Sequence[Object], now: Now) -> Look:
    """Why an owner has fewer pods than it shall.

    :param owner: a ReplicaSet tells it as a condition; a StatefulSet, a DaemonSet and a Job by events.
    :param made: its pods.
    """
    found = condition(owner, "ReplicaFailure")
    if found is not None:
        message, since = str(found.get("message", "")), when(found.get("lastTransitionTime"))
    else:
        message, since = _event(owner, snapshot, made)
    if not message:
        return Look()
    if "exceeded quota" in message:
        if any(map(leaving, snapshot.pods)):
            return Look(f"room in the quota that pods on their way out still take ({message})")
        since = max(since, snapshot.pod_gone)
    patience = signs.CREATION_PASSES_SECONDS if signs.CREATION_PASSES.search(message) else signs.CREATION_SECONDS
    due = since + patience
    trouble = Trouble(component, f"its pods can't be created: {message}", about=str(owner["metadata"]["name"]))
    return Look(f"its pods to be created ({message})", (trouble,) if over(due, now) else (), (due,), patience)


def _event(owner: Object, snapshot: Snapshot, made: Sequence[Object]) -> tuple[str, float]:
    """Message and first moment of the failure that still lasts; empty where there is none."""
    found = [event for event in snapshot.about(owner) if event.reason == "FailedCreate"]
    if not found:
        return "", 0.0
    last = found[-1]
    newest = max((when(pod["metadata"].get("creationTimestamp")) for pod in made), default=0.0)
    changed = int(owner["metadata"].get("generation") or 1) > 1
    if last.last < newest or (changed and last.last < snapshot.since - STALE_SECONDS):
        return "", 0.0
    return last.message, max(last.first, snapshot.since - signs.CREATION_SECONDS)
