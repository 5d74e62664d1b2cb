# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The documentation of the action plugin of the same name, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: secrets_rekey
short_description: Give what an inventory keeps encrypted another vault password
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - Encrypts anew what was encrypted with the vault id, in whole files and in single values, in all files below the folder. The rest of each
    file stays to the letter; values of other vault ids stay.
  - All files are replaced, or none. An interrupted run goes on where it was.
  - The new password is that of the vault id with C(-new) at its end. Without it, where the folder holds C(.vault-password), a new one is
    made and put there.
options:
  folder:
    type: path
    required: true
    description: The inventory's folder.
  vault_id:
    type: str
    required: true
    description: The vault id.
attributes:
  check_mode:
    support: full
    description: Says which files would change.
  diff_mode:
    support: none
    description: Never shows a difference, which would show values.
  idempotent:
    support: full
    description: What is encrypted with the new password already is left alone; a password that is made is new each time.
"""

EXAMPLES = r"""
- name: Change the password (--vault-id prod@prompt --vault-id prod-new@prompt)
  proven.webapp.secrets_rekey:
    folder: "{{ inventory_dir }}"
    vault_id: prod
"""

RETURN = r"""
files:
  description: File to the number of values in it that were encrypted anew.
  returned: success
  type: dict
vault_id:
  description: The vault id.
  returned: success
  type: str
password_file:
  description: The file that got a new password; empty where the password was given.
  returned: success
  type: str
"""
