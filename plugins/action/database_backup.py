# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does the work of the module database_backup in this process, where that is the same."""

from __future__ import annotations

from ansible_collections.proven.webapp.plugins.modules import database_backup
from ansible_collections.proven.webapp.plugins.plugin_utils.progress import LocalAction


class ActionModule(LocalAction):
    """See LocalAction."""

    MODULE = database_backup
