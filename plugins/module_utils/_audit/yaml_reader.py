# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""YAML as kubectl understands it, built straight from the parser's events: half the time of PyYAML's own constructor, and lines for free.

The meaning of a plain word is that of sigs.k8s.io/yaml (YAML 1.1 as in goyaml.v2/resolve.go): `on`, `yes` and `y` are true; dates and
`1:30` are text, which PyYAML would read otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._yaml import library

_TRUE = ("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON")
_FALSE = ("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF")
_NULL = ("", "~", "null", "Null", "NULL")
_WORDS: dict[str, Any] = {**dict.fromkeys(_TRUE, True), **dict.fromkeys(_FALSE, False), **dict.fromkeys(_NULL)}
_NUMBER = re.compile(r"[-+.0-9]")
_INTEGER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]+|0|[1-9][0-9_]*)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_MERGE = object()
_TAG = "tag:yaml.org,2002:"


class Trouble(Exception):
    """Something that the parser takes and a manifest can't have.

    :ivar line: from 1.
    """

    def __init__(self, text: str, line: int) -> None:
        super().__init__(text)
        self.line = line


def plain(word: str) -> Any:
    """What a word without quotes means.

    :raises ValueError: a number of thousands of digits.
    """
    if word in _WORDS:
        return _WORDS[word]
    if not _NUMBER.match(word):
        return word
    if _INTEGER.fullmatch(word):
        # A leading zero is octal.
        return int(re.sub(r"^([-+]?)0(?=[0-7])", r"\g<1>0o", word.replace("_", "")), 0)
    if _FLOAT.fullmatch(word):
        return float(word.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return word


class Reader:
    """Reads the documents of a text, each with its line and, of a mapping's `items`, theirs.

    :param text: YAML or JSON.
    """

    def __init__(self, text: str) -> None:
        yaml = library()
        # The parser in C is ten times faster, and not everywhere.
        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
        self._next = loader.get_event
        self._scalar, self._alias = yaml.ScalarEvent, yaml.AliasEvent
        self._mapping, self._sequence = yaml.MappingStartEvent, yaml.SequenceStartEvent
        self._ends = (yaml.MappingEndEvent, yaml.SequenceEndEvent)
        self._document, self._stream_end = yaml.DocumentStartEvent, yaml.StreamEndEvent
        self._known: dict[str, Any] = {}
        self._anchors: dict[str, Any] = {}
        self._lines: list[int] = []
        self.line = 1
        """Of the last document that was begun."""

    def documents(self) -> Iterator[tuple[Any, int, list[int]]]:
        """(content, line, lines of the items).

        :raises yaml.YAMLError: this is no YAML.
        :raises Trouble: no manifest can have that.
        :raises ValueError, RecursionError: too large, too deep.
        """
        while not isinstance(event := self._next(), self._stream_end):
            if isinstance(event, self._document):
                self._anchors, self._lines = {}, []
                root = self._next()
                self.line = root.start_mark.line + 1
                yield self._value(root, root=True), self.line, self._lines

    def _value(self, event: Any, *, root: bool = False) -> Any:
        kind = type(event)
        if kind is self._scalar:
            value = self._word(event)
        elif kind is self._alias:
            if event.anchor not in self._anchors:
                raise Trouble(f"found undefined alias '{event.anchor}'", event.start_mark.line + 1)
            return self._anchors[event.anchor]
        elif kind is self._mapping:
            return self._pairs(event, root)
        else:
            return self._items(event, None)
        if event.anchor:
            self._anchors[event.anchor] = value
        return value

    def _word(self, event: Any) -> Any:
        if event.implicit[0]:
            word = event.value
            try:
                return self._known[word]
            except KeyError:
                known = self._known[word] = plain(word)
                return known
        if event.tag is None or event.tag in ("!", f"{_TAG}str"):
            return event.value
        if event.tag in (f"{_TAG}int", f"{_TAG}float", f"{_TAG}bool", f"{_TAG}null"):
            return plain(event.value)
        raise Trouble(f"the tag {event.tag} means nothing here", event.start_mark.line + 1)

    def _items(self, start: Any, lines: list[int] | None) -> list[Any]:
        self._check_tag(start, "seq")
        found: list[Any] = []
        if start.anchor:
            self._anchors[start.anchor] = found
        while (event := self._next()).__class__ not in self._ends:
            if lines is not None:
                lines.append(event.start_mark.line + 1)
            found.append(self._value(event))
        return found

    def _pairs(self, start: Any, root: bool) -> dict[Any, Any]:
        self._check_tag(start, "map")
        found: dict[Any, Any] = {}
        if start.anchor:
            self._anchors[start.anchor] = found
        merged: list[Any] = []
        while (event := self._next()).__class__ not in self._ends:
            key = _MERGE if event.__class__ is self._scalar and event.value == "<<" and event.implicit[0] else self._value(event)
            after = self._next()
            if root and key == "items" and after.__class__ is self._sequence:
                found[key] = self._items(after, self._lines)
            elif key is _MERGE:
                merged += self._merged(after)
            else:
                try:
                    found[key] = self._value(after)
                except TypeError:
                    raise Trouble("found unhashable key", event.start_mark.line + 1) from None
        for other in merged:
            for key, value in other.items():
                found.setdefault(key, value)
        return found

    def _merged(self, event: Any) -> list[Any]:
        value = self._value(event)
        mappings = value if isinstance(value, list) else [value]
        if not all(isinstance(mapping, dict) for mapping in mappings):
            raise Trouble("only mappings can be merged", event.start_mark.line + 1)
        return mappings

    def _check_tag(self, event: Any, name: str) -> None:
        if event.tag and event.tag not in ("!", _TAG + name):
            raise Trouble(f"the tag {event.tag} means nothing here", event.start_mark.line + 1)
