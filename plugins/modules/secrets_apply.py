# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The documentation of the action plugin of the same name, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: secrets_apply
short_description: Put each component's secrets into one immutable Kubernetes Secret
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - The Secret's name ends in a digest of its content, and it holds only the keys that the component uses. So pods restart only where a key
    that they use has changed, and an older release finds the Secret that it was made with.
  - Makes the namespace where it isn't there, with the label for the restricted Pod Security Standard.
attributes:
  check_mode:
    support: full
    description: Asks the cluster what would change. The digest of a content that is yet to be generated is C(0000000000).
  diff_mode:
    support: none
    description: Never shows a difference, which would show values.
  idempotent:
    support: full
    description: A Secret that is there is left alone.
extends_documentation_fragment: [proven.webapp.secrets]
options:
  app:
    type: str
    required: true
    description: What the Secrets' names begin with.
  namespace:
    type: str
    required: true
    description: The namespace.
  namespace_labels:
    type: dict
    default: {}
    description: More labels of the namespace. They may choose another Pod Security Standard than the restricted one.
requirements:
  - kubernetes.core
  - urllib3 (Python library)
  - kubernetes (Python library), where a program logs the kubeconfig's user in
"""

EXAMPLES = r"""
- name: Put the secrets into the cluster
  proven.webapp.secrets_apply:
    variable: webapp_secrets
    schema: "{{ webapp_secrets_schema }}"
    components: "{{ webapp_components }}"
    generate: false
    vault_file: "{{ inventory_dir }}/group_vars/all/vault.yml"
    vault_id: dev
    app: todo
    namespace: todo
    kubeconfig: /home/me/.kube/config
    context: staging
  register: secrets
"""

RETURN = r"""
names:
  description: Component to the name of its Secret. Components that use no secret are left out.
  returned: success
  type: dict
  sample: {backend: todo-backend-09300ac3f7}
created:
  description: The Secrets that were made or corrected.
  returned: success
  type: list
  elements: str
"""
