# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings and secrets as the text of an env file, such as docker compose reads. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

HEADER = "# Written by the role compose on each run. It holds secrets: keep it to yourself.\n"


def render(values: Mapping[str, str], *, where: str) -> str:
    """One line a variable, sorted. In single quotes a value means itself, whatever is in it; there is no way to escape one.

    :param where: the file, for messages.
    :raises ProvenError: values that no env file can hold; they are named, not shown.
    """
    if unfit := sorted(key for key, value in values.items() if "'" in value or value.endswith("\\") or "\0" in value):
        raise ProvenError(
            f"No env file can hold the value of {', '.join(unfit)}: it has a single quote in it, or ends in a backslash.",
            where=where,
            fix="Choose another value; in a URL, percent-encode it (%27, %5C).",
        )
    return HEADER + "".join(f"{key}='{values[key]}'\n" for key in sorted(values))
