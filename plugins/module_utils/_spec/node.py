# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading one value of the inventory: strict in what it means, friendly in how it is written.

Every reader returns a value of the right type, whatever was there: where it records a fault, what it returns is a stand-in that never
gets out, because the whole inventory is refused at the end.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._spec import rules
from ansible_collections.proven.webapp.plugins.module_utils._spec.faults import Fault, child_path, closest, suggestion


def type_name(value: object) -> str:
    """A value's type in the words of someone who writes YAML."""
    if value is None:
        return "nothing"
    for kind, name in ((bool, "true or false"), (int, "a number"), (float, "a number"), (str, "a text"), (Mapping, "a mapping")):
        if isinstance(value, kind):
            return name
    return "a list" if isinstance(value, (list, tuple)) else type(value).__name__


def quantity(text: str) -> Fraction | None:
    """The amount that a Kubernetes quantity stands for, or None where it isn't one."""
    match = rules.QUANTITY.fullmatch(text)
    if not match:
        return None
    suffix = match["suffix"] or ""
    if suffix in rules.SUFFIXES:
        base, exponent = rules.SUFFIXES[suffix]
    else:
        base, exponent = 10, int(suffix[1:])
    return Fraction(match["number"]) * Fraction(base) ** exponent


class Node:
    """A value with its path; faults go to a list that the whole tree shares."""

    def __init__(self, value: object, path: str, faults: list[Fault], key: str = "") -> None:
        self.value = value
        self.path = path
        self.faults = faults
        self.key = key
        self.misspelt = False

    @property
    def given(self) -> bool:
        """Whether there is anything; a key with nothing behind it counts as left out."""
        return self.value is not None

    @property
    def absent(self) -> bool:
        """Whether it was left out, and not just misspelt, of which enough is said already."""
        return self.value is None and not self.misspelt

    def fault(self, what: str, fix: str = "") -> None:
        """Record that this value is wrong."""
        self.faults.append(Fault(self.path, what, fix))

    def child(self, key: object, value: object = None) -> Node:
        """The value below a key, given or not."""
        return Node(value, child_path(self.path, key), self.faults, str(key))

    def keys(self, known: Sequence[str], example: str = "") -> dict[str, Node]:
        """A mapping of known keys.

        :returns: a node for each known key; those left out have no value.
        """
        given = self.mapping(example)
        nodes = {key: given[key] if key in given else self.child(key) for key in known}
        for key in given:
            if key not in known:
                given[key].fault("unknown key", suggestion(key, known))
                meant = closest(key, known)
                if meant:
                    nodes[meant.split(".")[0]].misspelt = True
        return nodes

    def mapping(self, example: str = "") -> dict[str, Node]:
        """A mapping of any keys, in its own order; empty where nothing is given."""
        if self.value is None:
            return {}
        if not isinstance(self.value, Mapping):
            self.fault(f"must be a mapping, not {type_name(self.value)}", f"write {example}" if example else "")
            return {}
        nodes: dict[str, Node] = {}
        for key, value in self.value.items():
            if isinstance(key, str):
                nodes[str(key)] = self.child(str(key), value)
            else:
                fix = "put it in quotes: YAML takes on, off, yes and no for booleans" if isinstance(key, bool) else f"write {example}"
                self.child(str(key)).fault(f"its name must be a text, not {type_name(key)}", fix if example else "")
        return nodes

    def items(self, example: str = "") -> list[Node]:
        """A list; empty where nothing is given."""
        if self.value is None:
            return []
        if not isinstance(self.value, (list, tuple)):
            self.fault(f"must be a list, not {type_name(self.value)}", f"write {example}" if example else "")
            return []
        return [self.child(index, value) for index, value in enumerate(self.value)]

    def command(self) -> tuple[str, ...]:
        """A program and its arguments."""
        if isinstance(self.value, str):
            try:
                words = shlex.split(self.value)
            except ValueError:
                words = [self.value]
            self.fault("must be a list, not a text", f"write {json.dumps(words)}; no shell takes part")
            return ()
        return tuple(node.scalar() for node in self.items('["program", "argument"]'))

    def texts(self, pattern: rules.Pattern, example: str = "") -> tuple[str, ...]:
        """A list of texts, none of them twice."""
        found: list[str] = []
        for node in self.items(example):
            text = node.text(pattern)
            if text and text in found:
                node.fault(f'"{text}" is there twice')
            found.append(text)
        return tuple(found)

    def text(self, pattern: rules.Pattern) -> str:
        """A text that follows a rule."""
        if not isinstance(self.value, str):
            if self.misspelt and self.value is None:
                return ""
            self.fault("is missing" if self.value is None else f"must be a text, not {type_name(self.value)}", f"write {pattern.words}")
            return ""
        text = str(self.value)
        if not pattern.regex.fullmatch(text):
            self.fault(f'"{text}" isn\'t allowed here' if text else "is empty", f"write {pattern.words}")
        elif len(text) > pattern.longest:
            self.fault(f'"{text}" has {len(text)} characters', f"{pattern.longest} at most")
        return text

    def own_name(self, pattern: rules.Pattern) -> str:
        """This value's own key, where the key is a name that the user gives."""
        name = self.key
        if not pattern.regex.fullmatch(name):
            self.fault(f'"{name}" isn\'t allowed as a name here', f"write {pattern.words}")
        elif len(name) > pattern.longest:
            self.fault(f'the name "{name}" has {len(name)} characters', f"{pattern.longest} at most")
        return name

    def choice(self, known: Sequence[str], default: str) -> str:
        """One of a few words."""
        if self.value is None:
            return default
        if isinstance(self.value, str) and self.value in known:
            return str(self.value)
        self.fault(f"{json.dumps(self.value, default=str)} isn't one of them", f"choose one of: {', '.join(known)}")
        return default

    def integer(self, allowed: rules.Range) -> int:
        """A whole number; a survey's text of digits will do."""
        value = self.value
        if isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]{1,18}\s*", value):
            value = int(value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            self.fault(f"must be a whole number, not {type_name(self.value)}", f"{allowed.least} to {allowed.greatest}")
            return allowed.least
        if not allowed.least <= value <= allowed.greatest:
            self.fault(f"{value} is out of range", f"{allowed.least} to {allowed.greatest}")
        return int(value)

    def scalar(self) -> str:
        """A text, number or boolean, as the text that a program gets to see."""
        value = self.value
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str):
            return str(value)
        if isinstance(value, (int, float)):
            return json.dumps(value)
        self.fault(
            "is empty" if value is None else f"must be a text, a number or a boolean, not {type_name(value)}",
            'write "" for an empty text' if value is None else "",
        )
        return ""

    def amount(self) -> tuple[str, Fraction]:
        """A Kubernetes quantity above zero, as written and as a number."""
        value: Any = self.value
        if value is None and self.misspelt:
            return "", Fraction(0)
        if value is None or isinstance(value, (bool, Mapping, list, tuple)):
            self.fault(
                "is missing" if value is None else f"must be a quantity, not {type_name(value)}", 'write one such as "500m" or "1Gi"'
            )
            return "", Fraction(0)
        text = str(value)
        number = quantity(text)
        if number is None:
            match = re.fullmatch(r"\s*([0-9.]+)\s*([kKMGTP])(i?)[bB]?\s*", text)
            meant = f"{match[1]}{match[2].upper()}i" if match else ""
            self.fault(f'"{text}" isn\'t a quantity', f'did you mean "{meant}"?' if meant else 'write one such as "500m" or "1Gi"')
            return text, Fraction(0)
        if number <= 0:
            self.fault(f'"{text}" is nothing', "give more than 0, or leave it out")
        return text, number
