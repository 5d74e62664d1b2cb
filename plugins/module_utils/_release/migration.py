# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Migrations that an interrupted run left at work in the cluster: the next run must neither begin another beside them nor cut them off."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._api import Api

LOOK_SECONDS = 0.5
QUIET_SECONDS = 5.0
"""Something is said at least this often."""


def at_work(pods: Sequence[Mapping[str, Any]], forgiven: Mapping[str, float], at: float) -> list[str]:
    """Names of the pods in which a container runs; those that can't get one lose nothing when they are removed.

    :param forgiven: uid of a pod on its way out to the moment from which it isn't waited for: its node may be lost.
    :param at: now, on the same clock.
    """
    return [
        str(pod["metadata"]["name"])
        for pod in pods
        if any((item.get("state") or {}).get("running") for item in (pod.get("status") or {}).get("containerStatuses") or ())
        and at < forgiven.get(pod["metadata"]["uid"], float("inf"))
    ]


def wait(api: Api, release: str, namespace: str, *, say: Callable[[str], None]) -> None:
    """Until none is at work any more. Their Jobs' own deadlines end them, the chart gives each one.

    :param say: gets a line at once, and then every few seconds.
    """
    query = {"labelSelector": f"app.kubernetes.io/instance={release},proven.webapp/track=migrate"}
    forgiven: dict[str, float] = {}
    began = time.monotonic()
    told = began - QUIET_SECONDS
    while True:
        now, pods = time.monotonic(), api.items(f"/api/v1/namespaces/{namespace}/pods", query)
        for pod in pods:
            if pod["metadata"].get("deletionTimestamp"):
                grace = float(pod["spec"].get("terminationGracePeriodSeconds") or 0)
                forgiven.setdefault(pod["metadata"]["uid"], now + grace + 2 * QUIET_SECONDS)
        names = at_work(pods, forgiven, now)
        if not names:
            return
        if now - told >= QUIET_SECONDS:
            say(f"{now - began:5.0f}s  a migration that an interrupted run began is still at work ({names[0]}): it is let finish")
            told = now
        time.sleep(LOOK_SECONDS)
