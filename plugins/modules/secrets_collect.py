# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The documentation of the action plugin of the same name, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: secrets_collect
short_description: Remove the Secrets of former releases that nothing can need any longer
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - Removes those Secrets that M(proven.webapp.secrets_apply) made for the application, that no revision in Helm's history, no workload, no
    former version of one and no pod mentions, and that are older than O(min_age).
  - Where a Secret was made from a SealedSecret or an ExternalSecret, that goes, and the Secret with it.
  - Where anything can't be looked at, nothing is removed.
extends_documentation_fragment: [proven.webapp.secrets.objects, proven.webapp.kubeconfig]
options:
  keep:
    type: list
    elements: str
    default: []
    description: Names of Secrets that stay in any case.
  min_age:
    type: int
    default: 3600
    description: Seconds. A younger Secret may be that of a run which hasn't released yet.
attributes:
  check_mode:
    support: full
    description: Says what would be removed.
  diff_mode:
    support: none
    description: Shows names alone.
  idempotent:
    support: full
    description: What is gone is gone.
"""

EXAMPLES = r"""
- name: Remove the Secrets of releases that are forgotten
  proven.webapp.secrets_collect:
    app: todo
    namespace: todo
    keep: "{{ secrets_names.values() | list }}"
"""

RETURN = r"""
removed:
  description: Names of the Secrets.
  returned: success
  type: list
  elements: str
reason:
  description: Why nothing was removed, where something couldn't be looked at; else empty.
  returned: success
  type: str
"""
