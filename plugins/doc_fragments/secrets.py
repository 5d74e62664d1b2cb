# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options that the modules for secrets share."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  variable:
    type: str
    required: true
    description: The name of the variable that holds the map of key to value; the values may be templates of encrypted variables.
  schema:
    type: dict
    required: true
    description:
      - What each key must keep.
      - A map of key to C(required) (default V(true)), C(min_length), C(pattern) (of the whole value), C(format) (V(url) or
        V(postgresql_url)) and C(generate), which names one generator. C(token) takes a number of random bytes, C(password) a number of
        letters and digits, C(template) a text with C(${OTHER_KEY}) in it, whose values are percent-encoded.
  components:
    type: dict
    required: true
    description: Component to a map whose C(secrets) lists the keys that it uses; all else in it is ignored.
  generate:
    type: bool
    required: true
    description: Whether missing keys that have a generator get a new value.
  vault_file:
    type: path
    required: true
    description: The file of variables that generated values are kept in.
  vault_id:
    type: str
    required: true
    description: The vault id that generated values are encrypted with.
  source:
    type: str
    choices: [vault, sops, hashi_vault, environment, cluster]
    default: vault
    description:
      - Where the values are. V(vault) is Ansible Vault; the values of the others are found under the keys' own names.
      - What a source needs to know is read from the variable C(secrets_source_options), by its name, since credentials may be in it.
  tools:
    type: dict
    default: {}
    description: Name to path of programs that the source needs, such as C(sops). Without it they are looked for on the PATH.
  cluster_present:
    type: bool
    default: true
    description: V(false) before there is a cluster; secrets that lie in it are read later then.
attributes:
  diff_mode:
    support: none
    description: Never shows a difference, which would show values.
"""

    # Which of them lie in the cluster.
    OBJECTS = r"""
options:
  app:
    type: str
    required: true
    description: What the Secrets' names begin with; the release has the same name.
  namespace:
    type: str
    required: true
    description: The namespace.
"""
