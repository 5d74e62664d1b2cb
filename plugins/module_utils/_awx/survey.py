# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Surveys: what a job template asks before it is launched.

AWX refuses some bad surveys, and stores others that can never be answered, such as one whose default breaks its own maximum. All of that
is found here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

TEXTS = ("text", "textarea", "password")
NUMBERS: Mapping[str, tuple[type, ...]] = {"integer": (int,), "float": (float, int)}
CHOICES = ("multiplechoice", "multiselect")
TYPES = (*TEXTS, *NUMBERS, *CHOICES)
KEYS = frozenset({"variable", "question", "help", "type", "required", "min", "max", "default", "choices"})
LONGEST = 1024
"""Characters that a text may have where the survey sets no bound; AWX's own default."""
_VARIABLE = re.compile(r"[a-z][a-z0-9_]*\Z")


def question(entry: Mapping[str, Any]) -> dict[str, Any]:
    """As AWX's API takes it. The entry has no faults."""
    made = {
        "question_name": entry["question"],
        "question_description": entry.get("help", ""),
        "variable": entry["variable"],
        "type": entry["type"],
        "required": entry.get("required", True),
    }
    if entry["type"] in CHOICES:
        return {**made, "choices": list(entry["choices"]), "default": entry.get("default", [] if entry["type"] == "multiselect" else "")}
    least = entry.get("min", 0 if entry["type"] in TEXTS else None)
    most = entry.get("max", LONGEST if entry["type"] in TEXTS else None)
    return {**made, "min": least, "max": most, "default": entry.get("default", "")}


def survey(name: str, entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """:param name: of the template."""
    return {"name": name, "description": "", "spec": [question(entry) for entry in entries]} if entries else {}


def faults(entries: Any) -> Iterator[tuple[str, str]]:
    """(where, what is wrong) in the questions of one template."""
    if not isinstance(entries, list):
        yield "", "is no list of questions"
        return
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        where = f"[{index}]"
        if not isinstance(entry, dict):
            yield where, "is no question"
            continue
        for key in sorted(entry.keys() - KEYS):
            yield f"{where}.{key}", "unknown key"
        variable = entry.get("variable")
        if not isinstance(variable, str) or not _VARIABLE.match(variable):
            yield f"{where}.variable", "must be a variable's name, in small letters"
        elif variable in seen:
            yield f"{where}.variable", f"{variable} is asked for twice"
        else:
            seen.add(variable)
        if not isinstance(entry.get("question"), str) or not entry["question"]:
            yield f"{where}.question", "must be a text"
        if not isinstance(entry.get("required", True), bool):
            yield f"{where}.required", "must be true or false"
        yield from ((where + place, what) for place, what in _type_faults(entry))


def _type_faults(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    kind = entry.get("type")
    if kind not in TYPES:
        yield ".type", f"must be one of {', '.join(TYPES)}"
        return
    if kind in CHOICES:
        choices = entry.get("choices")
        if not isinstance(choices, list) or not choices or not all(isinstance(choice, str) and choice.strip() for choice in choices):
            yield ".choices", "must be a list of texts"
            return
    elif "choices" in entry:
        yield ".choices", f"{kind} has none"
    for bound in ("min", "max"):
        if entry.get(bound) is not None and (not isinstance(entry[bound], int) or isinstance(entry[bound], bool)):
            yield f".{bound}", "must be a whole number"
            return
    if None not in (entry.get("min"), entry.get("max")) and entry["min"] > entry["max"]:
        yield ".min", "is more than max"
        return
    if entry.get("default") not in (None, ""):
        wrong = answer_fault(entry, entry["default"])
        if wrong:
            yield ".default", wrong


def answer_fault(entry: Mapping[str, Any], answer: Any) -> str:
    """What keeps AWX from taking an answer when the job is launched; empty where it takes it. Never holds the answer."""
    kind = entry["type"]
    if kind in TEXTS:
        if not isinstance(answer, str):
            return "must be a text"
        if len(answer) < (entry.get("min") or 0):
            return f"must have {entry['min']} characters at least"
        most = entry.get("max", LONGEST)
        if most is not None and len(answer) > most:
            return f"must have {most} characters at most"
        return ""
    if kind in NUMBERS:
        if not isinstance(answer, NUMBERS[kind]) or isinstance(answer, bool):
            return "must be a whole number" if kind == "integer" else "must be a number"
        if entry.get("min") is not None and answer < entry["min"]:
            return f"must be {entry['min']} at least"
        if entry.get("max") is not None and answer > entry["max"]:
            return f"must be {entry['max']} at most"
        return ""
    if kind == "multiselect":
        if not isinstance(answer, list):
            return "must be a list"
        return "" if all(each in entry["choices"] for each in answer) else "must be of the choices"
    return "" if answer in entry["choices"] else "must be one of the choices"
