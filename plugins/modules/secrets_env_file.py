# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The documentation of the action plugin of the same name, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: secrets_env_file
short_description: Write secrets into an env file for docker compose
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - Writes the secrets that the components use, and settings beside them, into a file that its owner alone may read.
  - Fails, and writes nothing, where a secret is at fault, or has a value that no env file can hold.
options:
  path:
    type: path
    required: true
    description: The file, on the controller. What is in it is replaced.
  settings:
    type: dict
    default: {}
    description: Variables that are no secrets.
attributes:
  check_mode:
    support: full
    description: Says whether the file would be written.
  idempotent:
    support: full
    description: A file that holds the same is left alone.
extends_documentation_fragment: [proven.webapp.secrets, proven.webapp.kubeconfig]
"""

EXAMPLES = r"""
- name: Write what docker compose takes from its environment
  proven.webapp.secrets_env_file:
    variable: webapp_secrets
    schema: "{{ webapp_secrets_schema }}"
    components: "{{ webapp_components }}"
    generate: true
    vault_file: "{{ inventory_dir }}/group_vars/all/vault.yml"
    vault_id: dev
    path: docker/.env
    settings: {TODO_PORT: "3000"}
"""

RETURN = r"""
path:
  description: The file.
  returned: success
  type: str
keys:
  description: The variables in it.
  returned: success
  type: list
  elements: str
"""
