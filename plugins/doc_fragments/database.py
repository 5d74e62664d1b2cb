# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options of modules that work on a PostgreSQL database in a pod."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  kubectl:
    description: The kubectl binary.
    type: str
    default: kubectl
  component:
    description: The component that is the database.
    type: str
    default: database
  database:
    description: Name of the database in PostgreSQL.
    type: str
    required: true
  user:
    description: A superuser whom the container lets in without a password.
    type: str
    default: postgres
  timeout:
    description: Seconds that a program in the container may take.
    type: int
    default: 3600
"""
