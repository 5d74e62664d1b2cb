# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the helm_apply action plugin, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: helm_apply
short_description: Runs kubernetes.core.helm where there is something to do, and tells what happens meanwhile
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - Takes what M(kubernetes.core.helm) takes, and runs it. Where Helm's newest revision is deployed from the same values and the same chart,
    by the chart's digest among the values, and none of its objects was removed, it starts no helm and answers by itself.
  - Where somebody removed one, or where a newer revision failed, the same is applied once more. M(kubernetes.core.helm) alone, which goes
    by values and versions, would do nothing. What was edited by hand in an object that is there, is not looked for.
  - While Helm waits for a migration, it shows every few seconds how many pods
    of each component are ready and what the migration does.
  - A migration that no waiting cures is ended at once instead of at its deadline. That is one whose image or configuration isn't there,
    or that failed three times although all that its component depends on is ready. Its pods and their logs stay.
attributes:
  check_mode:
    support: full
    description: As M(kubernetes.core.helm); what was removed counts as a change too.
  diff_mode:
    support: full
    description: As M(kubernetes.core.helm).
  idempotent:
    support: full
    description: As M(kubernetes.core.helm).
options:
  name:
    description: The release, and all other options of M(kubernetes.core.helm).
    type: str
    required: true
  release_namespace:
    description: Its namespace.
    type: str
    required: true
  kubeconfig:
    description: Path of the kubeconfig; without it kubectl's default.
    type: path
  context:
    description: Context in the kubeconfig.
    type: str
  recreate:
    description:
      - Objects to be deleted before Helm runs, as M(proven.webapp.release_preview) returns them. Volume claims are refused.
      - Each is deleted only if it is the very object that was looked at. Where a migration fails after that, or Helm does, it is brought back
        as it was, but for Jobs.
    type: list
    elements: dict
    default: []
requirements:
  - kubernetes.core
"""

EXAMPLES = r"""
- name: Install or upgrade the release
  proven.webapp.helm_apply:
    name: todo
    release_namespace: todo
    chart_ref: roles/release/files/chart
    release_values: "{{ values }}"
    timeout: 300s
"""

RETURN = r"""# What M(kubernetes.core.helm) returns, with values hidden that sound secret
"""
