# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`$(VAR)` in the command of an exec probe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def expand(text: str, values: Mapping[str, str]) -> str:
    """References replaced; `$$` is one dollar, and what isn't known stays (third_party/forked/golang/expansion/expand.go, Expand)."""
    parts: list[str] = []
    position = 0
    while (dollar := text.find("$", position)) >= 0 and dollar + 1 < len(text):
        parts.append(text[position:dollar])
        following = text[dollar + 1]
        end = text.find(")", dollar + 2) if following == "(" else -1
        if end >= 0:
            name = text[dollar + 2 : end]
            parts.append(values.get(name, f"$({name})"))
            position = end + 1
        else:
            parts.append("$" if following == "$" else f"${following}")
            position = dollar + 2
    return "".join(parts) + text[position:]


def expand_command(command: Sequence[str], environment: Iterable[Mapping[str, Any]]) -> list[str]:
    """The words of an exec probe as the kubelet runs them (pkg/kubelet/container/helpers.go, ExpandContainerCommandOnlyStatic).

    Only the values written in the container's own env count: what comes from a Secret, a ConfigMap or a field is there as an empty value.

    :param environment: v1.EnvVar objects; the last of a name wins.
    """
    values = {str(item.get("name", "")): str(item.get("value") or "") for item in environment}
    return [expand(word, values) for word in command]
