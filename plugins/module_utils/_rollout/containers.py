# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What keeps one container from being ready, and whether waiting cures it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ansible_collections.proven.webapp.plugins.module_utils._rollout import signs
from ansible_collections.proven.webapp.plugins.module_utils._rollout.grace import SLACK, Grace, grace_of
from ansible_collections.proven.webapp.plugins.module_utils._rollout.model import (
    Event,
    Now,
    Object,
    Snapshot,
    Tolerance,
    condition,
    over,
    plural,
    uid_of,
    when,
)

HARMLESS = ("", "ContainerCreating", "PodInitializing")
RECENT_SECONDS = 2.0
"""What a node's clock may be behind the API server's."""


@dataclass(frozen=True)
class Sign:
    """What a pod or one of its containers shows.

    :ivar waits: what it waits for, in words.
    :ivar what: what is wrong, as a sentence; empty where nothing is.
    :ivar again: when time alone may change it.
    """

    waits: str
    what: str = ""
    container: str = ""
    doomed: bool = False
    restarted: bool = False
    again: float | None = None
    grace: float = 0.0
    silent: bool = False


@dataclass(frozen=True)
class Case:
    """A container that isn't ready.

    :ivar container: v1.ContainerStatus.
    :ivar declared: v1.Container.
    :ivar once: an init container that has to end before the next one begins.
    :ivar tolerance: None where somebody else counts its restarts and its time.
    """

    pod: Object
    container: Object
    declared: Object
    once: bool
    snapshot: Snapshot
    tolerance: Tolerance | None
    now: Now

    @property
    def name(self) -> str:
        return str(self.container["name"])

    @property
    def state(self) -> Object:
        return self.container.get("state") or {}

    @property
    def restarts(self) -> int:
        return int(self.container.get("restartCount") or 0)

    @property
    def seen(self) -> float:
        """Since when it is in its state, as far as anybody knows."""
        return self.snapshot.seen.get((uid_of(self.pod), self.name)) or when(self.pod["metadata"].get("creationTimestamp"))

    @property
    def grace(self) -> Grace:
        return grace_of(self.declared, self.tolerance or Tolerance())

    def events(self, *reasons: str) -> list[Event]:
        return [event for event in self.snapshot.about(self.pod) if event.container == self.name and event.reason in reasons]


def stopped(case: Case) -> Sign:
    """A container that waits, or has ended."""
    waiting = case.state.get("waiting") or {}
    reason, message = str(waiting.get("reason", "")), str(waiting.get("message") or "").strip()
    if case.state.get("terminated") or reason == "CrashLoopBackOff":
        return _ended(case)
    if reason in HARMLESS:
        reason, message = _told_ahead(case)
    message = signs.PREAMBLE.sub("", message)
    said = f"{reason}: {message}" if message else reason
    if reason in signs.IMAGE_GONE:
        return Sign("its image", f"its image can't be had. {said}", case.name, doomed=True)
    if reason in signs.IMAGE_TRIED:
        return _not_pulled(case, reason, message)
    if reason in signs.CONFIG:
        due = min([case.seen, *(event.first for event in case.events("Failed"))]) + signs.CONFIG_SECONDS
        passes = bool(signs.CONFIG_PASSES.search(message))
        return Sign("its configuration", f"it can't be configured. {said}", case.name, doomed=not passes and over(due, case.now), again=due)
    if reason in signs.RUNTIME:
        tries = [event for event in case.events("Failed") if event.message.startswith("Error:")]
        doomed = bool(signs.COMMAND_GONE.search(message)) or _tried_enough(case, tries)
        return Sign("its node to start it", f"it can't be started. {said}", case.name, doomed=doomed)
    last = case.events("Pulling", "Pulled", "Failed")[-1:]
    if last and last[0].reason == "Pulling":
        return Sign("the pull of its image", container=case.name, silent=True)
    return Sign("its containers to be created", container=case.name)


def _told_ahead(case: Case) -> tuple[str, str]:
    """What an event says already, while the status still has to follow: (reason, message), or nothing."""
    last = case.events("Pulling", "Pulled", "Created", "Started", "Failed")[-1:]
    if not last or last[0].reason != "Failed":
        return "", ""
    message = last[0].message
    if message.startswith("Failed to pull image") or message in ("Error: ErrImagePull", "Error: ImagePullBackOff"):
        pulls = [event.message for event in case.events("Failed") if event.message.startswith("Failed to pull image")]
        return "ErrImagePull", pulls[-1] if pulls else ""
    for reason, known in (("CreateContainerConfigError", signs.VOLUME_SOURCE_GONE), ("RunContainerError", signs.COMMAND_GONE)):
        if known.search(message):
            return reason, message.removeprefix("Error: ")
    return "", ""


def _registry_refuses(said: str, images: Iterable[str]) -> bool:
    """Has the registry answered, and said no? A network that doesn't answer may yet do so.

    :param said: of a failed pull.
    :param images: names that it may be of. A name of an image is no message: it may be called anything.
    """
    said = signs.PREAMBLE.sub("", said)
    for word in filter(None, images):
        name = re.split(r"[@:](?!.*/)", word)[0]
        said = said.replace(name.partition("/")[2] or name, "")
    return not signs.REGISTRY_UNREACHABLE.search(said) and bool(signs.REFUSED_BY_REGISTRY.search(said))


def _not_pulled(case: Case, reason: str, message: str) -> Sign:
    """The registry's own no is final; a network that doesn't answer is tried again."""
    tries = [event for event in case.events("Failed") if event.message.startswith("Failed to pull image")]
    said = message
    if not said or (said.startswith("Back-off") and "Err" not in said):
        said = signs.PREAMBLE.sub("", tries[-1].message) if tries else said
    refused = _registry_refuses(said, {str(case.declared.get("image", "")), str(case.container.get("image", ""))})
    what = f"its image can't be had. {reason}: {said}" if said else f"its image can't be had. {reason}"
    return Sign("its image", what, case.name, doomed=refused or _tried_enough(case, tries), again=case.seen + signs.NO_EVENTS_SECONDS)


def _tried_enough(case: Case, tries: list[Event]) -> bool:
    if tries:
        return sum(event.count for event in tries) >= signs.PULLS_TOLERATED
    return over(case.seen + signs.NO_EVENTS_SECONDS, case.now)


def _end(case: Case) -> tuple[Object, str]:
    """How it ended last, in words too."""
    ended = case.state.get("terminated") or (case.container.get("lastState") or {}).get("terminated") or {}
    times = f", {plural(case.restarts, 'restart')}" if case.restarts else ""
    reason = f"{ended.get('reason', 'Error')}, exit code {ended.get('exitCode')}"
    limit = ((case.declared.get("resources") or {}).get("limits") or {}).get("memory")
    killed = case.events("Killing")
    if ended.get("reason") == "OOMKilled":
        return ended, f"it takes more memory than {f'its limit of {limit}' if limit else 'it may'} ({reason}{times})"
    if killed and "liveness probe" in killed[-1].message:
        return ended, f"its liveness probe has it restarted ({reason}{times})"
    return ended, f"it ends by itself ({reason}{times})"


def _ended(case: Case) -> Sign:
    """A container that has ended and will be started again, or tried again by its Job."""
    ended, what = _end(case)
    if ended.get("reason") in ("StartError", "ContainerCannotRun") and signs.COMMAND_GONE.search(str(ended.get("message", ""))):
        what = f"it can't be started. {signs.PREAMBLE.sub('', str(ended.get('message')))}"
        return Sign("its node to start it", what, case.name, doomed=True)
    if case.tolerance is None or (case.once and not ended.get("exitCode")):
        return Sign("another try", what if ended.get("exitCode") else "", case.name)
    allowed = case.tolerance.restarts
    doomed = case.restarts + 1 > allowed or _killed_for_startup(case)
    if _killed_for_startup(case):
        what = _startup_over(case)
    waits = f"restart {case.restarts + 1} of {allowed} tolerated ({ended.get('reason', 'Error')}, exit code {ended.get('exitCode')})"
    return Sign(waits, what, case.name, doomed=doomed, grace=300.0)


def running(case: Case) -> Sign:
    """A container that runs and isn't ready, or an init container at work."""
    if case.once:
        return Sign(f"its init container {case.name}", container=case.name, silent=True)
    if case.tolerance is None:
        return Sign("the end of its work", "it runs", case.name, silent=True)
    if _fell_just_now(case):
        what = _startup_over(case) if _killed_for_startup(case) else _end(case)[1]
        return Sign("a restart to hold", what, case.name, doomed=True, restarted=True)
    grace, began = case.grace, when(case.state["running"].get("startedAt"))
    if grace.startup is not None and case.container.get("started") is False:
        due = began + grace.startup + SLACK
        # The kubelet counts better than we do, and may be about to end it.
        doomed = over(due, case.now) or _killed_for_startup(case, began)
        what = _startup_over(case) if doomed else f"it runs, but its startup probe hasn't passed{_last_answer(case)}"
        waits = f"its startup probe{_used(case, began, grace.startup)}"
        return Sign(waits, what, case.name, doomed=doomed, again=due, grace=grace.startup)
    unready = condition(case.pod, "Ready", "False") or {}
    # A pod that was ready before has all of its time again.
    began = max(began, when(unready.get("lastTransitionTime")))
    due = began + grace.ready
    if grace.startup is not None:
        due = max(due, case.seen + grace.readiness)
    granted, doomed = due - began, over(due + SLACK, case.now)
    what = f"it isn't ready within the {granted:.0f} s that it has" if doomed else "it runs, but isn't ready"
    waits = f"its readiness probe{_used(case, began, granted)}"
    return Sign(waits, what + _last_answer(case), case.name, doomed=doomed, again=due + SLACK, grace=granted)


def _used(case: Case, began: float, budget: float) -> str:
    return "" if case.now is None else f", {min(max(case.now - began, 0), budget):.0f} of {budget:.0f} s used"


def _fell_just_now(case: Case) -> bool:
    """It runs again, but has fallen too often, the last time while it was watched. What it did before that is forgiven: it may hold now."""
    ended = (case.container.get("lastState") or {}).get("terminated")
    if not ended or case.tolerance is None:
        return False
    recent = when(ended.get("finishedAt")) >= case.snapshot.since - RECENT_SECONDS
    if recent and _killed_for_startup(case):
        return True
    return case.restarts > case.tolerance.restarts and (recent or not case.tolerance.restarts)


def _killed_for_startup(case: Case, since: float = 0.0) -> bool:
    """A startup probe's budget is over, and the kubelet has acted on it (pkg/kubelet/kuberuntime/kuberuntime_manager.go)."""
    since = since or case.snapshot.since - RECENT_SECONDS
    return any("failed startup probe" in event.message and event.last >= since for event in case.events("Killing"))


def _startup_over(case: Case) -> str:
    return f"its startup probe hasn't passed within the {case.grace.startup or 0:.0f} s that it has{_last_answer(case)}"


def _last_answer(case: Case) -> str:
    failures = [event.message for event in case.events("Unhealthy") if "Liveness" not in event.message]
    return f": {failures[-1]}" if failures else ""
