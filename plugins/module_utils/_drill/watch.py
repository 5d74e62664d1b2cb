# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What pods do, as the API server tells it: watched, so that nothing short is missed."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.plugins.module_utils._drill.clone import TOOLBOX
from ansible_collections.proven.webapp.plugins.module_utils._drill.model import (
    ENDED,
    NOT_READY,
    READY,
    RESTARTED,
    STARTED,
    WAITING,
)
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

WATCH_SECONDS = 240
PAUSE_SECONDS = 1.0
HARMLESS_WAITS = ("", "ContainerCreating", "PodInitializing")


@dataclass(frozen=True)
class PodState:
    """What counts of a pod's status.

    :ivar started: whether the container has passed its startup probe.
    :ivar restarts: of all containers but the toolbox.
    :ivar last_end: how a container ended last: `backend, exit code 1`.
    :ivar ended: whether all containers but the toolbox have ended for good; `exit_code` is then the worst of them.
    """

    ready: bool = False
    started: bool = False
    restarts: int = 0
    last_end: str = ""
    waiting: str = ""
    ended: bool = False
    exit_code: int | None = None
    phase: str = ""
    gone: bool = False
    unschedulable: str = ""
    toolbox_restarts: int = 0

    @classmethod
    def of(cls, pod: Mapping[str, Any], container: str) -> PodState:
        """:param container: the one whose start counts."""
        status = pod.get("status") or {}
        all_inits = list(status.get("initContainerStatuses") or [])
        inits = [item for item in all_inits if item["name"] != TOOLBOX]
        mains = list(status.get("containerStatuses") or [])
        waits, last_end = [], ""
        for item in (*inits, *mains):
            reason = ((item.get("state") or {}).get("waiting") or {}).get("reason", "")
            if reason not in HARMLESS_WAITS:
                waits.append(f"{item['name']}: {reason}")
            before = (item.get("lastState") or {}).get("terminated")
            if before:
                last_end = f"{item['name']}, {before.get('reason', 'Error')}, exit code {before.get('exitCode')}"
        ends = [((item.get("state") or {}).get("terminated") or {}).get("exitCode") for item in mains]
        ended = bool(ends) and all(code is not None for code in ends)
        conditions = {item["type"]: item for item in status.get("conditions") or []}
        scheduled = conditions.get("PodScheduled", {})
        return cls(
            ready=conditions.get("Ready", {}).get("status") == "True",
            started=any(item["name"] == container and item.get("started") for item in mains),
            restarts=sum(int(item.get("restartCount") or 0) for item in (*inits, *mains)),
            last_end=last_end,
            waiting=", ".join(waits),
            ended=ended,
            exit_code=max((code for code in ends if code is not None), default=None) if ended else None,
            phase=str(status.get("phase", "")),
            toolbox_restarts=sum(int(item.get("restartCount") or 0) for item in all_inits if item["name"] == TOOLBOX),
            unschedulable=str(scheduled.get("message", "")) if scheduled.get("status") == "False" else "",
        )


def changes(before: PodState, after: PodState) -> list[tuple[str, str]]:
    """(kind, what) of each step between two states, for a timeline."""
    found = []
    if after.restarts > before.restarts:
        found.append((RESTARTED, after.last_end))
    if after.waiting and after.waiting != before.waiting:
        found.append((WAITING, after.waiting))
    if after.started and not before.started:
        found.append((STARTED, ""))
    if after.ready != before.ready:
        found.append((READY if after.ready else NOT_READY, ""))
    if after.ended and not before.ended:
        found.append((ENDED, f"exit code {after.exit_code}"))
    return found


class PodWatch(threading.Thread):
    """Follows the pods of a query until it is stopped.

    :param told: gets each pod as it is, and whether it is gone; called from this thread.
    """

    def __init__(self, api: Api, namespace: str, selector: str, told: Callable[[Mapping[str, Any], bool], None]) -> None:
        super().__init__(daemon=True)
        self._api = api
        self._namespace = namespace
        self._selector = selector
        self._told = told
        self._over = threading.Event()
        self._known: dict[str, Mapping[str, Any]] = {}
        self.begun = threading.Event()
        self.problem = ""

    def stop(self) -> None:
        """Tell nothing more. The read that waits for the next event ends with the process, or with the event."""
        self._over.set()

    def run(self) -> None:
        while not self._over.is_set():
            try:
                self._follow()
                self.problem = ""
            except Exception as error:
                # Whatever becomes of a connection that ended: there will be another.
                self.problem = f"{type(error).__name__}: {error}"
                self._over.wait(PAUSE_SECONDS)

    def _follow(self) -> None:
        path = f"/api/v1/namespaces/{self._namespace}/pods"
        listed = json.loads(self._api.text(path, {"labelSelector": self._selector}))
        names = set()
        for pod in listed["items"]:
            names.add(pod["metadata"]["name"])
            self._tell(pod, False)
        for name in [name for name in self._known if name not in names]:
            self._tell(self._known[name], True)
        self.begun.set()
        for line in _lines(self._stream(path, listed["metadata"]["resourceVersion"])):
            if self._over.is_set():
                return
            event = json.loads(line)
            if event["type"] == "ERROR":
                return
            if event["type"] != "BOOKMARK":
                self._tell(event["object"], event["type"] == "DELETED")

    def _stream(self, path: str, version: str) -> Any:
        query = {
            "labelSelector": self._selector,
            "resourceVersion": version,
            "watch": "true",
            "timeoutSeconds": str(WATCH_SECONDS),
        }
        answer = self._api.open(f"{path}?{urlencode(query)}", [("Accept", "application/json")], WATCH_SECONDS + 10)
        if answer.status != 200:
            raise ProvenError(f"The cluster refuses a watch: status {answer.status}", where=path)
        return answer

    def _tell(self, pod: Mapping[str, Any], gone: bool) -> None:
        name = pod["metadata"]["name"]
        if gone:
            self._known.pop(name, None)
        else:
            self._known[name] = pod
        self._told(pod, gone)


def _lines(answer: Any) -> Any:
    """Lines of a body as they come."""
    rest = b""
    for piece in answer.stream(None, decode_content=False):
        *lines, rest = (rest + piece).split(b"\n")
        yield from (line for line in lines if line)
