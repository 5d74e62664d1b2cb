# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets from the environment of this process, as a CI system sets them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class EnvironmentStore:
    """Variables that begin with a prefix.

    :param environment: name → value, as os.environ.
    """

    def __init__(self, environment: Mapping[str, str], prefix: str) -> None:
        self._held = {name.removeprefix(prefix): value for name, value in environment.items() if name.startswith(prefix)}
        self._prefix = prefix

    def fetch(self, place: str) -> Mapping[str, Any] | None:
        return self._held

    def where(self, place: str, entry: str) -> str:
        return f"environment variable {self._prefix}{entry}"

    def fix(self, place: str, entry: str) -> str:
        return f"Set {self._prefix}{entry} in the environment that Ansible runs in."
