# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the release_preview action plugin, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: release_preview
short_description: Looks at what a release would do, and refuses what the cluster would refuse
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - Renders the chart for this cluster, audits the probes, and has the API server try every object and a pod of each workload
    (server-side dry run with strict validation of fields). Nothing is made or changed.
  - Fails with all reasons at once. Each names the object, the field and the remedy.
  - Looks also at what a dry run of objects doesn't show, which is whether the ResourceQuotas have room for the rollout at its peak, whether
    Secrets, ConfigMaps, volume claims and ServiceAccounts that pods name are there, and whether objects belong to somebody else.
  - Where the newest revision is deployed from the same values and chart, and nothing of it was removed, it looks no further.
  - With C(--diff) it shows the difference between the objects as they are and as they would be, with secret values hidden.
extends_documentation_fragment: [proven.webapp.kubeconfig, proven.webapp.release]
attributes:
  check_mode:
    support: full
    description:
      - Makes nothing in any mode. In check mode the namespace may be missing; then the form of objects is tried in the namespace
        C(default), and RV(not_checked) says what couldn't be looked at.
  diff_mode:
    support: full
    description: Printed at once, and returned.
  idempotent:
    support: full
    description: Never changes anything.
options:
  binary_path:
    description: Path of helm. Without it, it is found on the PATH.
    type: path
  chart_ref:
    description: Folder of the chart.
    type: path
    required: true
  release_values:
    description: The values, with the digest of the chart's files as C(chartDigest).
    type: dict
    required: true
  recreate:
    description:
      - Components whose objects may be deleted and made again where a field of theirs can't be changed.
      - Here nothing is deleted; RV(recreate) is what M(proven.webapp.helm_apply) takes for it.
    type: list
    elements: str
    default: []
  made_earlier:
    description: Names of Secrets that an earlier stage makes. In check mode they count as there.
    type: list
    elements: str
    default: []
  audit_ignore:
    description: Findings of the audit that are accepted, as M(proven.webapp.probe_audit) takes them.
    type: list
    elements: dict
    default: []
  audit_fail_on:
    description: The mildest severity of a finding of the audit that refuses the release.
    type: str
    choices: [error, warning, info, never]
    default: error
requirements:
  - helm
  - rights to get, create and patch what the chart makes, and to create pods
"""

EXAMPLES = r"""
- name: Look at what would be applied
  proven.webapp.release_preview:
    release: todo
    namespace: todo
    chart_ref: roles/release/files/chart
    release_values: "{{ values }}"
  register: preview

- name: Install or upgrade the release
  proven.webapp.helm_apply:
    name: todo
    release_namespace: todo
    chart_ref: roles/release/files/chart
    release_values: "{{ values }}"
    recreate: "{{ preview.recreate }}"
"""

RETURN = r"""
unchanged:
  description: Whether there is nothing to be done.
  returned: success
  type: bool
missing:
  description: Objects that somebody has removed of a release that is unchanged otherwise.
  returned: success
  type: list
  elements: str
  sample: [Deployment/todo-backend]
objects:
  description: How many objects were rendered and looked at; 0 where there is nothing to be done.
  returned: success
  type: int
recreate:
  description: Objects to be deleted right before Helm applies.
  returned: success
  type: list
  elements: dict
  sample:
    - object: StatefulSet/todo-database
      path: /apis/apps/v1/namespaces/todo/statefulsets/todo-database
      uid: 6d0b1c5e-0000-4000-8000-000000000000
      propagation: Orphan
not_checked:
  description: What couldn't be looked at, and why.
  returned: success
  type: list
  elements: str
faults:
  description: Why the release would fail.
  returned: failure
  type: list
  elements: dict
  sample:
    - object: Service/todo-frontend
      field: spec.ports[0].nodePort
      what: the node port 30080 is taken by the Service shop/web
      fix: choose another node_port, or free that one
"""
