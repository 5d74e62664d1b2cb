# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The documentation of the action plugin of the same name, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: secrets_check
short_description: Check that all secrets are there, can be decrypted and keep their rules
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - Reads every key that is declared, has a rule, or is used by a component, and tells all faults at once.
  - No value is in an argument, a result, a fact or a message.
extends_documentation_fragment: [proven.webapp.secrets, proven.webapp.read_only, proven.webapp.kubeconfig]
"""

EXAMPLES = r"""
- name: Look before anything is changed
  proven.webapp.secrets_check:
    variable: webapp_secrets
    schema: "{{ webapp_secrets_schema }}"
    components: "{{ webapp_components }}"
    generate: false
    vault_file: "{{ inventory_dir }}/group_vars/all/vault.yml"
    vault_id: dev
"""

RETURN = r"""
keys:
  description: The keys that have, or would get, a value.
  returned: success
  type: list
  elements: str
to_generate:
  description: Those of them that would be generated.
  returned: success
  type: list
  elements: str
"""
