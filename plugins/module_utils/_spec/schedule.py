# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a CronJob runs: schedules and time zones, checked as its controller reads them."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping

from ansible_collections.proven.webapp.plugins.module_utils._spec.faults import suggestion
from ansible_collections.proven.webapp.plugins.module_utils._spec.node import Node, type_name
from ansible_collections.proven.webapp.plugins.module_utils._spec.shapes import Same

# robfig/cron v3, ParseStandard: five fields, or one of a few words.
WORDS = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
MONTHS = {name: number for number, name in enumerate(re.findall("...", "janfebmaraprmayjunjulaugsepoctnovdec"), 1)}
DAYS = {name: number for number, name in enumerate(re.findall("...", "sunmontuewedthufrisat"))}
FIELDS: tuple[tuple[str, int, int, Mapping[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, MONTHS),
    ("day of the week", 0, 6, DAYS),
)
PART = re.compile(r"(?P<any>[*?])(/(?P<every>[0-9]+))?|(?P<first>[0-9A-Za-z]+)(-(?P<last>[0-9A-Za-z]+))?(/(?P<step>[0-9]+))?")
EXAMPLE = 'write five fields, such as "0 7 * * *" for seven every morning'


def problem(schedule: str) -> str:
    """What is wrong with a schedule; empty where it is right."""
    if schedule.startswith("@"):
        return "" if schedule in WORDS else f"isn't one of {', '.join(WORDS)}"
    if "TZ=" in schedule:
        return "names a time zone, which belongs under time_zone"
    fields = schedule.split()
    if len(fields) != len(FIELDS):
        return f"has {len(fields)} fields and not 5"
    for field, (name, least, greatest, words) in zip(fields, FIELDS, strict=True):
        if any(not _right(part, least, greatest, words) for part in field.split(",")):
            return f'has "{field}" for the {name}, which goes from {least} to {greatest}'
    return ""


def _right(part: str, least: int, greatest: int, words: Mapping[str, int]) -> bool:
    match = PART.fullmatch(part)
    if not match:
        return False
    if match["any"]:
        return match["every"] is None or int(match["every"]) > 0
    ends = [words.get(end.lower(), int(end) if end.isdigit() else -1) for end in (match["first"], match["last"]) if end]
    return ends == sorted(ends) and all(least <= end <= greatest for end in ends) and match["step"] != "0"


class Schedule(Same):
    def read(self, node: Node) -> str:
        if not isinstance(node.value, str):
            node.fault(f"must be a text, not {type_name(node.value)}", EXAMPLE)
            return ""
        text = str(node.value)
        if wrong := problem(text):
            node.fault(f'"{text}" {wrong}', EXAMPLE)
        return text


class Zone(Same):
    """A name of the time zone database; any will do on a machine that hasn't got it."""

    def read(self, node: Node) -> str:
        if not isinstance(node.value, str):
            node.fault(f"must be a text, not {type_name(node.value)}", "write one such as Europe/Berlin")
            return ""
        name = str(node.value)
        try:
            zoneinfo.ZoneInfo(name)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            known = sorted(zoneinfo.available_timezones())
            if known:
                hint = suggestion(name, known)
                node.fault(f'"{name}" is no time zone', hint if hint.startswith("did") else "write one such as Europe/Berlin, or Etc/UTC")
        return name
