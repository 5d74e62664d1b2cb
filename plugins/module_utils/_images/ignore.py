# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which files of a build context Docker sees: the rules of .dockerignore, as BuildKit applies them.

A port of github.com/moby/patternmatcher (matching) and of the walk in github.com/tonistiigi/fsutil (what is not even looked at).
docker-py's matcher is not used: it always sends the Dockerfile and .dockerignore, and gives up a folder below `*` although a
rule like `!**/*.py` brings files of it back, so a changed file would go unnoticed.
"""

from __future__ import annotations

import os
import posixpath
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

ESCAPED = ".+()|{}$"
GLOB = "*[]?^\\"


@dataclass(frozen=True)
class Pattern:
    """One line of an ignore file.

    :param text: the cleaned pattern, without the `!`.
    :param keep: True for a line that starts with `!`.
    :param kind: how it is compared; the three plain kinds are what moby uses where no regular expression is needed.
    """

    text: str
    keep: bool
    kind: Literal["exact", "prefix", "suffix", "regexp"]
    regexp: re.Pattern[str] | None

    def matches(self, path: str) -> bool:
        if self.kind == "exact":
            return path == self.text
        if self.kind == "prefix":
            return path.startswith(self.text[:-2])
        if self.kind == "suffix":
            suffix = self.text[2:]
            return path.endswith(suffix) or (suffix[:1] == "/" and path == suffix[1:])
        return self.regexp is not None and self.regexp.search(path) is not None

    @property
    def without_trailing_glob(self) -> str:
        return self.text.removesuffix("/**").removesuffix("/*")


def read_patterns(text: str, where: str = "") -> tuple[Pattern, ...]:
    """The patterns of an ignore file.

    :param text: its content.
    :param where: its path, for the message.
    :raises ProvenError: for a pattern that Docker refuses too.
    """
    patterns = []
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        if raw.startswith("#"):
            continue
        line = raw.strip()
        if not line:
            continue
        keep = line.startswith("!")
        if keep:
            line = line[1:].strip()
        if not line:
            raise ProvenError('"!" alone is no pattern', where=f"{where}:{number}", fix="Write the path to keep behind the !")
        cleaned = _clean(line)
        if len(cleaned) > 1:
            cleaned = cleaned.removeprefix("/")
        try:
            patterns.append(_compile(cleaned, keep))
        except re.error as error:
            raise ProvenError(
                f"The pattern {line!r} is malformed: {error}", where=f"{where}:{number}", fix="Correct the pattern"
            ) from error
    return tuple(patterns)


def _clean(path: str) -> str:
    """Go's filepath.Clean."""
    return re.sub("^//+", "/", posixpath.normpath(path))


def _compile(text: str, keep: bool) -> Pattern:
    """Translate one cleaned pattern; the steps and their order are moby's `Pattern.compile`."""
    regexp = "^"
    kind: Literal["exact", "prefix", "suffix", "regexp"] = "exact"
    index = 0
    first = True
    while index < len(text):
        char = text[index]
        index += 1
        if char == "*" and text[index : index + 1] == "*":
            index += 1
            if text[index : index + 1] == "/":
                index += 1
            if index == len(text):
                if kind == "exact":
                    kind = "prefix"
                else:
                    regexp += ".*"
                    kind = "regexp"
            else:
                regexp += "(.*/)?"
                kind = "regexp"
            if first:
                kind = "suffix"
        elif char == "*":
            regexp += "[^/]*"
            kind = "regexp"
        elif char == "?":
            regexp += "[^/]"
            kind = "regexp"
        elif char in ESCAPED:
            regexp += "\\" + char
        elif char == "\\":
            if index < len(text):
                regexp += "\\" + text[index]
                index += 1
                kind = "regexp"
            else:
                regexp += "\\"
        else:
            regexp += char
            if char in "[]":
                kind = "regexp"
        first = False
    if kind != "regexp":
        return Pattern(text, keep, kind, None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # Python warns of `[[`, which Go takes as it stands
        return Pattern(text, keep, kind, re.compile(regexp + r"\Z"))


@dataclass(frozen=True)
class Matcher:
    """Decides path by path; the caller hands in what its parent folder matched.

    :param patterns: in the order of the file; the last match wins.
    """

    patterns: tuple[Pattern, ...]
    _kept_below: tuple[str, ...] | None = field(init=False)

    def __post_init__(self) -> None:
        kept = [pattern.without_trailing_glob for pattern in self.patterns if pattern.keep]
        plain = not any(char in GLOB for text in kept for char in text)
        object.__setattr__(self, "_kept_below", tuple(f"{text}/" for text in kept) if plain else None)

    def ignored(self, path: str, parent: tuple[bool, ...]) -> tuple[bool, tuple[bool, ...]]:
        """Whether a path is ignored, and which patterns matched it (to be handed in for what is below it).

        :param path: relative to the context, with `/`.
        :param parent: which patterns matched the parent folder; empty at the top.
        """
        ignored = False
        found = [False] * len(self.patterns)
        for index, pattern in enumerate(self.patterns):
            match = bool(parent) and parent[index]
            if not match:
                if pattern.keep != ignored:
                    continue
                match = pattern.matches(path)
            found[index] = match
            if match:
                ignored = not pattern.keep
        return ignored, tuple(found)

    def nothing_kept_below(self, folder: str) -> bool:
        """Whether an ignored folder needn't be looked into, because no `!` rule can bring back anything of it."""
        if self._kept_below is None:
            return False
        return not any(text.startswith(f"{folder}/") for text in self._kept_below)


@dataclass(frozen=True)
class Entry:
    """Something in the context.

    :param path: relative, with `/`.
    :param item: from os.scandir.
    """

    path: str
    item: os.DirEntry[str]


def walk(root: str, matcher: Matcher) -> Iterator[Entry]:
    """What Docker sees of a context, sorted. Ignored folders are not read, unless a `!` rule may bring back something of them.

    :raises OSError: where a folder can't be read.
    """
    yield from _walk(root, "", (), matcher)


def _walk(root: str, folder: str, parent: tuple[bool, ...], matcher: Matcher) -> Iterator[Entry]:
    with os.scandir(os.path.join(root, folder)) as items:
        entries = sorted(items, key=lambda item: item.name)
    for item in entries:
        path = f"{folder}/{item.name}" if folder else item.name
        ignored, found = matcher.ignored(path, parent)
        if item.is_dir(follow_symlinks=False):
            if ignored and matcher.nothing_kept_below(path):
                continue
            below = _walk(root, path, found, matcher)
            if ignored:
                # the folder itself comes along with the first thing in it that is kept
                first = next(below, None)
                if first is None:
                    continue
                yield Entry(path, item)
                yield first
            else:
                yield Entry(path, item)
            yield from below
        elif not ignored:
            yield Entry(path, item)
