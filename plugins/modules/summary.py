# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the summary action plugin, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: summary
short_description: Shows the summary of a run
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - Prints where the application is, what was done, and how long each stage took.
options:
  name:
    description: Name of the application.
    type: str
    required: true
  verdict:
    description: The outcome in a word or two.
    type: str
    required: true
  facts:
    description: Pairs of name and value, in order. Those without a value are left out.
    type: list
    elements: list
    default: []
attributes:
  check_mode:
    support: full
    description: It changes nothing.
  diff_mode:
    support: none
    description: It changes nothing.
  idempotent:
    support: full
    description: It changes nothing.
"""

EXAMPLES = r"""
- name: Say how it went
  proven.webapp.summary:
    name: todo
    verdict: up and verified
    facts:
      - [url, "http://127.0.0.1:30080/"]
      - [release, todo revision 3]
"""

RETURN = r"""# """
