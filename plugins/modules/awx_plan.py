# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the awx_plan action plugin, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: awx_plan
short_description: Checks what AWX is to hold
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - Checks a description of job templates, surveys, workflows and schedules before AWX is asked for anything, and tells all faults at once.
    Among them are those that AWX stores and trips over later, such as a survey whose default breaks its own maximum.
  - Makes of it what the modules of C(awx.awx) take. The role C(awx) applies that.
options:
  application:
    description: Begins the name of every job template.
    type: str
    required: true
  environments:
    description: Name of an environment to C(inventory) and C(credentials), which its job templates have.
    type: dict
    required: true
  job_templates:
    description: Job templates, each for all environments or for C(environments); the README of the role C(awx) has their keys.
    type: list
    elements: dict
    default: []
  workflows:
    description: Workflows, with their nodes.
    type: list
    elements: dict
    default: []
  schedules:
    description: Schedules of job templates and workflows.
    type: list
    elements: dict
    default: []
extends_documentation_fragment: [proven.webapp.read_only]
"""

EXAMPLES = r"""
- name: Check what AWX is to hold
  proven.webapp.awx_plan:
    application: todo
    environments:
      staging: {inventory: todo staging, credentials: [todo staging cluster]}
    job_templates:
      - name: rollback
        playbook: playbooks/rollback.yml
        survey:
          - {variable: rollback_revision, question: Which revision, type: integer, min: 0, max: 100000, default: 0}
"""

RETURN = r"""
job_templates:
  description: One for each template and environment, by its full name.
  type: list
  elements: dict
  returned: success
workflows:
  description: With nodes that name their job template in full.
  type: list
  elements: dict
  returned: success
schedules:
  description: With the full name of what they launch.
  type: list
  elements: dict
  returned: success
"""
