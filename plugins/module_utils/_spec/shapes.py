# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shapes of values, to be put together to a table: each reads a node strictly and says how the chart names what it read.

What is left out stays left out. What a shape returns for a given value is valid input again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ansible_collections.proven.webapp.plugins.module_utils._spec import rules
from ansible_collections.proven.webapp.plugins.module_utils._spec.node import Node, type_name


class Shape(Protocol):
    """How a given value is read."""

    def read(self, node: Node) -> Any:
        """The value as plain JSON types; faults go to the node."""

    def chart(self, value: Any) -> Any:
        """What `read` returned, by the chart's names."""


def camel(name: str) -> str:
    """As Kubernetes writes names: ``time_zone`` is ``timeZone``."""
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


class Same:
    """The chart has it as it is."""

    def chart(self, value: Any) -> Any:
        return value


@dataclass(frozen=True)
class Text(Same):
    pattern: rules.Pattern

    def read(self, node: Node) -> str:
        return node.text(self.pattern)


@dataclass(frozen=True)
class Number(Same):
    allowed: rules.Range

    def read(self, node: Node) -> int:
        return node.integer(self.allowed)


@dataclass(frozen=True)
class Choice(Same):
    known: tuple[str, ...]

    def read(self, node: Node) -> str:
        return node.choice(self.known, self.known[0])


class Flag(Same):
    """Yes or no; a survey's text will do."""

    def read(self, node: Node) -> bool:
        if isinstance(node.value, str) and node.value in ("true", "false"):
            return node.value == "true"
        if not isinstance(node.value, bool):
            node.fault(f"must be true or false, not {type_name(node.value)}")
        return bool(node.value)


class Amount(Same):
    """A Kubernetes quantity."""

    def read(self, node: Node) -> str:
        return node.amount()[0]


class Share(Same):
    """A number of pods, or a percentage of them."""

    def read(self, node: Node) -> int | str:
        if isinstance(node.value, str) and re.fullmatch(r"[0-9]{1,3}%", node.value):
            return str(node.value)
        return node.integer(rules.REPLICAS)


class Command(Same):
    def read(self, node: Node) -> list[str]:
        return list(node.command())


@dataclass(frozen=True)
class Texts(Same):
    pattern: rules.Pattern
    example: str = ""

    def read(self, node: Node) -> list[str]:
        return list(node.texts(self.pattern, self.example))


@dataclass(frozen=True)
class Scalars(Same):
    """Names with a text, number or boolean each, such as labels."""

    pattern: rules.Pattern
    example: str = ""

    def read(self, node: Node) -> dict[str, str]:
        return {item.own_name(self.pattern): item.scalar() for item in node.mapping(self.example).values()}


def plain(value: Any) -> Any:
    """The value in plain types: Ansible's own are subclasses that remember where they come from."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    for kind in (bool, int, float):
        if isinstance(value, kind):
            return value if kind is bool else kind(value)
    return value if value is None else str(value)


@dataclass(frozen=True)
class Raw(Same):
    """Kubernetes' own words, a mapping. The API server is asked about them before anything is applied."""

    example: str = ""

    def read(self, node: Node) -> dict[str, Any]:
        node.mapping(self.example)
        return plain(node.value) if isinstance(node.value, Mapping) else {}


@dataclass(frozen=True)
class RawList(Same):
    """A list of mappings in Kubernetes' own words."""

    example: str = ""

    def read(self, node: Node) -> list[Any]:
        return [Raw().read(item) for item in node.items(self.example)]


@dataclass(frozen=True)
class Each:
    """A list."""

    inner: Shape
    example: str = ""

    def read(self, node: Node) -> list[Any]:
        return [self.inner.read(item) for item in node.items(self.example)]

    def chart(self, value: Any) -> Any:
        return [self.inner.chart(item) for item in value]


@dataclass(frozen=True)
class Named:
    """A mapping of names that the user gives."""

    pattern: rules.Pattern
    inner: Shape
    example: str = ""

    def read(self, node: Node) -> dict[str, Any]:
        return {item.own_name(self.pattern): self.inner.read(item) for item in node.mapping(self.example).values()}

    def chart(self, value: Any) -> Any:
        return {name: self.inner.chart(item) for name, item in value.items()}


@dataclass(frozen=True)
class Fields:
    """A mapping of known keys.

    :param required: keys that have to be there.
    :param one_of: of these keys exactly one has to be there.
    :param check: what several keys say together; gets the value and the keys' nodes.
    """

    shapes: Mapping[str, Shape]
    example: str = ""
    required: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    check: Callable[[dict[str, Any], Mapping[str, Node]], None] | None = None

    def read(self, node: Node) -> dict[str, Any]:
        before = len(node.faults)
        keys = node.keys(tuple(self.shapes), self.example)
        if not isinstance(node.value, Mapping):
            return {}
        value = {key: shape.read(keys[key]) for key, shape in self.shapes.items() if keys[key].given}
        for key in self.required:
            if keys[key].absent:
                keys[key].fault("is missing", f"write {self.example}" if self.example else "")
        given = [key for key in self.one_of if keys[key].given]
        if self.one_of and len(given) != 1 and not any(keys[key].misspelt for key in self.one_of):
            what = f"has {' and '.join(given)}" if given else "says nothing"
            node.fault(what, f"give exactly one of {', '.join(self.one_of)}")
        if self.check is not None and len(node.faults) == before:
            self.check(value, keys)
        return value

    def chart(self, value: Any) -> Any:
        return {camel(key): self.shapes[key].chart(item) for key, item in value.items()}


@dataclass(frozen=True)
class Short:
    """A text, number or boolean for the common case, a mapping for the others."""

    scalar: Shape
    whole: Fields

    def read(self, node: Node) -> Any:
        return (self.whole if isinstance(node.value, Mapping) else self.scalar).read(node)

    def chart(self, value: Any) -> Any:
        return (self.whole if isinstance(value, Mapping) else self.scalar).chart(value)


class Scalar(Same):
    """A text, number or boolean, as the text that a program gets to see."""

    def read(self, node: Node) -> str:
        return node.scalar()
