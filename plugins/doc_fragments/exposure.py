# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options of modules that say at which addresses a release is reached."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  port_map:
    description: Port of the node, as text, to the port of this machine that leads there.
    type: dict
    default: {}
  node_address:
    description: Address at which node ports are reached.
    type: str
    default: 127.0.0.1
"""
