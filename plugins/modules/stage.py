# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the stage action plugin, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stage
short_description: Marks the beginning of a stage of a run
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - Adds the name and the time to the fact C(webapp_stages), so that M(proven.webapp.summary) can say how long each stage took.
options:
  name:
    description: What a person calls the stage.
    type: str
    required: true
extends_documentation_fragment: [proven.webapp.read_only]
"""

EXAMPLES = r"""
- name: Mark the stage
  proven.webapp.stage:
    name: images
"""

RETURN = r"""# """
