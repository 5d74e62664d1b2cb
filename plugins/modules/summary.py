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
  urls:
    description: Where the application is reached.
    type: list
    elements: str
    default: []
  release:
    description: The release, if there is one.
    type: dict
    default: {}
    suboptions:
      name:
        description: Its name.
        type: str
        default: ""
      revision:
        description: Its revision.
        type: int
        default: 0
      changed:
        description: Whether this run made the revision.
        type: bool
        default: false
      namespace:
        description: Its namespace.
        type: str
        default: ""
  images:
    description: What M(proven.webapp.image_build) returned as RV(proven.webapp.image_build#module:images).
    type: dict
    default: {}
  cluster:
    description: Which cluster it is.
    type: str
    default: ""
  report:
    description: Path of the report, if one was written.
    type: str
    default: ""
  not_shown:
    description: What could not be shown, one line each.
    type: list
    elements: str
    default: []
  tools:
    description: Where the tools come from, if the run looked at them.
    type: dict
    default: {}
    suboptions:
      source:
        description: Source, as M(proven.webapp.toolchain) returned it.
        type: str
        default: ""
      reason:
        description: Why that source.
        type: str
        default: ""
      made:
        description: What was made in this run.
        type: dict
        default: {}
extends_documentation_fragment: [proven.webapp.read_only]
"""

EXAMPLES = r"""
- name: Say how it went
  proven.webapp.summary:
    name: todo
    verdict: up and verified
    urls: ["http://127.0.0.1:30080/"]
    release: {name: todo, revision: 3, changed: true, namespace: todo}
"""

RETURN = r"""# """
