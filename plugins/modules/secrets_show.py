# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The documentation of the action plugin of the same name, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: secrets_show
short_description: Show which secrets are set, without their values
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - Prints a table of the keys, whether they are set and keep their rules, where they come from, who uses them, and for how long the
    cluster has had their present value.
  - A key at fault is shown as such; it is no failure.
extends_documentation_fragment: [proven.webapp.secrets, proven.webapp.read_only, proven.webapp.secrets.objects, proven.webapp.kubeconfig]
"""

EXAMPLES = r"""
- name: Show the secrets
  proven.webapp.secrets_show:
    app: todo
    namespace: todo
    variable: webapp_secrets
    schema: "{{ webapp_secrets_schema }}"
    components: "{{ webapp_components }}"
    generate: false
    vault_file: "{{ inventory_dir }}/group_vars/all/vault.yml"
    vault_id: prod
"""

RETURN = r"""
secrets:
  description: "One entry a key: C(key), C(state), C(source), C(used_by), C(since) and C(age)."
  returned: success
  type: list
  elements: dict
"""
