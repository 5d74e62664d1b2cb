# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the machine_check action plugin, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: machine_check
short_description: Checks that the controller has what a run needs
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - Looks at the system, its memory and disk, the rights of the user and the Docker engine, before anything is changed.
  - Reports everything that stands in the way at once, with what to do.
options:
  memory_mib:
    description: Memory that the machine has to have, in MiB.
    type: int
    required: true
  disk_gib:
    description: Folder to the free room that its file system has to have, in GiB.
    type: dict
    required: true
  docker:
    description: Whether a Docker engine is needed.
    type: bool
    required: true
extends_documentation_fragment: [proven.webapp.read_only]
"""

EXAMPLES = r"""
- name: Look at the machine
  proven.webapp.machine_check:
    memory_mib: 3500
    disk_gib: {/var/lib/docker: 5}
    docker: true
"""

RETURN = r"""
problems:
  description: What stands in the way. Empty when nothing does.
  type: list
  elements: str
  returned: always
"""
