# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a source and the rules to values that keep them, or to all the faults at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .generators import generate
from .schema import ENV_NAME, MAX_SECRET, Fault, Rule, may_be_missing, together, unfit
from .source import Missing, Source, Unreadable, Value


@dataclass(frozen=True)
class Resolved:
    """What came of it.

    :param values: key → value.
    :param stored: name in the source → new value that has to be stored there.
    :param generated: the keys that got a new value.
    :param fresh: the keys that had no value before: the generated ones and those composed of them.
    :param missing: required key that isn't there → the name that it would be found under; empty where it has none.
    :param faults: what is wrong, by key; values that are at fault are in `values` too.
    """

    values: dict[str, str] = field(repr=False)
    stored: dict[str, str] = field(repr=False)
    generated: list[str]
    fresh: set[str]
    missing: dict[str, str]
    faults: list[Fault]


def resolve(source: Source, rules: Mapping[str, Rule], used: Mapping[str, Sequence[str]], *, may_generate: bool) -> Resolved:
    """Read every key that is declared, has a rule, or is used.

    :param used: component → the keys that it uses.
    :param may_generate: make the missing ones that have a generator.
    """
    keys = list(dict.fromkeys([*source.keys(), *rules, *(key for names in used.values() for key in names)]))
    before = {key: source.read(key) for key in keys}
    known = {key: reading.text for key, reading in before.items() if isinstance(reading, Value)}
    missing = {key: reading for key, reading in before.items() if isinstance(reading, Missing)}

    generated: dict[str, str] = {}
    if may_generate:
        generated = generate({key: made for key in missing if missing[key].store_as and (made := rules.get(key, Rule()).generate)}, known)
    stored = {str(missing[key].store_as): value for key, value in generated.items()}
    after = source.having(stored) if stored else source

    values: dict[str, str] = {}
    faults: list[Fault] = []
    lacking: dict[str, str] = {}
    optional = may_be_missing(rules)
    for key in keys:
        rule = rules.get(key, Rule())
        reading = after.read(key) if key in missing and stored else before[key]
        if not ENV_NAME.fullmatch(key):
            faults.append(Fault(key, "isn't a name for an environment variable (letters, digits, underscores)"))
        elif isinstance(reading, Value):
            values[key] = reading.text
            # Rules aren't tried on what is too long for any: a pattern could take for ever.
            problems = [problem] if (problem := unfit(key, reading.text)) else rule.problems(reading.text)
            faults += [Fault(key, problem) for problem in problems]
        elif isinstance(reading, Unreadable):
            faults.append(Fault(key, reading.problem, reading.fix))
        elif key not in optional:
            lacking[key] = reading.store_as or ""
            users = [component for component, names in used.items() if key in names]
            faults.append(Fault(key, reading.problem + (f" (used by {', '.join(users)})" if users else ""), reading.fix))
    faulty = {fault.key for fault in faults}
    faults += together(rules, values, faulty)
    for component, names in used.items():
        if sum(len(values[key].encode()) for key in set(names) & values.keys() - faulty) > MAX_SECRET:
            faults.append(Fault(component, "its secrets together are larger than a Kubernetes Secret can be (1 MiB)", "Use smaller ones."))
    return Resolved(values, stored, sorted(generated), {key for key in missing if key in values}, lacking, faults)
