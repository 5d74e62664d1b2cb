# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The documentation of the action plugin of the same name, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: secrets_rotate
short_description: Replace a secret while its old value is still accepted
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - Takes one of three steps, each of which wants a release of its own, so that pods of before and after serve side by side.
  - Works for keys whose rule names a key that lists versions (C(rotate_in)), as V(1:<new>,0:<old>), the one in use first.
  - Changes the vault file, where both keys must have variables of their own.
options:
  key:
    type: str
    required: true
    description: The key of the secret.
  step:
    type: str
    required: true
    choices: [prepare, use, finish]
    description:
      - V(prepare) makes a new value, which is accepted from the next release on. V(use) makes it the one in use; the old one is accepted.
      - V(finish) drops the old one.
attributes:
  check_mode:
    support: full
    description: Says what would change.
  idempotent:
    support: full
    description: A step that was taken is not taken again.
extends_documentation_fragment: [proven.webapp.secrets, proven.webapp.kubeconfig]
"""

EXAMPLES = r"""
- name: Make a new value known
  proven.webapp.secrets_rotate:
    key: BETTER_AUTH_SECRET
    step: prepare
    variable: webapp_secrets
    schema: "{{ webapp_secrets_schema }}"
    components: "{{ webapp_components }}"
    generate: false
    vault_file: "{{ inventory_dir }}/group_vars/all/vault.yml"
    vault_id: prod
"""

RETURN = r"""
variables:
  description: The variables that got another value.
  returned: success
  type: list
  elements: str
versions:
  description: The numbers of the versions that are accepted, the one in use first.
  returned: success
  type: list
  elements: int
vault_file:
  description: The file.
  returned: success
  type: str
next:
  description: What is to be done next.
  returned: success
  type: str
"""
