# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The documentation of the action plugin of the same name, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: secrets_generate
short_description: Generate missing secrets and keep them encrypted by Ansible Vault
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - Adds a strong value for each missing key that has a generator to the vault file, each encrypted by itself. What is in the file stays.
  - A key's variable is taken from its template, so V({{ vault_database_url }}) is kept as C(vault_database_url).
  - Fails, and writes nothing, where another secret is at fault.
options:
  partial:
    type: bool
    default: false
    description: A key that is missing and has no generator is no fault; it is returned as RV(missing).
attributes:
  check_mode:
    support: full
    description: Says which keys would be generated, and leaves nothing behind.
  idempotent:
    support: full
    description: A key that has a value is left alone.
extends_documentation_fragment: [proven.webapp.secrets, proven.webapp.kubeconfig]
"""

EXAMPLES = r"""
- name: Make the secrets of a development environment
  proven.webapp.secrets_generate:
    variable: webapp_secrets
    schema: "{{ webapp_secrets_schema }}"
    components: "{{ webapp_components }}"
    generate: true
    vault_file: "{{ inventory_dir }}/group_vars/all/vault.yml"
    vault_id: dev
"""

RETURN = r"""
generated:
  description: The keys that got a value.
  returned: success
  type: list
  elements: str
vault_file:
  description: The file.
  returned: success
  type: str
missing:
  description: "The required keys that are still missing: C(key), and the C(variable) that it is looked for in."
  returned: success
  type: list
  elements: dict
"""
