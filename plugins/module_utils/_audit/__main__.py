# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs the audit as a command; see command.py."""

from __future__ import annotations

from ansible_collections.proven.webapp.plugins.module_utils._audit.command import main

main()
