# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the report action plugin, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: report
short_description: Makes one verdict of several checks, and a report
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - Takes what M(proven.webapp.probe_audit), M(proven.webapp.probe_verify), M(proven.webapp.probe_drill), M(proven.webapp.traffic)
    and M(proven.webapp.page_check) returned. The verdict is the worst of theirs.
  - Writes C(report.html), one page that needs no network and prints well; C(junit.xml); and C(report.json), with all that was returned.
attributes:
  check_mode:
    support: full
    description: Writes nothing.
  diff_mode:
    support: none
    description: A report is new each time.
  idempotent:
    support: full
    description: Never changed. A report is a record of this run.
options:
  title:
    description: What was looked at.
    type: str
    required: true
  facts:
    description: Name to value, shown below the verdict.
    type: dict
    default: {}
  path:
    description: Folder for the report, which is made; without it, nothing is written.
    type: path
  audit:
    description: Result of M(proven.webapp.probe_audit).
    type: dict
    default: {}
  verify:
    description: Result of M(proven.webapp.probe_verify).
    type: dict
    default: {}
  drill:
    description: Result of M(proven.webapp.probe_drill).
    type: dict
    default: {}
  traffic:
    description: Result of M(proven.webapp.traffic).
    type: dict
    default: {}
  pages:
    description: Result of M(proven.webapp.page_check).
    type: dict
    default: {}
requirements:
  - matplotlib (Python)
"""

EXAMPLES = r"""
- name: Write the report
  proven.webapp.report:
    title: todo, revision 7
    facts: {cluster: "{{ cluster_context }}"}
    path: artifacts/todo/report
    audit: "{{ audited }}"
    verify: "{{ verified }}"
"""

RETURN = r"""
verdict:
  description: V(proven), V(not_proven) or V(not_shown).
  returned: always
  type: str
reasons:
  description: One line each.
  returned: always
  type: list
  elements: str
path:
  description: The page, or empty.
  returned: always
  type: str
"""
