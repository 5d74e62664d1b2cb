# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shows the progress of the probe_verify module."""

from __future__ import annotations

from ansible_collections.proven.webapp.plugins.plugin_utils.progress import ProgressAction


class ActionModule(ProgressAction):
    pass
