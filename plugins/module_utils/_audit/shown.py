# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a manifest's own words are shown: as YAML, and without what may be a secret."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

HARMLESS_HEADERS = ("accept", "content-type", "host", "user-agent")
MASKED = "…"

_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9/_.%+-]*")
_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}


def path_shown(path: str) -> str:
    """A path without its query."""
    bare, mark, _query = path.partition("?")
    return f"{bare}{mark}{MASKED}" if mark else bare


def _header(header: Mapping[str, Any]) -> dict[str, Any]:
    kept = str(header.get("name", "")).lower() in HARMLESS_HEADERS
    return {**header, "value": header.get("value", "") if kept else MASKED}


def handler_shown(raw: Mapping[str, Any], name: str) -> dict[str, Any]:
    """One handler of a v1.Probe: of a command the program alone, of a path no query, of headers no value but the harmless.

    :param name: httpGet, tcpSocket, grpc or exec.
    """
    handler = dict(raw.get(name, {}))
    if "path" in handler:
        handler["path"] = path_shown(handler["path"])
    if "httpHeaders" in handler:
        handler["httpHeaders"] = [_header(header) for header in handler["httpHeaders"]]
    if handler.get("command"):
        program, *others = handler["command"]
        handler["command"] = [program, MASKED] if others else [program]
    return {name: handler}


def probe_shown(raw: Mapping[str, Any], *, without: str) -> dict[str, Any]:
    """A v1.Probe without one of its fields."""
    shown: dict[str, Any] = {}
    for key, value in raw.items():
        if key != without:
            shown |= handler_shown(raw, key) if isinstance(value, Mapping) else {key: value}
    return shown


def _scalar(value: Any) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)


def yaml_text(value: Mapping[str, Any], indent: str = "") -> str:
    """A mapping as block YAML; written here because the library's writer takes more time than all checks together."""
    lines: list[str] = []
    for key, item in value.items():
        name = f"{indent}{_scalar(key)}:"
        if isinstance(item, Mapping) and item:
            lines += [name, yaml_text(item, f"{indent}  ")]
        elif isinstance(item, Sequence) and not isinstance(item, str) and item and all(isinstance(one, Mapping) for one in item):
            lines.append(name)
            for one in item:
                text = yaml_text(one, f"{indent}    ")
                lines.append(f"{indent}  - {text.lstrip()}")
        elif isinstance(item, Sequence) and not isinstance(item, str):
            lines.append(f"{name} [{', '.join(map(_scalar, item))}]")
        else:
            lines.append(f"{name} {_scalar(item)}")
    return "\n".join(lines)
