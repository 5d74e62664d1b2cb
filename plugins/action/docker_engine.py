# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looks at this machine's Docker engine from here, in a few milliseconds; all else is the module's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.proven.webapp.plugins.modules import docker_engine
from ansible_collections.proven.webapp.plugins.plugin_utils.progress import LocalAction


class ActionModule(LocalAction):
    """See LocalAction."""

    MODULE = docker_engine

    def _is_plain(self, variables: Mapping[str, Any]) -> bool:
        return self._task.args.get("state") == "queried" and super()._is_plain(variables)
