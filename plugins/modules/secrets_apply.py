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
  idempotent:
    support: full
    description: A Secret that is there is left alone.
extends_documentation_fragment: [proven.webapp.secrets, proven.webapp.secrets.objects, proven.webapp.kubeconfig]
options:
  namespace_labels:
    type: dict
    default: {}
    description: More labels of the namespace. They may choose another Pod Security Standard than the restricted one.
  delivery:
    type: str
    choices: [secret, sealed_secret, external_secret]
    default: secret
    description:
      - V(secret) puts the Secrets there. With the others a controller in the cluster makes them, under the same names and with the same
        content; it is waited for.
      - V(sealed_secret) encrypts them by C(kubeseal) for the controller of Sealed Secrets.
      - V(external_secret) has External Secrets (API C(external-secrets.io/v1)) fetch the values from a store that is set up in the cluster;
        they must be those that were read here, as the names tell the content.
  delivery_options:
    type: dict
    default: {}
    description:
      - "V(sealed_secret): C(certificate) (a file or URL; without it the controller is asked), C(controller_name), C(controller_namespace)."
      - "V(external_secret): C(store), C(store_kind) (V(SecretStore) or V(ClusterSecretStore)), C(path), and C(entries) as of the source."
      - "Both: C(wait), the seconds that the controller has (60)."
requirements:
  - kubernetes.core
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
