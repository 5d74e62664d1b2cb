# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads what `buildx build --progress=rawjson` reports: progress lines for a person, and the evidence when a step fails."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._images.dockerfile import line_of
from ansible_collections.proven.webapp.plugins.module_utils._images.spec import Build

KEPT_LINES = 15
WIDTH = 110
WORTH_SECONDS = 0.5
"""Shorter steps than this are told only where they are a RUN."""
STEP = re.compile(r"\[(?!internal)(?:[^\]]*\s)?\d+/\d+\]\s|exporting to image$")
INSTRUCTION = re.compile(r"^\[[^\]]*\]\s+")
MOUNTS = re.compile(r"\bRUN (?:--\S+ )+")
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass
class Step:
    """One step of a build.

    :param shown: whether its start was reported.
    """

    name: str
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT_LINES))
    rest: str = ""
    shown: bool = False
    finished: bool = False
    error: str = ""

    @property
    def output(self) -> list[str]:
        tail = [*self.lines, *([self.rest] if self.rest.strip() else [])]
        return tail[-KEPT_LINES:]


class BuildLog:
    """Takes the lines of one build.

    :param name: the image's name, put before each progress line.
    :param report: takes a progress line.
    """

    def __init__(self, name: str, report: Callable[[str], None]) -> None:
        self._name = name
        self._report = report
        self._steps: dict[str, Step] = {}
        self._other: deque[str] = deque(maxlen=KEPT_LINES)
        self.cached = 0

    def feed(self, line: str) -> None:
        """Take one line: JSON of BuildKit, or a message of the client."""
        try:
            event = json.loads(line)
        except ValueError:
            event = None
        if not isinstance(event, dict):
            if line.strip():
                self._other.append(ANSI.sub("", line.rstrip()))
            return
        for vertex in event.get("vertexes") or ():
            self._vertex(vertex)
        for log in event.get("logs") or ():
            self._log(log)

    def _vertex(self, vertex: dict[str, Any]) -> None:
        step = self._steps.setdefault(vertex["digest"], Step(vertex.get("name", "")))
        step.error = vertex.get("error") or step.error
        if step.finished or not STEP.match(step.name):
            return
        if vertex.get("cached"):
            step.finished = True
            self.cached += 1
        elif vertex.get("completed"):
            step.finished = True
            if not step.error and (step.shown or _seconds(vertex) >= WORTH_SECONDS):
                self._report(f"{self._name}  {shorten(step.name)}  {_seconds(vertex):.1f}s")
        elif vertex.get("started") and not step.shown and "] RUN " in step.name:
            step.shown = True
            self._report(f"{self._name}  {shorten(step.name)} …")

    def _log(self, log: dict[str, Any]) -> None:
        step = self._steps.get(log.get("vertex", ""))
        if step is None:
            return
        try:
            text = base64.b64decode(log.get("data") or "").decode(errors="replace")
        except binascii.Error:
            return
        *lines, step.rest = (step.rest + text).split("\n")
        # a bar redrawn with carriage returns: only how it ended
        step.lines.extend(ANSI.sub("", line.rstrip("\r").rpartition("\r")[2]) for line in lines if line.strip())

    def failure(self, build: Build) -> ProvenError:
        """What to tell the user about the build that failed."""
        # steps beside the failed one are cancelled, and say so
        failed = next((step for step in self._steps.values() if step.error and "context canceled" not in step.error), None)
        where = str(build.dockerfile)
        if failed is None:
            reason = next((line for line in reversed(self._other) if line.startswith("ERROR")), "") or "\n".join(self._other)
            return ProvenError(
                f"Building the image {build.name} failed: {reason.removeprefix('ERROR: ') or 'the builder gave no reason'}",
                where=where,
                fix=_fix("", ""),
            )
        instruction = INSTRUCTION.sub("", failed.name)
        line = line_of(build.dockerfile.read_text(encoding="utf-8"), instruction) if build.dockerfile.is_file() else None
        text = f"Building the image {build.name} failed at {shorten(failed.name)}: {_reason(failed.error)}"
        if failed.output:
            text += "\nThe last lines of its output:\n" + "\n".join(f"  | {line}" for line in failed.output)
        return ProvenError(text, where=f"{where}:{line}" if line else where, fix=_fix(instruction, failed.error))


def _reason(error: str) -> str:
    """The end of BuildKit's message; the command before it is already told."""
    if match := re.search(r"exit code: \d+.*$", error):
        return match[0]
    return error.removeprefix("failed to solve: ").removesuffix(": not found")


def _fix(instruction: str, error: str) -> str:
    if instruction.upper().startswith(("COPY", "ADD")) and "not found" in error:
        return "Is the file in the build context, and not ignored by .dockerignore?"
    return "Correct the Dockerfile or what it builds, then run the same command again; nothing of this image was delivered"


def shorten(text: str) -> str:
    """One line of at most WIDTH characters, without the flags of RUN, which would hide the command."""
    line = MOUNTS.sub("RUN ", " ".join(text.split()))
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…"


def _seconds(vertex: dict[str, Any]) -> float:
    """How long a step took."""
    started, completed = (_time(vertex.get(key) or "") for key in ("started", "completed"))
    return max((completed - started).total_seconds(), 0.0) if started and completed else 0.0


def _time(text: str) -> datetime | None:
    """An RFC 3339 time; Python knows microseconds, BuildKit says nanoseconds."""
    try:
        return datetime.fromisoformat(re.sub(r"(\.\d{1,6})\d*", r"\1", text))
    except ValueError:
        return None
