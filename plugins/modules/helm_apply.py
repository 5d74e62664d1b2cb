# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the helm_apply action plugin, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: helm_apply
short_description: Runs Helm where there is something to do, and tells what happens meanwhile
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - Takes what M(kubernetes.core.helm) takes. Where Helm's newest revision is deployed from the same values and the same chart, by the
    chart's digest among the values, and none of its objects was removed, it starts no helm and answers by itself.
  - Where that is not so, it starts one C(helm upgrade --install), whose values go by standard input. What was edited by hand in an object
    that is there, is not looked for.
  - With other options than those of this collection's roles, without the chart's digest among the values, in check mode where something
    would change, or with records that Helm doesn't keep in Secrets, M(kubernetes.core.helm) does the work.
  - While Helm waits for a migration, the release is watched, and what it waits for is shown as it changes.
  - A migration that no waiting cures is ended at once, and Helm with it, instead of at its deadline. It is judged by all that
    M(proven.webapp.rollout) judges pods by, such as an image or a configuration that isn't there, a pod that fits no node or no
    quota. A migration that fails is ended when it has failed more often than is tolerated although all that its component depends on is
    there. That is three times, or what C(proven.webapp/rollout) says on its Job. The message has the reason, the last lines of the log and
    the cluster's warnings.
extends_documentation_fragment: [proven.webapp.kubeconfig]
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
  recreate:
    description:
      - Objects to be deleted before Helm runs, as M(proven.webapp.release_preview) returns them. Volume claims are refused.
      - Each is deleted only if it is the very object that was looked at. Where a migration fails after that, or Helm does, it is brought
        back as it was, but for Jobs.
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
doomed:
  description: Helm was ended, because what it waited for can't come to a good end. The message says why.
  returned: when it was
  type: bool
  sample: true
"""
