# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Starts and stops the generator."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._drill.cluster import CONFLICT, Cluster, NoToolbox, Refused
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._traffic.pod import PREFIX

PODS = ("api/v1", "pods")
POLL_SECONDS = 0.3
START_SECONDS = 120.0
GONE_SECONDS = 45.0
ENDED = ("Succeeded", "Failed")


def running(cluster: Cluster, name: str) -> dict[str, Any] | None:
    """The generator's pod, where it is there and hasn't ended."""
    found = cluster.get(*PODS, PREFIX + name)
    if found is None or found["metadata"].get("deletionTimestamp") or found.get("status", {}).get("phase") in ENDED:
        return None
    return found


def same(found: Mapping[str, Any], manifest: Mapping[str, Any]) -> bool:
    """Does it send what is asked for?"""
    ours, theirs = (item["spec"]["containers"][0] for item in (manifest, found))
    return all(ours[key] == theirs.get(key) for key in ("image", "args"))


def start(cluster: Cluster, manifest: Mapping[str, Any], say: Callable[[str], None]) -> None:
    """Make the pod and return once its first request has been answered well.

    :raises ProvenError: none is; the pod is removed again.
    """
    name = manifest["metadata"]["name"].removeprefix(PREFIX)
    remove(cluster, name)
    try:
        cluster.create(*PODS, manifest)
    except Refused as refused:
        if refused.status != CONFLICT:
            raise
        raise ProvenError("Somebody else has just started this stream.", where=name, fix="give it another name") from refused
    try:
        first = _until_answered(cluster, name)
    except BaseException:
        remove(cluster, name)
        raise
    say(f"Sending: {first['ok']} answered so far")


def _until_answered(cluster: Cluster, name: str) -> dict[str, Any]:
    end = time.monotonic() + START_SECONDS
    problem = "it hasn't started"
    while time.monotonic() < end:
        try:
            summary = cluster.toolbox(PREFIX + name, "GET", "/traffic")
        except NoToolbox:
            problem = _why_not(cluster, name)
        else:
            if summary["ok"]:
                return summary
            problem = f"no request was answered well: {summary['kinds']}"
        time.sleep(POLL_SECONDS)
    raise ProvenError(
        f"The stream of requests doesn't flow: {problem}", where=name, fix="check the URL, the paths, and the image of the toolbox"
    )


def _why_not(cluster: Cluster, name: str) -> str:
    found = cluster.get(*PODS, PREFIX + name) or {}
    status = found.get("status") or {}
    for item in status.get("containerStatuses") or []:
        waiting = (item.get("state") or {}).get("waiting") or {}
        if waiting.get("reason"):
            return f"{waiting['reason']} {waiting.get('message', '')}".strip()
    return str(
        next((item["message"] for item in status.get("conditions") or [] if item.get("message")), status.get("phase", "no such pod"))
    )


def stop(cluster: Cluster, name: str) -> dict[str, Any]:
    """End the stream, remove the pod, and give the whole summary.

    :raises ProvenError: there is no stream, or it can't tell any more.
    """
    if running(cluster, name) is None:
        remove(cluster, name)
        raise ProvenError(
            "There is no such stream, or it has ended by its deadline.", where=name, fix="start it first, with a longer deadline"
        )
    try:
        return cluster.toolbox(PREFIX + name, "POST", "/traffic/stop")
    finally:
        remove(cluster, name)


def wait(cluster: Cluster, name: str, seconds: float) -> dict[str, Any]:
    """Let it run to its end, remove the pod, and give the whole summary."""
    end = time.monotonic() + seconds + START_SECONDS
    try:
        while (summary := cluster.toolbox(PREFIX + name, "GET", "/traffic"))["running"]:
            if time.monotonic() > end:
                raise ProvenError("The stream doesn't end.", where=name)
            time.sleep(POLL_SECONDS)
        return summary
    finally:
        remove(cluster, name)


def remove(cluster: Cluster, name: str) -> bool:
    """Have no such pod; True where there was one."""
    there = False
    end = time.monotonic() + GONE_SECONDS
    while cluster.get(*PODS, PREFIX + name) is not None:
        if not there:
            cluster.delete(*PODS, PREFIX + name, grace=1)
        there = True
        if time.monotonic() > end:
            raise ProvenError("The generator's pod doesn't end.", where=PREFIX + name, fix="look at its node")
        time.sleep(POLL_SECONDS)
    return there
