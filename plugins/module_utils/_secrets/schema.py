# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a secret must look like: the rules of `webapp_secrets_schema`, and whether a value keeps them."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from .generators import CURVES, GENERATORS, Generator, public_key

ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""Keys become environment variables of the pods."""


@dataclass(frozen=True)
class Fault:
    """Something wrong with one key. Holds words for the user, never a value."""

    key: str
    problem: str
    fix: str = ""

    def __str__(self) -> str:
        return f"{self.key}: {self.problem}"


@dataclass(frozen=True)
class Rule:
    """What one key's value must keep.

    :param min_length: in characters.
    :param pattern: a regular expression that the whole value must match.
    :param format: a name in FORMATS.
    :param url: whether it must be a URL; a list names the schemes that it may have.
    :param one_of: other keys; this one or one of them must be there, and none has to be by itself.
    :param pair: the key that belongs to this one: both are there, or neither.
    :param rotate_in: the key that lists the versions of this one, while it is replaced.
    :param generate: how to make one, where the inventory allows that.
    """

    required: bool = True
    min_length: int = 1
    pattern: str | None = None
    format: str | None = None
    url: bool | Sequence[str] = False
    one_of: Sequence[str] = ()
    pair: str | None = None
    rotate_in: str | None = None
    generate: Generator | None = None

    def problems(self, value: str) -> list[str]:
        """What is wrong with the value, in words that don't give it away."""
        found = []
        if len(value) < self.min_length:
            found.append(f"is shorter than {self.min_length} characters")
        if self.pattern is not None and not re.fullmatch(self.pattern, value):
            found.append(f"doesn't match the pattern {self.pattern}")
        if self.format is not None and (problem := FORMATS[self.format](value)):
            found.append(problem)
        if self.url and (problem := _url(value)):
            found.append(problem)
        elif isinstance(self.url, list) and urlsplit(value).scheme not in self.url:
            found.append(f"isn't a URL that begins with {' or '.join(f'{scheme}://' for scheme in self.url)}")
        return found


def _url(value: str) -> str | None:
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - raises on a port that is none
    except ValueError:
        return "isn't a URL (special characters in its password must be percent-encoded)"
    if not parts.scheme or not parts.hostname:
        return "isn't a URL with a scheme and a host"
    return None


def _postgresql_url(value: str) -> str | None:
    if not re.match(r"postgresql(\+\w+)?://", value):
        return "isn't a PostgreSQL URL: it must begin with postgresql://"
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - raises on a port that is none
    except ValueError:
        return "isn't a PostgreSQL URL (special characters in its password must be percent-encoded)"
    there = {"user": parts.username, "host": parts.hostname, "database": parts.path.strip("/")}
    if missing := [name for name, part in there.items() if not part]:
        return f"is a PostgreSQL URL without {' and '.join(missing)} (postgresql://user:password@host:5432/database)"
    return None


FORMATS: dict[str, Callable[[str], str | None]] = {"url": _url, "postgresql_url": _postgresql_url}
"""Name → function that says what is wrong with a value, or None."""


MAX_VARIABLE = 128 * 1024
"""Bytes of `KEY=value` and its end that Linux takes for one environment variable."""
MAX_SECRET = 1024 * 1024
"""Bytes of values that Kubernetes takes for one Secret."""


def unfit(key: str, value: str) -> str | None:
    """Why no container could be started with the value in its environment; None where one can."""
    if "\0" in value:
        return "has a NUL character in it, which no environment variable can hold"
    if len(key) + len(value.encode()) + 2 > MAX_VARIABLE:
        return f"is longer than an environment variable can be ({MAX_VARIABLE // 1024} KiB)"
    return None


def together(rules: Mapping[str, Rule], values: Mapping[str, str], faulty: Collection[str]) -> list[Fault]:
    """What is wrong with keys that depend on each other.

    :param faulty: keys of which something is told already; what depends on them isn't looked at.
    """
    faults = []
    told: set[frozenset[str]] = set()
    for key, rule in rules.items():
        group = frozenset({key, *rule.one_of})
        if rule.one_of and group not in told and not group & {*values, *faulty}:
            told.add(group)
            faults.append(Fault(" or ".join([key, *rule.one_of]), "none of them is set; one is required", "Set one of them."))
        if rule.pair is None or {key, rule.pair} & set(faulty):
            continue
        here, there = key in values, rule.pair in values
        if here != there:
            lacking, other = (rule.pair, key) if here else (key, rule.pair)
            faults.append(Fault(lacking, f"is missing, and {other}, which belongs to it, is set", "Set both, or neither."))
        elif here and rule.generate == Generator("ec_public_key", rule.pair) and public_key(values[rule.pair]) != values[key]:
            faults.append(Fault(key, f"isn't the public key of {rule.pair}", "Replace both by a new pair, or remove the public one."))
    return faults


def may_be_missing(rules: Mapping[str, Rule]) -> set[str]:
    """The keys that needn't be there by themselves."""
    grouped = {key for name, rule in rules.items() if rule.one_of for key in (name, *rule.one_of)}
    return grouped | {key for key, rule in rules.items() if not rule.required}


def parse_schema(data: Mapping[str, Any]) -> tuple[dict[str, Rule], list[Fault]]:
    """Read the schema as written in the inventory.

    :param data: key → {required, min_length, pattern, format, url, one_of, pair, rotate_in, generate}; each may be left out.
    :returns: key → Rule for the sound ones, and the faults of the others.
    """
    rules: dict[str, Rule] = {}
    faults: list[Fault] = []
    for key, entry in data.items():
        problems = _rule_problems(entry)
        if not ENV_NAME.fullmatch(str(key)):
            problems.append("isn't a name for an environment variable")
        if problems:
            faults += [Fault(f"schema of {key}", problem) for problem in problems]
            continue
        made = entry.get("generate")
        rules[str(key)] = Rule(**{**entry, "generate": Generator(*next(iter(made.items()))) if made else None})
    return rules, faults


def _rule_problems(entry: Any) -> list[str]:
    if not isinstance(entry, Mapping):
        return ["must be a map"]
    types: dict[str, tuple[type, ...]] = {
        "required": (bool,),
        "min_length": (int,),
        "pattern": (str,),
        "format": (str,),
        "url": (bool, list),
        "one_of": (list,),
        "pair": (str,),
        "rotate_in": (str,),
        "generate": (Mapping,),
    }
    problems = [f"unknown rule {name!r} (known: {', '.join(types)})" for name in entry if name not in types]
    for name, kinds in types.items():
        if name not in entry:
            continue
        value = entry[name]
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            problems.append(f"{name} must be a {' or a '.join(kind.__name__.lower() for kind in kinds)}")
        elif isinstance(value, list) and not (value and all(isinstance(item, str) for item in value)):
            problems.append(f"{name} must be a list of names")
    if problems:
        return problems
    if (form := entry.get("format")) is not None and form not in FORMATS:
        problems.append(f"unknown format {form!r} (known: {', '.join(FORMATS)})")
    if "pattern" in entry:
        try:
            re.compile(entry["pattern"])
        except re.error as error:
            problems.append(f"pattern isn't a regular expression: {error}")
    if "generate" in entry:
        problems += _generator_problems(entry["generate"])
    return problems


def _generator_problems(made: Mapping[str, Any]) -> list[str]:
    known = ", ".join(GENERATORS)
    if len(made) != 1:
        return [f"generate must name one generator (known: {known})"]
    kind, argument = next(iter(made.items()))
    if kind not in GENERATORS:
        return [f"unknown generator {kind!r} (known: {known})"]
    wanted = GENERATORS[kind].argument
    if not isinstance(argument, wanted) or isinstance(argument, bool):
        return [f"generate.{kind} must be a {wanted.__name__}"]
    if kind == "template" and not string.Template(str(argument)).is_valid():
        return ["generate.template has a $ that doesn't begin a ${KEY}"]
    if kind == "ec_private_key" and argument not in CURVES:
        return [f"generate.ec_private_key must be one of {', '.join(CURVES)}"]
    return []
