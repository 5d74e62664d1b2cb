# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The option of modules that wait for an API server."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  patience:
    description: Seconds to wait for an API server that doesn't answer, as while it restarts; then what was begun is begun again.
    type: int
    default: 0
"""
