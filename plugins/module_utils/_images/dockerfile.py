# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a Dockerfile needs from outside: its arguments, stages and base images."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

VARIABLE = re.compile(r"\$(?:(?P<plain>\w+)|\{(?P<name>\w+)(?::(?P<sign>[-+])(?P<other>[^}]*))?\})")
HEREDOC = re.compile(r"<<-?\s*[\"']?(\w+)[\"']?")
FROM = re.compile(r"FROM\s+(?P<flags>(?:--\S+\s+)*)(?P<image>\S+)(?:\s+AS\s+(?P<name>\S+))?\s*$", re.IGNORECASE)
ARG = re.compile(r"ARG\s+(?P<rest>.+)$", re.IGNORECASE | re.DOTALL)
ARG_NAME = re.compile(r"(?P<name>\w+)(?:=(?P<value>\"[^\"]*\"|'[^']*'|\S*))?")
BUILD_PLATFORM = re.compile(r"--platform=\$\{?BUILDPLATFORM\b")
FLAG_FROM = re.compile(r"--from=(\S+)")
MOUNT = re.compile(r"--mount=(\S+)")


@dataclass(frozen=True)
class Stage:
    """One FROM.

    :param name: as written behind AS, lower case; empty without.
    :param image: what it starts from, arguments not yet replaced.
    :param reads: stages or images that COPY --from and RUN --mount=from name.
    :param runs: whether it runs programs (RUN).
    :param native: whether it is of the platform of the machine that builds, and not of the one that is built for.
    """

    name: str
    image: str
    reads: tuple[str, ...]
    runs: bool = False
    native: bool = False


@dataclass(frozen=True)
class Dockerfile:
    """A Dockerfile, as far as it matters here.

    :param where: its path.
    :param declared: names of all ARGs, anywhere.
    :param defaults: the ARGs before the first FROM and their default values.
    """

    where: str
    declared: frozenset[str]
    defaults: Mapping[str, str]
    stages: tuple[Stage, ...]

    def base_images(self, args: Mapping[str, str], target: str) -> tuple[str, ...]:
        """References of the images from outside that a build of the target needs, each once, sorted.

        :param args: values for ARGs.
        :param target: a stage's name; empty for the last stage.
        :raises ProvenError: for an unknown target or an empty base image.
        """
        return self._reach(args, target)[0]

    def runs_on_target(self, args: Mapping[str, str], target: str) -> bool:
        """Whether a build runs programs of the platform that it is for. Arguments as for `base_images`."""
        return any(self.stages[index].runs and not self.stages[index].native for index in self._reach(args, target)[1])

    def _reach(self, args: Mapping[str, str], target: str) -> tuple[tuple[str, ...], frozenset[int]]:
        """Images from outside and numbers of the stages that a build of the target needs."""
        known = {**self.defaults, **{name: value for name, value in args.items() if name in self.defaults}}
        names = {stage.name: index for index, stage in enumerate(self.stages) if stage.name}
        todo = [self._target(target, names)]
        seen: set[int] = set()
        images: set[str] = set()
        while todo:
            index = todo.pop()
            if index in seen:
                continue
            seen.add(index)
            stage = self.stages[index]
            for reference in (stage.image, *stage.reads):
                expanded = expand(reference, known)
                if not expanded:
                    raise ProvenError(
                        f"The base image {reference} is empty",
                        where=self.where,
                        fix="Give the argument a value, or a default in the Dockerfile",
                    )
                earlier = names.get(expanded.lower(), index)
                if earlier < index:
                    todo.append(earlier)
                elif expanded.isdigit() and reference is not stage.image:
                    todo.append(int(expanded))
                elif expanded.lower() != "scratch":
                    images.add(expanded)
        return tuple(sorted(images)), frozenset(seen)

    def _target(self, target: str, names: Mapping[str, int]) -> int:
        if not target:
            return len(self.stages) - 1
        if target.lower() not in names:
            raise ProvenError(
                f"The Dockerfile has no stage {target!r}",
                where=self.where,
                fix=f"Choose one of: {', '.join(sorted(names)) or '(it names none)'}",
            )
        return names[target.lower()]


def expand(text: str, values: Mapping[str, str]) -> str:
    """Replace $NAME, ${NAME}, ${NAME:-other} and ${NAME:+other}."""

    def value(match: re.Match[str]) -> str:
        found = values.get(match["plain"] or match["name"], "")
        if match["sign"] == "-":
            return found or match["other"]
        if match["sign"] == "+":
            return match["other"] if found else ""
        return found

    return VARIABLE.sub(value, text)


def parse(text: str, where: str = "Dockerfile") -> Dockerfile:
    """Read a Dockerfile.

    :param text: its content.
    :param where: its path, for messages.
    :raises ProvenError: without a FROM.
    """
    declared: set[str] = set()
    defaults: dict[str, str] = {}
    stages: list[Stage] = []
    for _number, line in _instructions(text):
        if match := FROM.match(line):
            earlier = next((stage for stage in stages if stage.name and stage.name == match["image"].lower()), None)
            native = BUILD_PLATFORM.search(match["flags"]) is not None or (earlier is not None and earlier.native)
            stages.append(Stage((match["name"] or "").lower(), match["image"], (), native=native))
        elif match := ARG.match(line):
            for arg in ARG_NAME.finditer(match["rest"]):
                declared.add(arg["name"])
                if not stages:
                    defaults[arg["name"]] = expand((arg["value"] or "").strip("\"'"), defaults)
        elif stages:
            last = stages[-1]
            stages[-1] = replace(last, reads=(*last.reads, *_reads(line)), runs=last.runs or line.split(None, 1)[0].upper() == "RUN")
    if not stages:
        raise ProvenError("The Dockerfile has no FROM", where=where, fix="Start it with: FROM <image>")
    return Dockerfile(where, frozenset(declared), defaults, tuple(stages))


def line_of(text: str, instruction: str) -> int | None:
    """The number of the line on which an instruction starts, or None where it can't be told.

    :param text: the Dockerfile.
    :param instruction: as BuildKit names it: on one line, arguments possibly replaced.
    """
    wanted = " ".join(instruction.split())
    for number, line in _instructions(text):
        if " ".join(line.split()) == wanted:
            return number
    return None


def _instructions(text: str) -> list[tuple[int, str]]:
    """The instructions, each on one line, with the number of its first line; without comments and bodies of here-documents."""
    found: list[tuple[int, str]] = []
    current, start = "", 0
    ends: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if ends:
            if line.strip() == ends[0]:
                ends.pop(0)
            continue
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        start = start if current else number
        if line.rstrip().endswith("\\"):
            current += line.rstrip()[:-1] + " "
            continue
        instruction = (current + line).strip()
        current = ""
        found.append((start, instruction))
        if instruction.split(None, 1)[0].upper() in ("RUN", "COPY", "ADD"):
            ends = HEREDOC.findall(instruction)
    if current.strip():
        found.append((start, current.strip()))
    return found


def _reads(line: str) -> list[str]:
    """Stages or images that an instruction takes files from."""
    keyword = line.split(None, 1)[0].upper()
    if keyword in ("COPY", "ADD"):
        return FLAG_FROM.findall(line)
    if keyword == "RUN":
        options = [option for mount in MOUNT.findall(line) for option in mount.split(",")]
        return [option.removeprefix("from=") for option in options if option.startswith("from=")]
    return []
